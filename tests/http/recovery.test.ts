import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../src/platform/sql.ts';
import { printedSeed, seeded } from '../realtime/redis-ground.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { eventually } from '../support/eventually.ts';
import { type Answer, type Listening, listen, startLaurel, type TestLaurel, unique } from '../support/laurel.ts';
import { hasRedis, redisAddress, redisUrl } from '../support/redis.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { gateDatabase } from './gated-database.ts';
import { STEPS, stepKey, writeStepsCatalog } from './steps-catalog.ts';

const TOASTS = `subscription ($user: UserRef!, $after: String) {
  achievementUnlocked(user: $user, after: $after) { cursor replayed achievement { key } }
}`;
const RECORD = `mutation ($input: RecordEventInput!) {
  recordEvent(input: $input) { ... on RecordEventSuccess { cursor } ... on Error { code } }
}`;

/** A toast as a subscriber sees it. */
interface Toast {
  readonly key: string;
  readonly cursor: string;
  readonly replayed: boolean;
}

/** A way to run: where events are written and where toasts are heard are two processes, except embedded. */
interface Ground {
  readonly writer: TestLaurel;
  readonly reader: TestLaurel;
  /** The reader's line to Redis. */
  readonly line: TcpProxy | null;
  check(): Promise<void>;
  close(): Promise<void>;
}

const redis = await hasRedis();
const ways = ['embedded', 'postgres, polling', 'postgres and Redis'].filter(
  (way) => way === 'embedded' || (backends().includes('postgres') && (redis || !way.includes('Redis'))),
);

async function openGround(way: string): Promise<Ground> {
  const backend = way === 'embedded' ? 'embedded' : 'postgres';
  const opened: TestDatabase = await openTestDatabase(backend, { poolSize: 8 });
  const catalog = await writeStepsCatalog();
  const line = way.includes('Redis') ? await openTcpProxy(redisAddress()) : null;
  const url = new URL(redisUrl);
  const options = { database: opened.db, environment: { LAUREL_CATALOG: catalog.path } };
  const writer = await startLaurel(backend, { ...options, ...(line === null ? {} : { redisUrl: url.href }) });
  if (line !== null) url.host = `127.0.0.1:${line.port}`;
  const reader =
    backend === 'embedded'
      ? writer
      : await startLaurel(backend, { ...options, ...(line === null ? {} : { redisUrl: url.href }) });
  return {
    writer,
    reader,
    line,
    async check() {
      await reader.check();
      await writer.check();
    },
    async close() {
      if (reader !== writer) await reader.close();
      await writer.close();
      await line?.close();
      await catalog.remove();
      await opened.dispose();
    },
  };
}

/** A new player and the cursor before anything happened. */
async function newPlayer({ writer }: Pick<Ground, 'writer'>): Promise<{ player: string; start: string }> {
  const player = unique();
  const { data } = await writer.query(
    'mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { ... on UpsertUserSuccess { user { cursor } } } }',
    { input: { user: { externalId: player } } },
  );
  return { player, start: data.upsertUser.user.cursor };
}

async function step({ writer }: Pick<Ground, 'writer'>, player: string, times = 1): Promise<string> {
  let cursor = '';
  for (let time = 0; time < times; time += 1) {
    const { data } = await writer.query(RECORD, { input: { user: { externalId: player }, type: 'step' } });
    if (data.recordEvent.cursor === undefined) throw new Error(`refused: ${JSON.stringify(data)}`);
    cursor = data.recordEvent.cursor;
  }
  return cursor;
}

/** Takes all steps in batches of 1 to 4, as the numbers decide. */
async function stepAll({ writer }: Ground, player: string, random: () => number): Promise<void> {
  for (let taken = 0; taken < STEPS; ) {
    const size = Math.min(STEPS - taken, 1 + Math.floor(random() * 4));
    const events = Array.from({ length: size }, () => ({ user: { externalId: player }, type: 'step' }));
    const { data } = await writer.query(
      'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }',
      { input: { events } },
    );
    expect(data.recordEvents.recorded).toBe(size);
    taken += size;
  }
}

const toastsOf = (listening: Listening): Toast[] =>
  listening.items.map((item) => {
    if (item.errors) throw new Error(JSON.stringify(item.errors));
    const { cursor, replayed, achievement } = item.data.achievementUnlocked;
    return { key: achievement.key, cursor, replayed };
  });
const steps = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => stepKey(from + index));
const keys = (toasts: readonly Toast[]): string[] => toasts.map(({ key }) => key);

describe.each(ways)('a subscriber that was cut off, on %s', (way) => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await openGround(way);
  });
  afterEach(() => ground.check());
  afterAll(() => ground.close());

  it('sees the 20 achievements of the meantime once each, in order, as replayed, and then what comes', async () => {
    const { player } = await newPlayer(ground);
    const first = await ground.reader.subscribe(TOASTS, { user: { externalId: player } });
    // What is stored before it took its place in the order is not new to it.
    if (way !== 'embedded') await eventually('it has its place', () => ground.reader.app.held().streams > 0);
    await step(ground, player, 2);
    await first.take(2);
    const seen = toastsOf(first);
    await first.stop();
    await step(ground, player, 20);
    const second = await ground.reader.subscribe(TOASTS, { user: { externalId: player }, after: seen.at(-1)?.cursor });
    await second.take(20);
    await step(ground, player, 2);
    await second.take(22);
    const toasts = [...seen, ...toastsOf(second)];
    expect(keys(toasts)).toEqual(steps(1, 24));
    expect(toasts.map(({ replayed }) => replayed)).toEqual([false, false, ...Array(20).fill(true), false, false]);
    expect(new Set(toasts.map(({ cursor }) => cursor)).size).toBe(24);
  });

  it('sees each once when it is cut at random points, 30 times over', { timeout: 90_000 }, async () => {
    const seed = printedSeed(`recovery, ${way}`);
    const round = async (at: number): Promise<void> => {
      const { player, start } = await newPlayer(ground);
      const followed = follow(ground.reader.url, player, start, seeded(seed + at));
      await stepAll(ground, player, seeded(seed - at - 1));
      const { toasts, cuts } = await followed;
      expect(keys(toasts)).toEqual(steps(1, STEPS));
      expect(cuts).toBeGreaterThan(0);
    };
    for (let at = 0; at < 30; at += 10) await Promise.all(Array.from({ length: 10 }, (_, index) => round(at + index)));
  });

  it('is told at once when its cursor is of no use', async () => {
    const { player, start } = await newPlayer(ground);
    const other = await newPlayer(ground);
    const last = await step(ground, player, 3);
    const foreign = await step(ground, other.player, 1);
    const inside = Buffer.from(last, 'base64url').toString();
    const changed = (change: (text: string) => string) => Buffer.from(change(inside)).toString('base64url');
    const useless: readonly (readonly [string, string])[] = [
      [foreign, 'BAD_USER_INPUT'],
      [other.start, 'BAD_USER_INPUT'],
      ['', 'BAD_USER_INPUT'],
      ['nonsense', 'BAD_USER_INPUT'],
      ['1', 'BAD_USER_INPUT'],
      [last.slice(0, -4), 'BAD_USER_INPUT'],
      ['x'.repeat(10_000), 'BAD_USER_INPUT'],
      [changed((text) => text.replace(/^1/, '2')), 'BAD_USER_INPUT'],
      [changed((text) => text.replace(/\.3$/, '.-1')), 'BAD_USER_INPUT'],
      [changed((text) => text.replace(/\.3$/, '.3.5')), 'BAD_USER_INPUT'],
      [changed((text) => text.replace(/\.3$/, '.9999999999999999')), 'BAD_USER_INPUT'],
      // Of a log that was replaced by a backup, and of what the backup did not hold.
      [
        changed((text) => text.replace(/^1\.[0-9a-f-]{36}/, '1.0190a0a0-a0a0-7000-8000-0000000000aa')),
        'CURSOR_EXPIRED',
      ],
      [changed((text) => text.replace(/\.3$/, '.4')), 'CURSOR_EXPIRED'],
    ];
    for (const [cursor, code] of useless) {
      const error = await refusal(ground, player, cursor);
      expect([cursor.slice(0, 80), error?.extensions['code']]).toEqual([cursor.slice(0, 80), code]);
    }
    const good = await ground.reader.subscribe(TOASTS, { user: { externalId: player }, after: start });
    await good.take(3);
    expect(keys(toastsOf(good))).toEqual(steps(1, 3));
  });
});

describe.each(ways)('rows that retention deleted, on %s', (way) => {
  it('expire the cursors before them at once, and name the oldest that is kept', async () => {
    const ground = await openGround(way);
    const { player, start } = await newPlayer(ground);
    const second = await step(ground, player, 2);
    const third = await step(ground, player);
    const last = await step(ground, player, 2);
    const remove = (upTo: number) =>
      ground.writer.database.query(sql`delete from notifications n using users u
        where u.id = n.user_id and u.external_id = ${player} and n.seq <= ${upTo}::bigint`);
    await remove(2);
    expect(await refusal(ground, player, start)).toMatchObject({
      extensions: { code: 'CURSOR_EXPIRED', oldest: third },
    });
    // Everything after it is there.
    const kept = await listen(ground.reader.url, TOASTS, { user: { externalId: player }, after: second });
    await kept.take(3);
    expect(keys(toastsOf(kept))).toEqual(steps(3, 5));
    await kept.stop();
    await remove(5);
    expect(await refusal(ground, player, third)).toMatchObject({
      extensions: { code: 'CURSOR_EXPIRED', oldest: null },
    });
    const empty = await ground.reader.subscribe(TOASTS, { user: { externalId: player }, after: last });
    await step(ground, player);
    await empty.take(1);
    expect(keys(toastsOf(empty))).toEqual(steps(6, 6));
    await empty.stop();
    await eventually('nothing is held', () => Object.values(ground.reader.app.held()).every((count) => count === 0));
    await ground.close();
  });
});

it('ends a live subscription with CURSOR_EXPIRED when retention deletes rows before they are read', async () => {
  const opened = await openTestDatabase('embedded');
  const catalog = await writeStepsCatalog();
  const gate = gateDatabase(opened.db);
  const environment = { LAUREL_CATALOG: catalog.path };
  const laurel = await startLaurel('embedded', { database: gate.database, environment });
  const ground = { writer: laurel };
  const { player, start } = await newPlayer(ground);
  const live = await laurel.subscribe(TOASTS, { user: { externalId: player }, after: start });
  await step(ground, player);
  await live.take(1);
  const release = gate.hold('notifications.read_after');
  await step(ground, player, 2);
  const last = await step(ground, player);
  await opened.db.query(sql`delete from notifications where seq < 4`);
  await eventually('the rows are asked for', () => gate.held() > 0);
  release();
  expect(await live.ended).toMatchObject([{ extensions: { code: 'CURSOR_EXPIRED', oldest: last } }]);
  expect(keys(toastsOf(live))).toEqual(steps(1, 1));
  await eventually('nothing is held', () => laurel.app.held().listeners === 0);
  await laurel.close();
  await catalog.remove();
  await opened.dispose();
});

describe.runIf(ways.includes('postgres and Redis'))('with Redis away meanwhile', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await openGround('postgres and Redis');
  });
  afterEach(() => ground.check());
  afterAll(() => ground.close());

  it.each<[string, number, (line: TcpProxy) => Promise<void> | void]>([
    ['cut', 4, (line) => line.cut()],
    ['stopped', 3, (line) => line.refuse()],
    ['silent', 3, (line) => line.freeze()],
  ])('%s, %i subscribers see each achievement once', { timeout: 90_000 }, async (name, count, harm) => {
    const { line } = ground;
    if (line === null) throw new Error('no line to Redis');
    const seed = printedSeed(`recovery, Redis ${name}`);
    await eventually('Redis is heard', () => ground.reader.app.services.bus.healthy);
    const players = await Promise.all(Array.from({ length: count }, () => newPlayer(ground)));
    const stay = await Promise.all(players.map(({ player, start }) => attach(ground.reader.url, player, start)));
    const followed = players.map(({ player, start }, at) =>
      follow(ground.reader.url, player, start, seeded(seed + at)),
    );
    const all = (times: number) => Promise.all(players.map(({ player }) => step(ground, player, times)));
    await all(8);
    await harm(line);
    await all(8);
    await eventually('the toasts come all the same', () => stay.every(({ items }) => items.length >= 16), 20_000);
    await line.forward();
    await all(8);
    for (const { toasts } of await Promise.all(followed)) expect(keys(toasts)).toEqual(steps(1, STEPS));
    for (const listening of stay) {
      await eventually('all toasts came', () => listening.items.length >= STEPS, 20_000);
      expect(keys(toastsOf(listening))).toEqual(steps(1, STEPS));
      await listening.stop();
    }
    await eventually('Redis is heard again', () => ground.reader.app.services.bus.healthy, 10_000);
  });
});

const attach = (url: string, player: string, after: string | undefined): Promise<Listening> =>
  listen(url, TOASTS, { user: { externalId: player }, after });

/** Subscribes, loses the connection at random points, comes back with its last cursor, until it has seen every step. */
async function follow(
  url: string,
  player: string,
  start: string,
  random: () => number,
): Promise<{ toasts: Toast[]; cuts: number }> {
  const { hostname, port } = new URL(url);
  const line = await openTcpProxy({ host: hostname, port: Number(port) });
  const toasts: Toast[] = [];
  let cuts = 0;
  for (;;) {
    const listening = await attach(`http://127.0.0.1:${line.port}`, player, toasts.at(-1)?.cursor ?? start);
    const patience = Math.floor(random() * 8);
    const enough = () => listening.items.length >= patience || toasts.length + listening.items.length >= STEPS;
    await eventually(`step ${toasts.length + 1} of ${player} comes`, () => listening.isOver() || enough(), 20_000);
    const isDone = toasts.length + listening.items.length >= STEPS;
    if (isDone || random() < 0.5) await listening.stop();
    else line.cut();
    await listening.ended;
    toasts.push(...toastsOf(listening));
    if (toasts.length >= STEPS) break;
    cuts += 1;
  }
  await line.close();
  return { toasts, cuts };
}

/** The error with which a subscription from this cursor ends. */
async function refusal(
  { reader }: Ground,
  player: string,
  after: string,
): Promise<Answer['errors'][number] | undefined> {
  const listening = await listen(reader.url, TOASTS, { user: { externalId: player }, after });
  await listening.ended;
  await listening.stop();
  return listening.items[0]?.errors?.[0];
}
