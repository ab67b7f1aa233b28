import type { Queryable } from './database.ts';
import { sql } from './sql.ts';

/** Which installation this database is. */
export interface Installation {
  /** Names the installation in Redis keys and channels. */
  readonly id: string;
  /** Part of every cursor; changed after a restored backup. */
  readonly epoch: string;
}

/** Begins another log: cursors given out before are refused from now on, by processes that start after it. */
export async function beginEpoch(on: Queryable, epoch: string): Promise<void> {
  await on.query(sql`/* platform.begin_epoch */ update installation set epoch = ${epoch}::uuid`);
}

/** The one row of `installation`. Throws in a database without our tables. */
export async function readInstallation(on: Queryable): Promise<Installation> {
  const [row] = await on.query<Installation>(sql`/* platform.installation */ select id, epoch from installation`);
  if (row === undefined) throw new Error('the database has no installation row; run: laurel migrate up');
  return row;
}
