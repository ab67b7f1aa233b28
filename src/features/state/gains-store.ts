import type { Unlock } from '../../engine/state.ts';
import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import { instantOrNull, LostRaceError, rowsOf, type Writes } from './writes.ts';

/** Inserts unlocks; one that was taken away is given again in its old row. A row that is held already was not expected. */
export async function insertUnlocks(on: Queryable, writes: Writes): Promise<void> {
  const unlocks = rowsOf<Unlock>(writes, (change) => change.unlocks).filter(({ revokedAt }) => revokedAt === null);
  if (unlocks.length === 0) return;
  const rows = await on.query<{ achievement: string }>(sql`/* state.insert_unlocks */
    insert into user_achievements as a (user_id, achievement, tier, period, unlocked_at, recorded_at, version, source, event_id,
      points, xp)
    select user_id, achievement, tier, period, unlocked_at, ${writes.at}::timestamptz, ${writes.catalogVersion}::int, source,
      event_id, points, xp
    from unnest(${unlocks.map(({ userId }) => userId)}::uuid[], ${unlocks.map(({ achievement }) => achievement)}::text[],
      ${unlocks.map(({ tier }) => tier)}::int[], ${unlocks.map(({ period }) => period)}::text[],
      ${unlocks.map(({ unlockedAt }) => new Date(unlockedAt))}::timestamptz[], ${unlocks.map(({ source }) => source)}::text[],
      ${unlocks.map(({ eventId }) => eventId)}::uuid[], ${unlocks.map(({ points }) => points)}::bigint[],
      ${unlocks.map(({ xp }) => xp)}::bigint[])
      as n (user_id, achievement, tier, period, unlocked_at, source, event_id, points, xp)
    on conflict (user_id, achievement, tier, period) do update
    set unlocked_at = excluded.unlocked_at, recorded_at = excluded.recorded_at, version = excluded.version,
      source = excluded.source, event_id = excluded.event_id, points = excluded.points, xp = excluded.xp, revoked_at = null
    where a.revoked_at is not null
    returning a.achievement`);
  if (rows.length !== unlocks.length) throw new LostRaceError('user_achievements');
}

/** Takes unlocks away, or lifts the block from one that was (its source turns from `rule` to `grant`). */
export async function revokeUnlocks(on: Queryable, writes: Writes): Promise<void> {
  const revoked = rowsOf<Unlock>(writes, (change) => change.unlocks).filter(({ revokedAt }) => revokedAt !== null);
  if (revoked.length === 0) return;
  const rows = await on.query<{ achievement: string }>(sql`/* state.revoke_unlocks */
    update user_achievements a set revoked_at = n.revoked_at, source = n.source
    from unnest(${revoked.map(({ userId }) => userId)}::uuid[], ${revoked.map(({ achievement }) => achievement)}::text[],
      ${revoked.map(({ tier }) => tier)}::int[], ${revoked.map(({ period }) => period)}::text[],
      ${revoked.map(({ source }) => source)}::text[], ${revoked.map(({ revokedAt }) => instantOrNull(revokedAt))}::timestamptz[])
      as n (user_id, achievement, tier, period, source, revoked_at)
    where (a.user_id, a.achievement, a.tier, a.period) = (n.user_id, n.achievement, n.tier, n.period)
      and (a.revoked_at is null or a.revoked_at = n.revoked_at)
    returning a.achievement`);
  if (rows.length !== revoked.length) throw new LostRaceError('user_achievements');
}

export async function insertLedger(on: Queryable, { ledger, at }: Writes): Promise<void> {
  if (ledger.length === 0) return;
  await on.query(sql`/* state.insert_ledger */
    insert into ledger (user_id, id, source, achievement, tier, period, event_id, points, xp, reason, actor, recorded_at)
    select user_id, id, source, achievement, tier, period, event_id, points, xp, reason, actor, ${at}::timestamptz
    from unnest(${ledger.map(({ userId }) => userId)}::uuid[], ${ledger.map(({ id }) => id)}::uuid[],
      ${ledger.map(({ source }) => source)}::text[], ${ledger.map(({ achievement }) => achievement)}::text[],
      ${ledger.map(({ tier }) => tier)}::int[], ${ledger.map(({ period }) => period)}::text[],
      ${ledger.map(({ eventId }) => eventId)}::uuid[], ${ledger.map(({ points }) => points)}::bigint[],
      ${ledger.map(({ xp }) => xp)}::bigint[], ${ledger.map(({ reason }) => reason ?? null)}::text[],
      ${ledger.map(({ actor }) => actor ?? null)}::text[])
      as n (user_id, id, source, achievement, tier, period, event_id, points, xp, reason, actor)`);
}

export async function insertNotifications(on: Queryable, { notifications, at }: Writes): Promise<void> {
  if (notifications.length === 0) return;
  await on.query(sql`/* state.insert_notifications */
    insert into notifications (user_id, seq, kind, data, created_at)
    select user_id, seq, kind, data::jsonb, ${at}::timestamptz
    from unnest(${notifications.map(({ userId }) => userId)}::uuid[], ${notifications.map(({ seq }) => seq)}::bigint[],
      ${notifications.map(({ kind }) => kind)}::text[], ${notifications.map(({ data }) => JSON.stringify(data))}::text[])
      as n (user_id, seq, kind, data)`);
}

/** Adds rows to the outbox. */
export async function insertOutbox(on: Queryable, { outbox, at }: Pick<Writes, 'outbox' | 'at'>): Promise<void> {
  if (outbox.length === 0) return;
  await on.query(sql`/* state.insert_outbox */
    insert into outbox (id, kind, user_id, payload, created_at)
    select id, kind, user_id, payload::jsonb, ${at}::timestamptz
    from unnest(${outbox.map(({ id }) => id)}::uuid[], ${outbox.map(({ kind }) => kind)}::text[],
      ${outbox.map(({ userId }) => userId)}::uuid[], ${outbox.map(({ payload }) => JSON.stringify(payload))}::text[])
      as n (id, kind, user_id, payload)`);
}
