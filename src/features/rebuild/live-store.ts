import type { Cell, CellRef, Json, MemberRef, TypeTotal } from '../../engine/state.ts';
import type { Queryable, Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** What the tables hold of one user: all that the log must come to. */
export interface LiveState {
  readonly score: number;
  readonly achievementPoints: number;
  readonly xp: number;
  readonly lastActivityAt: number | null;
  /** Sums of the ledger. */
  readonly ledger: { readonly points: number; readonly xp: number };
  readonly cells: readonly (CellRef & Cell)[];
  readonly members: readonly (MemberRef & { readonly firstAt: number })[];
  readonly totals: readonly (TypeTotal & { readonly type: string })[];
  readonly streakDays: readonly { readonly streak: string; readonly day: number }[];
}

/** Reads the live state of users, one statement a table, all sent at once. */
export async function readLive(on: Queryable, userIds: readonly string[]): Promise<Map<string, LiveState>> {
  const reading = on.query<{
    id: string;
    score: number;
    achievementPoints: number;
    xp: number;
    lastActivityAt: Date | null;
    ledgerPoints: number;
    ledgerXp: number;
  }>(sql`/* rebuild.read_users */
    select u.id, u.score, u.achievement_points as "achievementPoints", u.xp, u.last_activity_at as "lastActivityAt",
      coalesce(l.points, 0)::bigint as "ledgerPoints", coalesce(l.xp, 0)::bigint as "ledgerXp"
    from users u
    left join (select user_id, sum(points) as points, sum(xp) as xp from ledger where user_id = any(${userIds}::uuid[])
      group by user_id) l on l.user_id = u.id
    where u.id = any(${userIds}::uuid[])`);
  const [users, cells, members, totals, days] = await Promise.all([
    reading,
    byUser(readCells(on, userIds)),
    byUser(readMembers(on, userIds)),
    byUser(readTotals(on, userIds)),
    byUser(readDays(on, userIds)),
  ]);
  return new Map(
    users.map(({ id, lastActivityAt, ledgerPoints, ledgerXp, ...user }) => [
      id,
      {
        ...user,
        lastActivityAt: lastActivityAt?.getTime() ?? null,
        ledger: { points: ledgerPoints, xp: ledgerXp },
        cells: cells.get(id) ?? [],
        members: members.get(id) ?? [],
        totals: totals.get(id) ?? [],
        streakDays: days.get(id) ?? [],
      },
    ]),
  );
}

type Owned<Row> = Row & { readonly userId: string };

async function byUser<Row>(reading: Promise<Owned<Row>[]>): Promise<Map<string, Owned<Row>[]>> {
  return Map.groupBy(await reading, ({ userId }) => userId);
}

async function readCells(on: Queryable, userIds: readonly string[]): Promise<Owned<CellRef & Cell>[]> {
  type Row = Owned<CellRef & { value: number | null; achievedAt: Date | null; state: Json }>;
  const rows = await on.query<Row>(sql`/* rebuild.read_cells */
    select user_id as "userId", metric, by_key as by, period, value, achieved_at as "achievedAt", state
    from metric_values where user_id = any(${userIds}::uuid[])`);
  return rows.map((row) => ({ ...row, achievedAt: row.achievedAt?.getTime() ?? null }));
}

async function readMembers(on: Queryable, userIds: readonly string[]): Promise<Owned<LiveState['members'][number]>[]> {
  const rows = await on.query<Owned<MemberRef & { firstAt: Date }>>(sql`/* rebuild.read_members */
    select user_id as "userId", metric, by_key as by, period, member, first_at as "firstAt"
    from metric_members where user_id = any(${userIds}::uuid[])`);
  return rows.map((row) => ({ ...row, firstAt: row.firstAt.getTime() }));
}

async function readTotals(on: Queryable, userIds: readonly string[]): Promise<Owned<LiveState['totals'][number]>[]> {
  type Row = Owned<{ type: string; count: number; points: number; firstAt: Date; lastAt: Date }>;
  const rows = await on.query<Row>(sql`/* rebuild.read_totals */
    select user_id as "userId", type, count, points, first_at as "firstAt", last_at as "lastAt"
    from event_type_totals where user_id = any(${userIds}::uuid[])`);
  return rows.map((row) => ({ ...row, firstAt: row.firstAt.getTime(), lastAt: row.lastAt.getTime() }));
}

async function readDays(on: Queryable, userIds: readonly string[]): Promise<Owned<LiveState['streakDays'][number]>[]> {
  return on.query(sql`/* rebuild.read_days */
    select user_id as "userId", streak, day - date '1970-01-01' as day from streak_days where user_id = any(${userIds}::uuid[])`);
}

/** Rows that the log does not come to, of many users. */
export interface Drops {
  readonly cells: readonly (CellRef & { readonly userId: string })[];
  readonly members: readonly (MemberRef & { readonly userId: string })[];
  readonly totals: readonly { readonly userId: string; readonly type: string }[];
  readonly streakDays: readonly { readonly userId: string; readonly streak: string; readonly day: number }[];
}

/** Deletes rows that the log does not come to; under the users' locks. */
export async function dropRows(transaction: Transaction, { cells, members, totals, streakDays }: Drops): Promise<void> {
  if (cells.length > 0) {
    await transaction.query(sql`/* rebuild.drop_cells */
      delete from metric_values v
      using unnest(${cells.map(({ userId }) => userId)}::uuid[], ${cells.map(({ metric }) => metric)}::text[],
        ${cells.map(({ by }) => by)}::text[], ${cells.map(({ period }) => period)}::text[]) as n (user_id, metric, by_key, period)
      where (v.user_id, v.metric, v.by_key, v.period) = (n.user_id, n.metric, n.by_key, n.period)`);
  }
  if (members.length > 0) {
    await transaction.query(sql`/* rebuild.drop_members */
      delete from metric_members m
      using unnest(${members.map(({ userId }) => userId)}::uuid[], ${members.map(({ metric }) => metric)}::text[],
        ${members.map(({ by }) => by)}::text[], ${members.map(({ period }) => period)}::text[],
        ${members.map(({ member }) => member)}::text[]) as n (user_id, metric, by_key, period, member)
      where (m.user_id, m.metric, m.by_key, m.period, m.member) = (n.user_id, n.metric, n.by_key, n.period, n.member)`);
  }
  if (totals.length > 0) {
    await transaction.query(sql`/* rebuild.drop_totals */
      delete from event_type_totals t
      using unnest(${totals.map(({ userId }) => userId)}::uuid[], ${totals.map(({ type }) => type)}::text[]) as n (user_id, type)
      where (t.user_id, t.type) = (n.user_id, n.type)`);
  }
  if (streakDays.length > 0) {
    await transaction.query(sql`/* rebuild.drop_days */
      delete from streak_days d
      using unnest(${streakDays.map(({ userId }) => userId)}::uuid[], ${streakDays.map(({ streak }) => streak)}::text[],
        ${streakDays.map(({ day }) => day)}::int[]) as n (user_id, streak, day)
      where (d.user_id, d.streak, d.day) = (n.user_id, n.streak, date '1970-01-01' + n.day)`);
  }
}

/** Says that the users' state was folded with this catalog version. */
export async function setCatalogVersion(
  transaction: Transaction,
  userIds: readonly string[],
  version: number,
): Promise<void> {
  await transaction.query(sql`/* rebuild.set_catalog_version */
    update users set catalog_version = ${version}::int where id = any(${userIds}::uuid[]) and catalog_version < ${version}::int`);
}
