import type { Transaction } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import { sql } from '../../platform/sql.ts';

/** A user who was passed. */
export interface Overtaken {
  readonly userId: string;
  readonly board: string;
  readonly by: string;
  readonly period: string;
  /** The rank that is left. */
  readonly rank: number;
  /** Who passed. */
  readonly passedBy: string;
}

/**
 * Stores and announces a message to each of these locked users, but for whom one of the same board was stored since `quietSince`. Answers the newest
 * place of each who got one.
 */
export async function insertOvertaken(
  transaction: Transaction,
  overtaken: readonly Overtaken[],
  { at, quietSince, ids }: { readonly at: Date; readonly quietSince: Date; readonly ids: Ids },
): Promise<{ userId: string; seq: number }[]> {
  const data = overtaken.map(({ userId: _, ...place }) => JSON.stringify(place));
  return transaction.query(sql`/* leaderboards.insert_overtaken */
    with due as (
      select o.id, u.id as user_id, o.data, u.last_seq + row_number() over (partition by u.id order by o.data) as seq
      from unnest(${overtaken.map(() => ids.next())}::uuid[], ${overtaken.map(({ userId }) => userId)}::uuid[], ${data}::text[])
        as o (id, user_id, data)
      join users u on u.id = o.user_id
      where not exists (
        select from notifications n
        where n.user_id = o.user_id and n.kind = 'OVERTAKEN' and n.created_at > ${quietSince}::timestamptz
          and n.data->>'board' = o.data::jsonb->>'board')
    ), stored as (
      insert into notifications (user_id, seq, kind, data, created_at)
      select user_id, seq, 'OVERTAKEN', data::jsonb, ${at}::timestamptz from due
      returning user_id, seq
    ), announced as (
      insert into outbox (id, kind, user_id, payload, created_at)
      select id, 'OVERTAKEN', user_id, data::jsonb, ${at}::timestamptz from due
    )
    update users u set last_seq = s.seq
    from (select user_id, max(seq) as seq from stored group by user_id) s
    where u.id = s.user_id
    returning u.id as "userId", u.last_seq as seq`);
}
