import type { Queryable, Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { NewOutboxRow } from '../state/service.ts';

/** What becomes of a locked user, and what others are told. */
export interface QuarantineWrite {
  readonly userId: string;
  /** Null: it is released. */
  readonly quarantine: { readonly reason: string | null } | null;
  readonly rows: readonly NewOutboxRow[];
}

/**
 * Writes it with the rows of the outbox, for each user of whom it was not so before; answers to whom it was new. Another reason does
 * not begin it anew.
 */
export async function writeQuarantines(
  transaction: Transaction,
  writes: readonly QuarantineWrite[],
  at: Date,
): Promise<string[]> {
  const rows = writes.flatMap(({ userId: owner, rows: own }) => own.map((row) => ({ ...row, owner })));
  const written = await transaction.query<{ id: string }>(sql`/* leaderboards.write_quarantines */
    with updated as (
      update users u set
        quarantined_at = case when n.since is null then null else coalesce(u.quarantined_at, n.since) end,
        quarantine_reason = n.reason, row_version = u.row_version + 1, updated_at = ${at}::timestamptz
      from unnest(${writes.map(({ userId }) => userId)}::uuid[],
        ${writes.map(({ quarantine }) => (quarantine === null ? null : at))}::timestamptz[],
        ${writes.map(({ quarantine }) => quarantine?.reason ?? null)}::text[]) as n (id, since, reason)
      where u.id = n.id
        and ((u.quarantined_at is null) <> (n.since is null) or u.quarantine_reason is distinct from n.reason)
      returning u.id),
    announced as (
      insert into outbox (id, kind, user_id, payload, created_at)
      select n.id, n.kind, n.user_id, n.payload::jsonb, ${at}::timestamptz
      from updated join unnest(${rows.map(({ owner }) => owner)}::uuid[], ${rows.map(({ id }) => id)}::uuid[],
        ${rows.map(({ kind }) => kind)}::text[], ${rows.map(({ userId }) => userId)}::uuid[],
        ${rows.map(({ payload }) => JSON.stringify(payload))}::text[]) as n (owner, id, kind, user_id, payload)
        on n.owner = updated.id
      order by n.id)
    select id from updated`);
  return written.map(({ id }) => id);
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
