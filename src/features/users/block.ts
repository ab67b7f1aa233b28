/** What stands for a block that does not end. */
export const FOR_GOOD = new Date('9999-12-31T23:59:59.999Z');

/** When a block ends; null: never. */
export function blockEnd(blockedUntil: Date): Date | null {
  return blockedUntil >= FOR_GOOD ? null : blockedUntil;
}

/** Whether a user is blocked at this moment. */
export function isBlocked(blockedUntil: Date | null, at: Date): boolean {
  return blockedUntil !== null && blockedUntil > at;
}
