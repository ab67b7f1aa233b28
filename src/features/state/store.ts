import { copyOf } from '../../engine/merge.ts';
import type { FoldEvent, Json, Needs, OwnState, TypeTotal, Unlock, UserState } from '../../engine/state.ts';
import { cellKey, historyKey, memberKey, wholeKey } from '../../engine/state.ts';
import type { Queryable } from '../../platform/database.ts';
import { oneByOne, sql } from '../../platform/sql.ts';
import { archivedForFold } from '../archive/archived-events.ts';

/** A user's state with what it still needs. */
export interface SliceRequest {
  readonly state: UserState;
  readonly needs: Needs;
}

/** A part of the needs, flattened over all users: each item with the place of its user. */
type Flat<Item> = readonly { readonly place: number; readonly userId: string; readonly item: Item }[];

/**
 * Reads what the engine needs for all users of a batch: one statement a kind, whatever the number of users, and none for a kind that
 * nobody needs. Answers the states with what was read merged in, in order.
 */
export async function readSlices(on: Queryable, requests: readonly SliceRequest[]): Promise<UserState[]> {
  const states = requests.map(({ state }) => copyOf(state));
  await fillSlices(on, states, requests);
  return states;
}

/** As readSlices, into states that are the caller's own to change. */
export async function fillSlices(
  on: Queryable,
  states: readonly OwnState[],
  requests: readonly SliceRequest[],
): Promise<void> {
  const flat = <Item>(pick: (needs: Needs) => readonly Item[]): Flat<Item> =>
    requests.flatMap(({ state, needs }, place) => pick(needs).map((item) => ({ place, userId: state.userId, item })));
  await Promise.all([
    readCells(
      on,
      states,
      flat((needs) => needs.cells),
    ),
    readWhole(
      on,
      states,
      flat((needs) => needs.whole),
    ),
    readMembers(
      on,
      states,
      flat((needs) => needs.members),
    ),
    readUnlocks(
      on,
      states,
      flat((needs) => needs.achievements),
    ),
    readStreakDays(
      on,
      states,
      flat((needs) => needs.streaks),
    ),
    readTotals(
      on,
      states,
      flat((needs) => needs.totals),
    ),
    readHistory(
      on,
      states,
      flat((needs) => needs.history),
    ),
  ]);
}

interface CellRow {
  readonly place: number;
  readonly metric: string;
  readonly by: string;
  readonly period: string;
  readonly value: number | null;
  readonly achievedAt: Date | null;
  readonly state: Json;
}

function putCell(states: readonly OwnState[], row: CellRow): void {
  const { place, value, achievedAt, state } = row;
  states[place]?.cells.set(cellKey(row), { value, achievedAt: achievedAt?.getTime() ?? null, state });
}

async function readCells(
  on: Queryable,
  states: readonly OwnState[],
  refs: Flat<Needs['cells'][number]>,
): Promise<void> {
  if (refs.length === 0) return;
  for (const { place, item } of refs) states[place]?.cells.set(cellKey(item), null);
  const rows = await on.query<CellRow>(sql`/* state.read_cells */
    select n.place, v.metric, v.by_key as by, v.period, v.value, v.achieved_at as "achievedAt", v.state
    from unnest(${refs.map(({ place }) => place)}::int[], ${refs.map(({ userId }) => userId)}::uuid[],
      ${refs.map(({ item }) => item.metric)}::text[], ${refs.map(({ item }) => item.by)}::text[],
      ${refs.map(({ item }) => item.period)}::text[]) as n (place, user_id, metric, by_key, period)
    cross join lateral (select * from metric_values where (user_id, metric, by_key, period) =
      (n.user_id, n.metric, n.by_key, n.period) ${oneByOne}) v`);
  for (const row of rows) putCell(states, row);
}

async function readWhole(
  on: Queryable,
  states: readonly OwnState[],
  refs: Flat<Needs['whole'][number]>,
): Promise<void> {
  if (refs.length === 0) return;
  const keys = new Map<string, string[]>();
  for (const { place, item } of refs) {
    const list: string[] = [];
    keys.set(`${place}/${wholeKey(item.metric, item.period)}`, list);
    states[place]?.whole.set(wholeKey(item.metric, item.period), list);
  }
  const rows = await on.query<CellRow>(sql`/* state.read_whole */
    select n.place, v.metric, v.by_key as by, v.period, v.value, v.achieved_at as "achievedAt", v.state
    from unnest(${refs.map(({ place }) => place)}::int[], ${refs.map(({ userId }) => userId)}::uuid[],
      ${refs.map(({ item }) => item.metric)}::text[], ${refs.map(({ item }) => item.period)}::text[])
      as n (place, user_id, metric, period)
    cross join lateral (select * from metric_values where (user_id, metric, period) =
      (n.user_id, n.metric, n.period) ${oneByOne}) v
    order by v.by_key`);
  for (const row of rows) {
    putCell(states, row);
    keys.get(`${row.place}/${wholeKey(row.metric, row.period)}`)?.push(row.by);
  }
}

async function readMembers(
  on: Queryable,
  states: readonly OwnState[],
  refs: Flat<Needs['members'][number]>,
): Promise<void> {
  if (refs.length === 0) return;
  for (const { place, item } of refs) states[place]?.members.set(memberKey(item), null);
  const rows = await on.query<Needs['members'][number] & { place: number; firstAt: Date }>(sql`/* state.read_members */
    select n.place, m.metric, m.by_key as by, m.period, m.member, m.first_at as "firstAt"
    from unnest(${refs.map(({ place }) => place)}::int[], ${refs.map(({ userId }) => userId)}::uuid[],
      ${refs.map(({ item }) => item.metric)}::text[], ${refs.map(({ item }) => item.by)}::text[],
      ${refs.map(({ item }) => item.period)}::text[], ${refs.map(({ item }) => item.member)}::text[])
      as n (place, user_id, metric, by_key, period, member)
    cross join lateral (select * from metric_members where (user_id, metric, by_key, period, member) =
      (n.user_id, n.metric, n.by_key, n.period, n.member) ${oneByOne}) m`);
  for (const row of rows) states[row.place]?.members.set(memberKey(row), row.firstAt.getTime());
}

async function readUnlocks(on: Queryable, states: readonly OwnState[], refs: Flat<string>): Promise<void> {
  if (refs.length === 0) return;
  for (const { place, item } of refs) states[place]?.unlocks.set(item, []);
  type Row = Omit<Unlock, 'unlockedAt' | 'revokedAt'> & { place: number; unlockedAt: Date; revokedAt: Date | null };
  const rows = await on.query<Row>(sql`/* state.read_unlocks */
    select n.place, a.achievement, a.tier, a.period, a.unlocked_at as "unlockedAt", a.event_id as "eventId", a.points, a.xp,
      a.source, a.revoked_at as "revokedAt"
    from unnest(${refs.map(({ place }) => place)}::int[], ${refs.map(({ userId }) => userId)}::uuid[],
      ${refs.map(({ item }) => item)}::text[]) as n (place, user_id, achievement)
    cross join lateral (select * from user_achievements where (user_id, achievement) =
      (n.user_id, n.achievement) ${oneByOne}) a
    order by a.achievement, a.tier, a.period`);
  for (const { place, ...row } of rows) {
    const unlock = { ...row, unlockedAt: row.unlockedAt.getTime(), revokedAt: row.revokedAt?.getTime() ?? null };
    const before = states[place]?.unlocks.get(row.achievement) ?? [];
    states[place]?.unlocks.set(row.achievement, [...before, unlock]);
  }
}

async function readStreakDays(on: Queryable, states: readonly OwnState[], refs: Flat<string>): Promise<void> {
  if (refs.length === 0) return;
  for (const { place, item } of refs) states[place]?.streakDays.set(item, []);
  const rows = await on.query<{ place: number; streak: string; days: number[] }>(sql`/* state.read_streak_days */
    select n.place, s.streak, array_agg(s.day - date '1970-01-01' order by s.day) as days
    from unnest(${refs.map(({ place }) => place)}::int[], ${refs.map(({ userId }) => userId)}::uuid[],
      ${refs.map(({ item }) => item)}::text[]) as n (place, user_id, streak)
    cross join lateral (select * from streak_days where (user_id, streak) = (n.user_id, n.streak) ${oneByOne}) s
    group by n.place, s.streak`);
  for (const { place, streak, days } of rows) states[place]?.streakDays.set(streak, days);
}

async function readTotals(on: Queryable, states: readonly OwnState[], refs: Flat<string>): Promise<void> {
  if (refs.length === 0) return;
  for (const { place, item } of refs) states[place]?.totals.set(item, null);
  type Row = Omit<TypeTotal, 'firstAt' | 'lastAt'> & { place: number; type: string; firstAt: Date; lastAt: Date };
  const rows = await on.query<Row>(sql`/* state.read_totals */
    select n.place, t.type, t.count, t.points, t.first_at as "firstAt", t.last_at as "lastAt"
    from unnest(${refs.map(({ place }) => place)}::int[], ${refs.map(({ userId }) => userId)}::uuid[],
      ${refs.map(({ item }) => item)}::text[]) as n (place, user_id, type)
    cross join lateral (select * from event_type_totals where (user_id, type) = (n.user_id, n.type) ${oneByOne}) t`);
  for (const { place, type, count, points, firstAt, lastAt } of rows) {
    states[place]?.totals.set(type, { count, points, firstAt: firstAt.getTime(), lastAt: lastAt.getTime() });
  }
}

async function readHistory(
  on: Queryable,
  states: readonly OwnState[],
  refs: Flat<Needs['history'][number]>,
): Promise<void> {
  if (refs.length === 0) return;
  for (const { place, item } of refs) states[place]?.history.set(historyKey(item), []);
  const types = refs.map(({ item }) => (item.types === null ? null : JSON.stringify(item.types)));
  type Row = Omit<FoldEvent, 'occurredAt' | 'priced'> & { ref: number; occurredAt: Date; points: number; xp: number };
  const rows = await on.query<Row>(sql`/* state.read_history */
    select n.ref, e.id, e.type, e.details, e.attributes, e.timezone, e.occurred_at as "occurredAt", e.points, e.xp
    from unnest(${refs.map((_, index) => index)}::int[], ${refs.map(({ userId }) => userId)}::uuid[], ${types}::text[],
      ${refs.map(({ item }) => instant(item.from))}::timestamptz[], ${refs.map(({ item }) => instant(item.to))}::timestamptz[],
      ${refs.map(({ item }) => item.newest ?? null)}::int[]) as n (ref, user_id, types, since, until, newest)
    cross join lateral (
      select * from (
        (select id, type, details, attributes, timezone, occurred_at, points, xp from events
        where user_id = n.user_id and occurred_at >= n.since and occurred_at < n.until
          and (n.types is null or type in (select jsonb_array_elements_text(n.types::jsonb)))
        order by occurred_at desc, id desc
        limit n.newest)
        union all
        (select e.* from event_archives a cross join lateral ${archivedForFold}
        where a.user_id = n.user_id and a.last_at >= n.since and a.first_at < n.until
          and e.occurred_at >= n.since and e.occurred_at < n.until
          and (n.types is null or e.type in (select jsonb_array_elements_text(n.types::jsonb)))
        order by a.year desc, e.occurred_at desc, e.id desc
        limit n.newest)
      ) e
      order by occurred_at desc, id desc
      limit n.newest
    ) e
    order by n.ref, e.occurred_at, e.id`);
  const found = Map.groupBy(rows, ({ ref }) => ref);
  for (const [ref, events] of found) {
    const asked = refs[ref];
    if (asked === undefined) continue;
    const folded = events.map(({ ref: _, points, xp, occurredAt, ...event }) => ({
      ...event,
      occurredAt: occurredAt.getTime(),
      priced: { points, xp },
    }));
    states[asked.place]?.history.set(historyKey(asked.item), folded);
  }
}

/** The years 1 to 9999, which both sides can write. */
function instant(at: number): Date {
  return new Date(Math.min(Math.max(at, -62_135_596_800_000), 253_402_300_799_999));
}
