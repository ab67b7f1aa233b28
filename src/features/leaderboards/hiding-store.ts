import type { Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { NewOutboxRow } from '../state/service.ts';

/** Sets the flag of a locked user and writes the rows to the outbox, unless it was so before. Answers whether it was new. */
export async function writeHidden(
  transaction: Transaction,
  {
    userId,
    hidden,
    at,
    rows,
  }: { readonly userId: string; readonly hidden: boolean; readonly at: Date; readonly rows: readonly NewOutboxRow[] },
): Promise<boolean> {
  const written = await transaction.query(sql`/* leaderboards.write_hidden */
    with updated as (
      update users set hidden_on_leaderboards = ${hidden}::boolean, row_version = row_version + 1, updated_at = ${at}::timestamptz
      where id = ${userId}::uuid and hidden_on_leaderboards <> ${hidden}::boolean
      returning id)
    insert into outbox (id, kind, user_id, payload, created_at)
    select n.id, n.kind, n.user_id, n.payload::jsonb, ${at}::timestamptz
    from updated cross join unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ kind }) => kind)}::text[],
      ${rows.map((row) => row.userId)}::uuid[], ${rows.map(({ payload }) => JSON.stringify(payload))}::text[])
      as n (id, kind, user_id, payload)
    returning 1 as written`);
  return written.length > 0;
}
