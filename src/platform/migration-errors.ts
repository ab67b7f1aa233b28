import type { MigrationFile } from './migration-files.ts';

/** The database was made for a newer Laurel: this one must not touch it. */
export class SchemaTooNewError extends Error {
  override readonly name = 'SchemaTooNewError';

  constructor(known: number, worksFrom: number) {
    super(
      `The database needs a Laurel that knows ${worksFrom} migrations or more; this one knows ${known}. ` +
        'Start a newer version, or go back with the newer version: laurel migrate down.',
    );
  }
}

/** The database lacks migrations this code needs. */
export class SchemaTooOldError extends Error {
  override readonly name = 'SchemaTooOldError';

  constructor(pending: readonly string[]) {
    super(`The database lacks ${pending.length} migration(s): ${pending.join(', ')}. Run: laurel migrate up.`);
  }
}

/** The applied migrations and those of the code are not the same history. Nothing was changed. */
export class MigrationHistoryError extends Error {
  override readonly name = 'MigrationHistoryError';
}

/** A migration failed and was rolled back; the database is as it was before it. */
export class MigrationFailedError extends Error {
  override readonly name = 'MigrationFailedError';

  constructor(file: string, text: string, cause: unknown) {
    super(`${file}${lineOf(text, cause)}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A migration has no down.sql. */
export class NoWayBackError extends Error {
  override readonly name = 'NoWayBackError';

  constructor(migration: MigrationFile) {
    super(`${migration.name} has no down.sql: there is no way back behind it.`);
  }
}

/** The server tells where it stopped as a place in the text, counted in characters from 1. */
function lineOf(text: string, cause: unknown): string {
  if (typeof cause !== 'object' || cause === null || !('position' in cause)) return '';
  const position = Number(cause.position);
  return Number.isInteger(position) ? `:${Array.from(text).slice(0, position).join('').split('\n').length}` : '';
}
