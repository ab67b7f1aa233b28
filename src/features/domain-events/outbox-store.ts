import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** How the outbox stands. */
export interface OutboxDepth {
  /** Rows that no relay has taken yet. */
  readonly waiting: number;
  /** Age of the oldest of them, in seconds; null without any. */
  readonly oldestSeconds: number | null;
  /** Domain events that the feed still holds. */
  readonly kept: number;
  /** The newest position of the feed. */
  readonly position: number;
  /** Domain events up to here may be gone. */
  readonly prunedTo: number;
}

/** A row of the outbox, for people. */
export interface OutboxRow {
  readonly id: string;
  readonly kind: string;
  readonly userId: string | null;
  readonly createdAt: Date;
  /** Null while it waits. */
  readonly position: number | null;
  readonly payload: unknown;
}

/** How the outbox stands at this moment. */
export async function readOutboxDepth(on: Queryable): Promise<OutboxDepth> {
  const [row] = await on.query<OutboxDepth>(sql`/* domain_events.outbox_depth */
    select
      (select count(*) from outbox where state = 0) as waiting,
      (select extract(epoch from now() - min(created_at))::float8 from outbox where state = 0) as "oldestSeconds",
      (select count(*) from outbox where state = 1 and kind <> 'TOUCHED') as kept,
      coalesce((select position from outbox_feed), 0) as position,
      coalesce((select pruned_to from outbox_feed), 0) as "prunedTo"`);
  if (row === undefined) throw new Error('a select of values answered no row');
  return row;
}

/** Rows that wait, oldest first, or domain events of the feed, newest first. */
export async function readOutbox(on: Queryable, state: 'waiting' | 'relayed', limit: number): Promise<OutboxRow[]> {
  const range =
    state === 'waiting'
      ? sql`where state = 0 order by place`
      : sql`where state = 1 and kind <> 'TOUCHED' order by position desc`;
  return on.query<OutboxRow>(sql`/* domain_events.read_outbox */
    select id, kind, user_id as "userId", created_at as "createdAt", position, payload from outbox ${range} limit ${limit}::int`);
}

/**
 * Has domain events relayed once more: they get new places at the end of the feed, with the same ids. By their ids, or all that were
 * written since a moment. Answers how many.
 */
export async function requeueEvents(
  on: Queryable,
  which: { readonly ids: readonly string[] } | { readonly since: Date },
): Promise<number> {
  const condition =
    'ids' in which ? sql`id = any(${which.ids}::uuid[])` : sql`created_at >= ${which.since}::timestamptz`;
  const rows = await on.query(sql`/* domain_events.requeue */
    update outbox set state = 0, position = null where state = 1 and kind <> 'TOUCHED' and ${condition} returning 1 as moved`);
  return rows.length;
}
