/** Why PostgreSQL cannot keep a JSON value as it is; null when it can. Recursive: for values that are not deep. */
export function unstorable(value: unknown): string | null {
  if (typeof value === 'string') return textFault(value);
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, item] of Object.entries(value)) {
    const fault = textFault(key) ?? unstorable(item);
    if (fault !== null) return fault;
  }
  return null;
}

function textFault(text: string): string | null {
  if (text.includes('\u0000')) return 'holds a NUL character, which the database cannot keep';
  return text.isWellFormed() ? null : 'holds half a character (a lone surrogate)';
}
