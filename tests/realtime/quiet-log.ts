import type { Log } from '../../src/realtime/log.ts';

/** A log that keeps what it is told. */
export interface QuietLog extends Log {
  readonly warnings: string[];
  readonly notes: string[];
}

/** Makes one. */
export function createQuietLog(): QuietLog {
  const warnings: string[] = [];
  const notes: string[] = [];
  return {
    warnings,
    notes,
    warn: (_details, message) => {
      warnings.push(message);
    },
    info: (_details, message) => {
      notes.push(message);
    },
  };
}
