import type { Queryable, Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { NewOutboxRow } from '../state/service.ts';

/** What becomes of a locked user, and what others are told. */
export interface QuarantineWrite {
  readonly userId: string;
  /** Null: it is released. */
  readonly quarantine: { readonly reason: string | null } | null;
  readonly at: Date;
  readonly rows: readonly NewOutboxRow[];
}

/** Writes it with the rows of the outbox, unless it was so before; answers whether it was new. Another reason does not begin it anew. */
export async function writeQuarantine(transaction: Transaction, write: QuarantineWrite): Promise<boolean> {
  const { userId, quarantine, at, rows } = write;
  const since = quarantine === null ? null : at;
  const reason = quarantine?.reason ?? null;
  const written = await transaction.query(sql`/* leaderboards.write_quarantine */
    with updated as (
      update users set
        quarantined_at = case when ${since}::timestamptz is null then null else coalesce(quarantined_at, ${since}::timestamptz) end,
        quarantine_reason = ${reason}::text, row_version = row_version + 1, updated_at = ${at}::timestamptz
      where id = ${userId}::uuid
        and ((quarantined_at is null) <> (${since}::timestamptz is null) or quarantine_reason is distinct from ${reason}::text)
      returning id)
    insert into outbox (id, kind, user_id, payload, created_at)
    select n.id, n.kind, n.user_id, n.payload::jsonb, ${at}::timestamptz
    from updated cross join unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ kind }) => kind)}::text[],
      ${rows.map((row) => row.userId)}::uuid[], ${rows.map(({ payload }) => JSON.stringify(payload))}::text[])
      as n (id, kind, user_id, payload)
    returning 1 as written`);
  return written.length > 0;
}

/** Whether a user is in quarantine and boards would show it but for that. */
export async function isSeenByItself(on: Queryable, userId: string): Promise<boolean> {
  const rows = await on.query(sql`/* leaderboards.is_seen_by_itself */
    select id from users where id = ${userId}::uuid and quarantined_at is not null
      and not test and show_on_leaderboards and not hidden_on_leaderboards`);
  return rows.length > 0;
}

/** Somebody in quarantine: its place in the list. */
export interface QuarantinePlace {
  readonly userId: string;
  readonly since: Date;
}

/** A page of the list: what stands after and before places, from the end when `backwards`. */
export interface QuarantinePage {
  readonly after: QuarantinePlace | null;
  readonly before: QuarantinePlace | null;
  readonly limit: number;
  readonly backwards: boolean;
}

/** Who is in quarantine, longest first. */
export async function readQuarantined(
  on: Queryable,
  { after, before, limit, backwards }: QuarantinePage,
): Promise<QuarantinePlace[]> {
  const places = await on.query<QuarantinePlace>(sql`/* leaderboards.read_quarantined */
    select id as "userId", quarantined_at as since from users
    where quarantined_at is not null
      and (${after?.userId ?? null}::uuid is null
        or (quarantined_at, id) > (${after?.since ?? null}::timestamptz, ${after?.userId ?? null}::uuid))
      and (${before?.userId ?? null}::uuid is null
        or (quarantined_at, id) < (${before?.since ?? null}::timestamptz, ${before?.userId ?? null}::uuid))
    order by ${backwards ? sql`quarantined_at desc, id desc` : sql`quarantined_at, id`}
    limit ${limit}::int`);
  return backwards ? places.reverse() : places;
}
