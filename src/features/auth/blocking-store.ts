import type { Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** What becomes of a locked user, and what other systems are told. */
export interface BlockWrite {
  readonly userId: string;
  /** Null: it is not blocked. */
  readonly until: Date | null;
  readonly reason: string | null;
  readonly at: Date;
  readonly announced: { readonly id: string; readonly kind: string; readonly payload: object };
}

/** Writes the block and the row of the outbox, unless it was so before. Answers whether it was new. */
export async function writeBlock(transaction: Transaction, write: BlockWrite): Promise<boolean> {
  const { userId, until, reason, at, announced } = write;
  const rows = await transaction.query(sql`/* auth.write_block */
    with updated as (
      update users set blocked_until = ${until}::timestamptz, blocked_reason = ${reason}::text, updated_at = ${at}::timestamptz
      where id = ${userId}::uuid
        and (blocked_until is distinct from ${until}::timestamptz or blocked_reason is distinct from ${reason}::text)
      returning id)
    insert into outbox (id, kind, user_id, payload, created_at)
    select ${announced.id}::uuid, ${announced.kind}::text, id, ${JSON.stringify(announced.payload)}::jsonb, ${at}::timestamptz
    from updated
    returning 1 as written`);
  return rows.length > 0;
}
