import { expect } from 'vitest';
import { type CatalogFile, writeCatalog } from '../../support/catalog-file.ts';
import type { Backend } from '../../support/databases.ts';
import { type LaurelOptions, startLaurel, TEST_SECRET, type TestLaurel } from '../../support/laurel.ts';

/** Event types that are doubted for every cause, with a board and an achievement. */
export const CATALOG = `
laurel: 1
name: Doubts
eventTypes:
  said: { points: 1, from: player }
  seen: { points: 1 }
  likely: { points: 1, from: player, trust: normal }
  sure: { points: 1, from: player, trust: high }
  click: { points: 1, velocity: { per: minute, count: 3 } }
  burst: { points: 1, velocity: { per: minute, count: 10 } }
  cheat: { points: 5, trust: high, onDoubt: quarantine }
  rush: { points: 1, velocity: { per: minute, count: 2 }, onDoubt: quarantine }
achievements:
  fast: { name: Fast, points: 10, rarity: common, when: { count: click, atLeast: 4 } }
leaderboards:
  score: { name: Score, metric: score }
`;

/** What the clock of these tests shows at first: the beginning of a minute. */
export const NOW = Date.parse('2026-11-20T12:00:00.000Z');
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

const START_KEY = 'lk_start';

/** A suspicion as these tests ask for it. */
export interface Suspicion {
  readonly id: string;
  readonly user: { readonly externalId: string };
  readonly cause: string;
  readonly eventType: { readonly key: string };
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly firstEvent: { readonly id: string; readonly occurredAt: string };
  readonly newestEvent: { readonly id: string; readonly occurredAt: string };
  readonly verdict: string | null;
  readonly note: string | null;
  readonly decidedAt: string | null;
  readonly decidedBy: string | null;
}

export const SUSPICION = `id user { externalId } cause eventType { key } count firstAt lastAt firstEvent { id occurredAt }
  newestEvent { id occurredAt } verdict note decidedAt decidedBy`;

/** An event as these tests send it: by default with the clock's own time. */
export interface Sent {
  readonly at?: number;
  readonly key?: string;
}

/** A Laurel with this catalog; callers show a credential, nothing is the admin's start key. */
export interface DoubtGround {
  readonly laurel: TestLaurel;
  now: number;
  as(credential: string | null): { authorization: string };
  /** The secret of a key that records events. */
  key(trust?: string, scopes?: string[]): Promise<string>;
  /** Records events; answers their results. */
  // biome-ignore lint/suspicious/noExplicitAny: what a query answered.
  record(user: string, type: string, sent?: readonly Sent[], credential?: string | null): Promise<any[]>;
  /** Suspicions of a user, in list order. */
  suspicions(user: string, status?: string): Promise<Suspicion[]>;
  // biome-ignore lint/suspicious/noExplicitAny: what a query answered.
  decide(id: string, verdict: string, note?: string | null): Promise<any>;
  /** The quarantine of a user; null for none. */
  quarantineOf(user: string): Promise<{ since: string; reason: string | null } | null>;
  /** Names on the board, best first. */
  board(): Promise<string[]>;
  create(name: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts one. */
export async function startDoubts(
  backend: Backend,
  options: Pick<LaurelOptions, 'database' | 'environment'> = {},
): Promise<DoubtGround> {
  const file: CatalogFile = await writeCatalog(CATALOG);
  let now = NOW;
  const laurel = await startLaurel(backend, {
    ...options,
    clock: { now: () => now },
    startKey: START_KEY,
    environment: {
      LAUREL_AUTH: 'key',
      LAUREL_JWT_SECRET: TEST_SECRET,
      LAUREL_CATALOG: file.path,
      ...options.environment,
    },
  });
  const as = (credential: string | null) => ({ authorization: `Bearer ${credential ?? START_KEY}` });
  // biome-ignore lint/suspicious/noExplicitAny: what a query answered.
  const ask = async (query: string, variables: object, credential: string | null = null): Promise<any> => {
    const { data, errors } = await laurel.query(query, variables, as(credential));
    expect(errors).toEqual([]);
    return data;
  };
  return {
    laurel,
    get now() {
      return now;
    },
    set now(at) {
      now = at;
    },
    as,
    async key(trust, scopes = ['events:write']) {
      const data = await ask(
        'mutation ($input: CreateServerKeyInput!) { createServerKey(input: $input) { ... on CreateServerKeySuccess { secret } } }',
        { input: { name: 'game', scopes, trust } },
      );
      return data.createServerKey.secret;
    },
    async record(user, type, sent = [{}], credential = null) {
      const events = sent.map(({ at = now, key }) => ({
        user: { externalId: user },
        type,
        occurredAt: new Date(at).toISOString(),
        ...(key !== undefined && { idempotencyKey: key }),
      }));
      const data = await ask(
        `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { results { __typename
          ... on RecordEventSuccess { replayed pointsAwarded unlocked { achievement { key } } event { id } }
          ... on Error { code } } } }`,
        { input: { events } },
        credential,
      );
      return data.recordEvents.results;
    },
    async suspicions(user, status) {
      const data = await ask(
        `query ($status: SuspicionStatus) { suspicions(status: $status, first: 100) { nodes { ${SUSPICION} } } }`,
        { status },
      );
      return data.suspicions.nodes.filter((one: Suspicion) => one.user.externalId === user);
    },
    async decide(id, verdict, note) {
      const data = await ask(
        `mutation ($input: DecideSuspicionInput!) { decideSuspicion(input: $input) { __typename
          ... on DecideSuspicionSuccess { suspicion { ${SUSPICION} } } ... on Error { code } } }`,
        { input: { id, verdict, note } },
      );
      return data.decideSuspicion;
    },
    async quarantineOf(user) {
      const data = await ask('query ($user: UserRef!) { user(by: $user) { quarantine { since reason } } }', {
        user: { externalId: user },
      });
      return data.user.quarantine;
    },
    async board() {
      const data = await ask(
        '{ leaderboard(key: "score") { entries(first: 100) { nodes { user { displayName } } } } }',
        {},
      );
      return data.leaderboard.entries.nodes.map(({ user }: { user: { displayName: string } }) => user.displayName);
    },
    async create(name) {
      const data = await ask(
        'mutation ($input: CreateUserInput!) { createUser(input: $input) { ... on CreateUserSuccess { user { id } } } }',
        { input: { externalId: name, displayName: name } },
      );
      return data.createUser.user.id;
    },
    async close() {
      await laurel.close();
      await file.remove();
    },
  };
}
