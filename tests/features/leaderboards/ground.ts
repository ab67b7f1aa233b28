import { expect } from 'vitest';
import { type CatalogFile, writeCatalog } from '../../support/catalog-file.ts';
import type { Backend } from '../../support/databases.ts';
import { startLaurel, type TestLaurel } from '../../support/laurel.ts';

/** A game with boards of every kind. */
export const CATALOG = `
laurel: 1
name: Boards
locales: [en, ru]
eventTypes:
  hit: { points: "details.points", details: { points: integer } }
  lap: { points: 0, details: { track: string, seconds: number } }
  drop: { points: 1, details: { coins: integer } }
metrics:
  lap_record: { min: details.seconds, of: lap, by: details.track, decimals: 3, unit: s }
  coins: { sum: details.coins, of: drop }
seasons:
  first: { name: First, startsAt: 2026-11-01T00:00, endsAt: 2026-11-15T00:00, timezone: UTC }
  second: { name: Second, startsAt: 2026-11-18T00:00, endsAt: 2026-12-01T00:00, timezone: UTC }
leaderboards:
  score: { name: { en: Score, ru: Очки }, metric: score }
  daily: { metric: score, per: day, timezone: Asia/Tokyo, finalAfter: 2h }
  weekly: { metric: score, per: week, timezone: UTC }
  seasonal: { metric: coins, per: season }
  shared: { metric: coins, ties: shared }
  late: { metric: coins, ties: latest }
  fastest: { metric: lap_record, order: asc }
  rivals: { name: { en: Rivals, ru: Соперники }, metric: coins, notifyOvertaken: true }
`;

/** What the clock of these tests shows at first: a Friday. */
export const NOW = Date.parse('2026-11-20T12:00:00.000Z');
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** A Laurel with these boards, and a clock that the test moves. */
export interface BoardGround {
  readonly laurel: TestLaurel;
  now: number;
  /** Creates users by their externalIds. */
  create(...names: string[]): Promise<void>;
  /** Records an event; fails unless it is recorded. */
  record(user: string, type: string, details: object, at?: number): Promise<void>;
  /** Asks a board; answers the field or fails on errors. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape its own query asked for.
  board(key: string, selection: string, by?: string): Promise<any>;
  close(): Promise<void>;
}

/** Starts one. */
export async function startBoards(
  backend: Backend,
  options: Omit<Parameters<typeof startLaurel>[1] & object, 'clock'> = {},
): Promise<BoardGround> {
  const file: CatalogFile = await writeCatalog(CATALOG);
  let now = NOW;
  const laurel = await startLaurel(backend, {
    ...options,
    clock: { now: () => now },
    environment: { LAUREL_CATALOG: file.path, ...options.environment },
  });
  return {
    laurel,
    get now() {
      return now;
    },
    set now(at) {
      now = at;
    },
    async create(...names) {
      for (const name of names) {
        const { data } = await laurel.query(
          'mutation ($input: CreateUserInput!) { createUser(input: $input) { __typename } }',
          { input: { externalId: name, displayName: name } },
        );
        expect(data.createUser.__typename).toBe('CreateUserSuccess');
      }
    },
    async record(user, type, details, at) {
      const { data, errors } = await laurel.query(
        'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename ... on Error { message } } }',
        {
          input: {
            user: { externalId: user },
            type,
            details,
            ...(at !== undefined && { occurredAt: new Date(at).toISOString() }),
          },
        },
      );
      expect(errors).toEqual([]);
      expect(data.recordEvent).toEqual({ __typename: 'RecordEventSuccess' });
    },
    async board(key, selection, by) {
      const { data, errors } = await laurel.query(
        `query ($key: String!, $by: String) { leaderboard(key: $key, by: $by) { ${selection} } }`,
        { key, by: by ?? null },
      );
      expect(errors).toEqual([]);
      return data.leaderboard;
    },
    async close() {
      await laurel.close();
      await file.remove();
    },
  };
}

/** `rank name score` of entries that were asked for with ENTRY. */
export const ENTRY = 'rank score user { displayName }';
export function rows(entries: readonly { rank: number; score: number; user: { displayName: string } }[]): string[] {
  return entries.map(({ rank, score, user }) => `${rank} ${user.displayName} ${score}`);
}
