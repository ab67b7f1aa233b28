import { connect, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/platform/database.ts';
import { openPostgres } from '../../../src/platform/postgres-database.ts';
import { writeCatalog } from '../../support/catalog-file.ts';
import { backends, openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';

const RECORD = `mutation ($input: RecordEventInput!) {
  recordEvent(input: $input) {
    __typename
    ... on RecordEventSuccess { replayed event { id } user { score } unlocked { achievement { key } } }
  }
}`;

const DOUBTING = `
laurel: 1
name: Doubting
eventTypes:
  login: { points: 5 }
  run: { points: 1, velocity: { per: day, count: 1 }, onDoubt: quarantine }
leaderboards:
  score: { name: Score, metric: score }
`;

/** What happens to the next COMMIT: it passes; it never arrives; it arrives, and its answer is lost. */
type Fate = 'passes' | 'is lost' | 'is not answered';

/** A line to a server that breaks at a COMMIT when told to. */
async function openBreakingLine(target: { host: string; port: number }) {
  const line = { fate: 'passes' as Fate, broken: 0 };
  const server: Server = createServer((near) => {
    const far = connect(target);
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
    near.on('data', (bytes) => {
      // A simple query: 'Q', its length, the text.
      const isCommit = bytes.includes('commit\0');
      const { fate } = line;
      if (!isCommit || fate === 'passes') return void far.write(bytes);
      line.fate = 'passes';
      line.broken += 1;
      if (fate === 'is lost') return end();
      far.removeAllListeners('data');
      far.once('data', end);
      far.write(bytes);
    });
    far.on('data', (bytes) => near.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { line, port: address.port, close: () => new Promise((resolve) => server.close(resolve)) };
}

describe.runIf(backends().includes('postgres'))('a COMMIT whose answer is lost', () => {
  let test: TestDatabase;
  let breaking: Awaited<ReturnType<typeof openBreakingLine>>;
  let database: Database;
  let laurel: TestLaurel;
  beforeAll(async () => {
    test = await openTestDatabase('postgres');
    const url = new URL(test.url ?? '');
    breaking = await openBreakingLine({ host: url.hostname, port: Number(url.port || 5432) });
    url.hostname = '127.0.0.1';
    url.port = String(breaking.port);
    database = await openPostgres({ url: url.href, poolSize: 4 });
    laurel = await startLaurel('postgres', { database });
  });
  afterAll(async () => {
    await laurel.close();
    await database.close();
    await breaking.close();
    await test.dispose();
  });

  const record = async (externalId: string, more: object = {}) =>
    (await laurel.query(RECORD, { input: { user: { externalId }, type: 'login', ...more } })).data.recordEvent;

  it.each([
    ['is not answered', 'a known user', {}],
    ['is lost', 'a known user', {}],
    ['is not answered', 'a new user', {}],
    ['is lost', 'a new user', {}],
    ['is not answered', 'a known user', { idempotencyKey: 'k' }],
    ['is lost', 'a new user', { idempotencyKey: 'k' }],
  ] as const)('that %s: the event of %s counts once and is answered as recorded (%j)', async (fate, whose, more) => {
    for (let round = 0; round < 3; round += 1) {
      const player = unique();
      if (whose === 'a known user') await record(player);
      const before = whose === 'a known user' ? 1 : 0;
      const broken = breaking.line.broken;
      breaking.line.fate = fate;
      const answer = await record(player, more);
      expect(breaking.line.broken).toBe(broken + 1);
      expect(answer).toMatchObject({
        __typename: 'RecordEventSuccess',
        replayed: false,
        user: { score: 5 * (before + 1) },
        unlocked: before === 0 ? [{ achievement: { key: 'newcomer' } }] : [],
      });
      const events = await test.db.query<{ id: string }>({
        text: 'select e.id from events e join users u on u.id = e.user_id where u.external_id = $1',
        values: [player],
      });
      expect(events).toHaveLength(before + 1);
    }
    await laurel.check();
  });

  it('that is not answered twice over: looked for until the server answers', async () => {
    const player = unique();
    await record(player);
    breaking.line.fate = 'is not answered';
    const answering = record(player);
    const looking = setInterval(() => {
      if (breaking.line.broken > 0 && breaking.line.fate === 'passes' && !stopped) breaking.line.fate = 'is lost';
    }, 5);
    let stopped = false;
    setTimeout(() => {
      stopped = true;
      clearInterval(looking);
      breaking.line.fate = 'passes';
    }, 400);
    expect(await answering).toMatchObject({ replayed: false, user: { score: 10 } });
    await laurel.check();
  });

  it('that put a user in quarantine: who shows boards to it is told all the same', async () => {
    const catalog = await writeCatalog(DOUBTING);
    const doubting = await startLaurel('postgres', { database, environment: { LAUREL_CATALOG: catalog.path } });
    const told: string[] = [];
    const leave = await doubting.app.services.bus.subscribe('access', 'all', ({ userId }) => void told.push(userId));
    const run = async (externalId: string) =>
      (await doubting.query(RECORD, { input: { user: { externalId }, type: 'run' } })).data.recordEvent;
    const player = unique();
    await run(player);
    breaking.line.fate = 'is not answered';
    expect(await run(player)).toMatchObject({ __typename: 'RecordEventSuccess', replayed: false, user: { score: 2 } });
    const users = await test.db.query<{ id: string }>({
      text: 'select id from users where external_id = $1 and quarantined_at is not null',
      values: [player],
    });
    expect(users).toHaveLength(1);
    expect(told).toEqual(users.map(({ id }) => id));
    leave();
    await doubting.close();
    await catalog.remove();
  });
});
