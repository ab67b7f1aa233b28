import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A migration as it lies in its folder. */
export interface MigrationFile {
  /** The folder's name: a timestamp and words. */
  readonly name: string;
  /** Its place, from 1. */
  readonly number: number;
  /** Where the SQL is, for messages. */
  readonly path: string;
  readonly up: string;
  /** The way back (down.sql), where there is one. */
  readonly down: string | null;
  /** SHA-256 of migration.sql, hexadecimal, as Prisma computes it. */
  readonly checksum: string;
  /** The oldest code, by the number of migrations it knows, that works with the schema after this one. */
  readonly worksFrom: number;
}

/** The migrations this release was made with. */
export const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

/** Reads all migrations of a directory in their order. @throws when one has no migration.sql or a header that cannot be. */
export async function loadMigrations(directory: string = MIGRATIONS_DIRECTORY): Promise<MigrationFile[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(names.sort().map((name, index) => loadMigration(directory, name, index + 1)));
}

async function loadMigration(directory: string, name: string, number: number): Promise<MigrationFile> {
  const path = `${directory}/${name}/migration.sql`;
  const up = await readFile(path, 'utf8');
  const down = await readFile(`${directory}/${name}/down.sql`, 'utf8').catch(absent);
  const checksum = createHash('sha256').update(up).digest('hex');
  return { name, number, path, up, down, checksum, worksFrom: readWorksFrom(path, up, number) };
}

/** `-- works-from: N` in a line of its own; a migration without it works with nothing older than itself. */
function readWorksFrom(path: string, up: string, number: number): number {
  const header = /^--\s*works-from:\s*(\S+)\s*$/m.exec(up)?.[1];
  if (header === undefined) return number;
  const worksFrom = Number(header);
  if (!Number.isInteger(worksFrom) || worksFrom < 1 || worksFrom > number) {
    throw new Error(`${path}: works-from must be a number from 1 to ${number}, not "${header}".`);
  }
  return worksFrom;
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
