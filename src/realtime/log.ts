/** What this room needs of a logger (pino has this shape). Must not throw. */
export interface Log {
  warn(details: object, message: string): void;
  info(details: object, message: string): void;
}

/** The text of anything that was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
