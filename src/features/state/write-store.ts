import { isAbsent } from '../../engine/state.ts';
import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import { Dictionary, instantsOf } from './dictionary.ts';
import { insertLedger, insertNotifications, insertOutbox, insertUnlocks, revokeUnlocks } from './gains-store.ts';
import { instantOrNull, LostRaceError, rowsOf, type Writes } from './writes.ts';

/**
 * Writes a batch: at most one statement a table, each over arrays, all sent at once.
 * @throws LostRaceError when a unique key refused a row
 */
export async function writeAll(on: Queryable, writes: Writes): Promise<void> {
  await Promise.all([
    insertEvents(on, writes),
    updateUsers(on, writes),
    upsertCells(on, writes),
    deleteCells(on, writes),
    upsertMembers(on, writes),
    upsertTotals(on, writes),
    insertStreakDays(on, writes),
    revokeUnlocks(on, writes),
    insertUnlocks(on, writes),
    insertLedger(on, writes),
    insertNotifications(on, writes),
    insertOutbox(on, writes),
  ]);
}

async function insertEvents(on: Queryable, { events, at, catalogVersion }: Writes): Promise<void> {
  if (events.length === 0) return;
  const types = new Dictionary<string>();
  const zones = new Dictionary<string>();
  const times = new Dictionary<number>();
  const typed = events.map(({ event }) => types.place(event.type));
  const zoned = events.map(({ event }) => zones.place(event.timezone));
  const timed = events.map(({ event }) => times.place(event.occurredAt));
  const [row] = await on.query<{ inserted: number }>(sql`/* state.insert_events */
    with inserted as (
    insert into events (user_id, id, type, details, attributes, timezone, points, xp, occurred_at, recorded_at,
      idempotency_key, key_hash, payload_hash, catalog_version)
    select user_id, id, (${types.values()}::text[])[type], details::jsonb, attributes::jsonb, (${zones.values()}::text[])[zone], points,
      xp, (${instantsOf(times)}::timestamptz[])[time], ${at}::timestamptz, idempotency_key, key_hash, payload_hash,
      ${catalogVersion}::int
    from unnest(${events.map(({ userId }) => userId)}::uuid[], ${events.map(({ event }) => event.id)}::uuid[], ${typed}::int[],
      ${events.map(({ event }) => (event.details === null ? null : JSON.stringify(event.details)))}::text[],
      ${events.map(({ event }) => (event.attributes === null ? null : JSON.stringify(event.attributes)))}::text[],
      ${zoned}::int[], ${events.map(({ points }) => points)}::bigint[], ${events.map(({ xp }) => xp)}::bigint[], ${timed}::int[],
      ${events.map(({ idempotencyKey }) => idempotencyKey)}::text[], ${events.map(({ keyHash }) => keyHash)}::uuid[],
      ${events.map(({ payloadHash }) => payloadHash)}::bytea[])
      as n (user_id, id, type, details, attributes, zone, points, xp, time, idempotency_key, key_hash, payload_hash)
    on conflict do nothing
    returning 1)
    select count(*)::int as inserted from inserted`);
  if (row?.inserted !== events.length) throw new LostRaceError('events');
}

async function updateUsers(on: Queryable, { users: all, at }: Writes): Promise<void> {
  const users = all.filter(({ isNew }) => isNew !== true);
  if (users.length === 0) return;
  await on.query(sql`/* state.update_users */
    update users u set score = n.score, achievement_points = n.achievement_points, xp = n.xp,
      last_activity_at = n.last_activity_at, last_seq = n.last_seq, row_version = u.row_version + 1,
      updated_at = ${at}::timestamptz
    from unnest(${users.map(({ userId }) => userId)}::uuid[], ${users.map(({ change }) => change.score)}::bigint[],
      ${users.map(({ change }) => change.achievementPoints)}::bigint[], ${users.map(({ change }) => change.xp)}::bigint[],
      ${users.map(({ change }) => instantOrNull(change.lastActivityAt))}::timestamptz[],
      ${users.map(({ lastSeq }) => lastSeq)}::bigint[])
      as n (id, score, achievement_points, xp, last_activity_at, last_seq)
    where u.id = n.id`);
}

/** Most rows of a batch are of this kind, and most of what they say repeats. */
async function upsertCells(on: Queryable, { users, at }: Writes): Promise<void> {
  const metrics = new Dictionary<string>();
  const periods = new Dictionary<string>();
  const times = new Dictionary<number>();
  const rows = { user: [] as number[], metric: [] as number[], by: [] as string[], period: [] as number[] };
  const contents = { value: [] as (number | null)[], time: [] as number[], state: [] as (string | null)[] };
  for (const [index, { change }] of users.entries()) {
    for (const cell of change.cells) {
      if (isAbsent(cell)) continue;
      rows.user.push(index + 1);
      rows.metric.push(metrics.place(cell.metric));
      rows.by.push(cell.by);
      rows.period.push(periods.place(cell.period));
      contents.value.push(cell.value);
      contents.time.push(times.place(cell.achievedAt));
      contents.state.push(cell.state === null ? null : JSON.stringify(cell.state));
    }
  }
  if (rows.user.length === 0) return;
  await on.query(sql`/* state.upsert_cells */
    insert into metric_values (user_id, metric, by_key, period, value, achieved_at, updated_at, state)
    select (${users.map(({ userId }) => userId)}::uuid[])[place], (${metrics.values()}::text[])[metric], by_key,
      (${periods.values()}::text[])[period], value, (${instantsOf(times)}::timestamptz[])[time], ${at}::timestamptz, state::jsonb
    from unnest(${rows.user}::int[], ${rows.metric}::int[], ${rows.by}::text[], ${rows.period}::int[], ${contents.value}::bigint[],
      ${contents.time}::int[], ${contents.state}::text[]) as n (place, metric, by_key, period, value, time, state)
    on conflict (user_id, metric, by_key, period) do update
    set value = excluded.value, achieved_at = excluded.achieved_at, updated_at = excluded.updated_at, state = excluded.state`);
}

/** Cells in which nothing is left. */
async function deleteCells(on: Queryable, writes: Writes): Promise<void> {
  const cells = rowsOf(writes, (change) => change.cells).filter(isAbsent);
  if (cells.length === 0) return;
  await on.query(sql`/* state.delete_cells */
    delete from metric_values v
    using unnest(${cells.map(({ userId }) => userId)}::uuid[], ${cells.map(({ metric }) => metric)}::text[],
      ${cells.map(({ by }) => by)}::text[], ${cells.map(({ period }) => period)}::text[])
      as n (user_id, metric, by_key, period)
    where (v.user_id, v.metric, v.by_key, v.period) = (n.user_id, n.metric, n.by_key, n.period)`);
}

async function upsertMembers(on: Queryable, writes: Writes): Promise<void> {
  const members = rowsOf(writes, (change) => change.members);
  if (members.length === 0) return;
  await on.query(sql`/* state.upsert_members */
    insert into metric_members (user_id, metric, by_key, period, member, first_at)
    select * from unnest(${members.map(({ userId }) => userId)}::uuid[], ${members.map(({ metric }) => metric)}::text[],
      ${members.map(({ by }) => by)}::text[], ${members.map(({ period }) => period)}::text[],
      ${members.map(({ member }) => member)}::text[], ${members.map(({ firstAt }) => new Date(firstAt))}::timestamptz[])
    on conflict (user_id, metric, by_key, period, member) do update set first_at = excluded.first_at`);
}

async function upsertTotals(on: Queryable, { users }: Writes): Promise<void> {
  const types = new Dictionary<string>();
  const times = new Dictionary<number>();
  const rows = { user: [] as number[], type: [] as number[], count: [] as number[], points: [] as number[] };
  const spans = { first: [] as number[], last: [] as number[] };
  for (const [index, { change }] of users.entries()) {
    for (const { type, count, points, firstAt, lastAt } of change.totals) {
      rows.user.push(index + 1);
      rows.type.push(types.place(type));
      rows.count.push(count);
      rows.points.push(points);
      spans.first.push(times.place(firstAt));
      spans.last.push(times.place(lastAt));
    }
  }
  if (rows.user.length === 0) return;
  const instants = instantsOf(times);
  await on.query(sql`/* state.upsert_totals */
    insert into event_type_totals (user_id, type, count, points, first_at, last_at)
    select (${users.map(({ userId }) => userId)}::uuid[])[place], (${types.values()}::text[])[type], count, points,
      (${instants}::timestamptz[])[first], (${instants}::timestamptz[])[last]
    from unnest(${rows.user}::int[], ${rows.type}::int[], ${rows.count}::bigint[], ${rows.points}::bigint[], ${spans.first}::int[],
      ${spans.last}::int[]) as n (place, type, count, points, first, last)
    on conflict (user_id, type) do update
    set count = excluded.count, points = excluded.points, first_at = excluded.first_at, last_at = excluded.last_at`);
}

async function insertStreakDays(on: Queryable, { users }: Writes): Promise<void> {
  const streaks = new Dictionary<string>();
  const rows = { user: [] as number[], streak: [] as number[], day: [] as number[] };
  for (const [index, { change }] of users.entries()) {
    for (const { streak, day } of change.streakDays) {
      rows.user.push(index + 1);
      rows.streak.push(streaks.place(streak));
      rows.day.push(day);
    }
  }
  if (rows.user.length === 0) return;
  await on.query(sql`/* state.insert_streak_days */
    insert into streak_days (user_id, streak, day)
    select (${users.map(({ userId }) => userId)}::uuid[])[place], (${streaks.values()}::text[])[streak], date '1970-01-01' + day
    from unnest(${rows.user}::int[], ${rows.streak}::int[], ${rows.day}::int[]) as n (place, streak, day)
    on conflict do nothing`);
}
