import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Access, openAccess } from '../../../src/features/auth/access.ts';
import type { Player } from '../../../src/features/auth/principal.ts';
import type { Database } from '../../../src/platform/database.ts';
import { createIds } from '../../../src/platform/ids.ts';
import { createLogger } from '../../../src/platform/logger.ts';
import { sql } from '../../../src/platform/sql.ts';
import { createMemoryBus } from '../../../src/realtime/memory-bus.ts';
import { createIdleSweeper, type SweeperOptions } from '../../../src/realtime/sweeper.ts';
import { openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { eventually, settle } from '../../support/eventually.ts';

const ids = createIds();
const logger = createLogger({ level: 'silent' });

let opened: TestDatabase;
let access: Access;
let now = 1_000_000;
let statements = 0;
/** What a sweep does. */
let sweep: SweeperOptions['newestOf'];

beforeAll(async () => {
  opened = await openTestDatabase('embedded');
});
beforeEach(async () => {
  const query: Database['query'] = (statement) => {
    statements += 1;
    return opened.db.query(statement);
  };
  const sweeping = (newestOf: SweeperOptions['newestOf']) => {
    sweep = newestOf;
    return createIdleSweeper();
  };
  const bus = createMemoryBus({ logger });
  access = await openAccess({ database: { ...opened.db, query }, bus, clock: { now: () => now }, logger, sweeping });
});
afterEach(() => {
  expect(access.size()).toBe(0);
  access.close();
});
afterAll(() => opened.dispose());

/** A user who is signed in. */
async function player(): Promise<Player> {
  const [userId, sessionId] = [ids.next(), ids.next()];
  await opened.db.query(sql`insert into users (id, username, display_name, created_at, updated_at, catalog_version)
    values (${userId}::uuid, ${userId}, 'Ann', now(), now(), 1)`);
  await opened.db.query(sql`insert into sessions (id, user_id, refresh_hash, rotated_at, created_at, expires_at)
    values (${sessionId}::uuid, ${userId}::uuid, '', now(), now(), now() + interval '1 day')`);
  return { kind: 'player', userId, sessionId, role: null, expiresAt: now + 60_000 };
}

const end = ({ sessionId }: Player) => opened.db.query(sql`delete from sessions where id = ${sessionId}::uuid`);
const signedOut = { extensions: { code: 'UNAUTHENTICATED', reason: 'SIGNED_OUT' } };

it('reads many who come at once in one statement, and believes it for 5 s', async () => {
  const players = await Promise.all(Array.from({ length: 100 }, player));
  statements = 0;
  await Promise.all(players.map((one) => access.check(one)));
  expect(statements).toBe(1);
  now += 4_999;
  await Promise.all(players.map((one) => access.check(one)));
  expect(statements).toBe(1);
  now += 1;
  await Promise.all(players.map((one) => access.check(one)));
  expect(statements).toBe(2);
});

it('refuses at once what it was told of, and after 5 s what it was not', async () => {
  const [told, untold] = [await player(), await player()];
  await Promise.all([told, untold].map((one) => access.check(one)));
  await Promise.all([end(told), end(untold)]);
  access.changed(told.userId);
  await expect(access.check(told)).rejects.toMatchObject(signedOut);
  await expect(access.check(untold)).resolves.toBeNull();
  now += 5_000;
  await expect(access.check(untold)).rejects.toMatchObject(signedOut);
});

it('lets in a session that began after its user was read', async () => {
  const first = await player();
  await access.check(first);
  const second = ids.next();
  await opened.db.query(sql`insert into sessions (id, user_id, refresh_hash, rotated_at, created_at, expires_at)
    values (${second}::uuid, ${first.userId}::uuid, '', now(), now(), now() + interval '1 day')`);
  await expect(access.check({ ...first, sessionId: second })).resolves.toBeNull();
});

it('finds a session that ended while its socket was being opened', async () => {
  const ann = await player();
  await access.check(ann);
  await end(ann);
  let ended = 0;
  access.watch(ann, () => {
    ended += 1;
  });
  await eventually('it is found', () => ended > 0);
  access.changed(ann.userId);
  await settle(10);
  expect(ended).toBe(1);
});

it('finds by a sweep what it was not told of, in one statement for all', async () => {
  const [ann, bob] = [await player(), await player()];
  const ended: string[] = [];
  const stops = [ann, bob].map((one) => access.watch(one, () => ended.push(one.userId)));
  await settle(20);
  await end(ann);
  statements = 0;
  await sweep([ann.userId, bob.userId]);
  expect([ended, statements]).toEqual([[ann.userId], 1]);
  for (const stop of stops) stop();
});
