import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** Marks the next users; answers the last one looked at, null when there are no more. */
export async function markStep(
  on: Queryable,
  { after, from, to, limit }: { after: string | null; from: number; to: number; limit: number },
): Promise<string | null> {
  const [row] = await on.query<{ last: string | null }>(sql`/* versions.mark_step */
    with step as (
      select id from users where ${after}::uuid is null or id > ${after}::uuid order by id limit ${limit}::int for update
    ), marked as (
      update users set catalog_version = ${to}::int
      where id in (select id from step) and catalog_version = ${from}::int
    )
    select max(id::text) as last from step`);
  return row?.last ?? null;
}
