import { type ClosingDone, closePeriods } from '../../../src/features/leaderboards/closing.ts';
import type { ClosingParts } from '../../../src/features/leaderboards/steps.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import type { Database, Queryable, Statement } from '../../../src/platform/database.ts';
import { createIds } from '../../../src/platform/ids.ts';
import { createLogger } from '../../../src/platform/logger.ts';
import { sql } from '../../../src/platform/sql.ts';
import type { TestLaurel } from '../../support/laurel.ts';

export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** Boards of every kind over a few metrics, with achievements that follow from what they give. */
export const BOARDS_CATALOG = `
laurel: 1
name: Boards
locales: [en, ru]
eventTypes:
  win: { points: 1, xp: 1 }
  lap: { points: 0, details: { track: string, seconds: number } }
  walk: { points: 0, details: { km: number } }
metrics:
  wins: { count: win }
  quickest: { min: details.seconds, of: lap, decimals: 2 }
  by_track: { min: details.seconds, of: lap, by: details.track, decimals: 3 }
  way: { sum: details.km, of: walk, decimals: 1 }
seasons:
  autumn: { startsAt: 2026-10-01T00:00:00Z, endsAt: 2026-11-05T00:00:00Z }
  winter: { startsAt: 2026-12-01T00:00:00Z, endsAt: 2027-03-01T00:00:00Z }
levels: { thresholds: [0, 50, 1000] }
achievements:
  climber: { points: 20, xp: 1, when: { level: 2 } }
  rich: { points: 1, when: { points: 100 } }
leaderboards:
  daily:
    name: { en: Wins of the day, ru: Победы дня }
    metric: wins
    per: day
    finalAfter: 1h
    rewards:
      - { ranks: 1, points: 100, xp: 60, data: { car: gt } }
      - { ranks: 2..3, points: 30 }
      - { percent: 50, data: { badge: half } }
  weekly: { metric: wins, per: week, timezone: Europe/Berlin }
  monthly: { metric: wins, per: month, ties: shared, rewards: [{ ranks: 1..2, xp: 7 }] }
  seasonal: { metric: wins, per: season, rewards: [{ ranks: 1, points: 9 }] }
  quick: { metric: quickest, per: day, order: asc, ties: latest }
  tracks: { metric: by_track, per: day, order: asc, rewards: [{ ranks: 1, points: 2 }] }
  far: { metric: way, per: day, ties: shared }
  all_time: { metric: wins }
  richest: { metric: totalPoints }
  gainers: { metric: xp, per: week }
`;

/** A clock that a test sets. */
export interface SetClock extends Clock {
  set(time: string | number): void;
}

export function clockAt(time: string): SetClock {
  let now = Date.parse(time);
  return {
    now: () => now,
    set(to) {
      now = typeof to === 'number' ? to : Date.parse(to);
    },
  };
}

/** Runs the closing on a test's Laurel, on its database or on another handle of it. */
export function closer(laurel: TestLaurel, clock: Clock, more: Partial<ClosingParts> = {}) {
  const { catalog, bus } = laurel.app.services;
  const logger = createLogger({ level: 'silent' });
  const parts: ClosingParts = {
    database: laurel.database,
    catalog,
    clock,
    ids: createIds(clock),
    bus,
    logger,
    ...more,
  };
  return (stopping?: AbortSignal): Promise<ClosingDone> => closePeriods(parts, stopping);
}

/** A database that tells of every statement before it is sent; what `tell` throws is thrown in its place. */
export function watched(database: Database, tell: (name: string, values: readonly unknown[]) => void): Database {
  const query =
    (on: Queryable) =>
    async <Row extends object>(statement: Statement): Promise<Row[]> => {
      tell(/\/\* (\S+) \*\//.exec(statement.text)?.[1] ?? '', statement.values);
      return on.query<Row>(statement);
    };
  return {
    kind: database.kind,
    prisma: database.prisma,
    query: query(database),
    transaction: (work) =>
      database.transaction((transaction) =>
        work({ query: query(transaction), script: (text) => transaction.script(text) }),
      ),
    script: (text) => database.script(text),
    busy: () => database.busy(),
    close: () => database.close(),
  };
}

const RECORD = `mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename ... on Error { message } } }`;
const UPSERT = 'mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { __typename } }';

/** Records an event of a user who is named so. */
export async function record(
  laurel: TestLaurel,
  name: string,
  type: string,
  occurredAt: string,
  details?: object,
): Promise<void> {
  const input = { user: { externalId: name }, type, occurredAt, ...(details === undefined ? {} : { details }) };
  const { data, errors } = await laurel.query(RECORD, { input });
  const answer = data?.recordEvent;
  if (answer?.__typename !== 'RecordEventSuccess') throw new Error(JSON.stringify(answer ?? errors));
}

/** Makes a user, or changes one. */
export async function upsert(laurel: TestLaurel, name: string, more: object = {}): Promise<void> {
  await laurel.query(UPSERT, { input: { user: { externalId: name }, ...more } });
}

/** The places of a period: `rank name value`, by key where there are keys. */
export async function placesOf(on: Queryable, board: string, period: string): Promise<string[]> {
  const rows = await on.query<{ place: string }>(sql`
    select concat_ws(' ', nullif(s.by_key, ''), s.rank, u.external_id, s.value) as place
    from leaderboard_standings s left join users u on u.id = s.user_id
    where board = ${board} and period = ${period} order by s.by_key, s.position`);
  return rows.map(({ place }) => place);
}

/** The periods of a board, oldest first: `key status`, with what is special about them. */
export async function periodsOf(on: Queryable, board: string): Promise<string[]> {
  const rows = await on.query<{ period: string }>(sql`
    select concat_ws(' ', period, status, case when not rewarded then 'unrewarded' end,
      case when status = 'FINAL' and rewards_paid_at is null then 'unpaid' end) as period
    from leaderboard_periods where board = ${board} order by starts_at`);
  return rows.map(({ period }) => period);
}

/** The rewards in a user's ledger: `reason: points points, xp XP`. */
export async function rewardsOf(on: Queryable, name: string): Promise<string[]> {
  const rows = await on.query<{ line: string }>(sql`
    select concat(l.reason, ': ', l.points, ' points, ', l.xp, ' XP') as line from ledger l join users u on u.id = l.user_id
    where u.external_id = ${name} and l.source = 'reward' order by l.id`);
  return rows.map(({ line }) => line);
}
