import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { letGoEvenly } from '../../src/http/let-go.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { eventually, settle } from '../support/eventually.ts';
import { startLaurel, unique } from '../support/laurel.ts';
import { startEdge } from './edge.ts';
import { gateDatabase } from './gated-database.ts';
import { openSocket } from './raw-socket.ts';
import { upgrade } from './raw-upgrade.ts';

const RECORD = 'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename } }';
const MARK = `mutation ($input: MarkNotificationsSeenInput!) {
  markNotificationsSeen(input: $input) { ... on MarkNotificationsSeenSuccess { marked } ... on Error { code } }
}`;
const PLACE = 'query ($by: UserRef!) { user(by: $by) { cursor } }';
const RESTART = { code: 1012, reason: 'Restarting, connect again' };

describe('letting go', () => {
  it('of many takes the whole time, and nobody goes before it is due', async () => {
    const overMs = 300;
    const startedAt = performance.now();
    const wentAt: number[] = [];
    await letGoEvenly(
      Array.from({ length: 101 }, () => () => void wentAt.push(performance.now() - startedAt)),
      overMs,
    );
    expect(wentAt).toHaveLength(101);
    expect(wentAt.filter((ms, place) => ms < (place * overMs) / 100 - 1)).toEqual([]);
  });

  it('of a few waits for nothing', async () => {
    let gone = 0;
    const all = Array.from({ length: 32 }, () => () => {
      gone += 1;
    });
    const left = letGoEvenly(all, 3_600_000);
    expect(gone).toBe(32);
    await left;
    await letGoEvenly([], 3_600_000);
  });
});

describe('a server that closes with many sockets open', () => {
  it('refuses new ones with 503, and answers requests with the last of their connection', async () => {
    const { url, edge } = await startEdge({ figures: { spreadMs: 1_000 } });
    const sockets = await Promise.all(Array.from({ length: 40 }, () => openSocket(url)));
    const closing = edge.close();
    await eventually('the first is closed', () => sockets.some(({ isClosed }) => isClosed()));
    const [status, ready] = await Promise.all([upgrade(url), fetch(`${url}/ready`)]);
    expect([status, ready.headers.get('connection')]).toEqual([503, 'close']);
    await ready.body?.cancel();
    await closing;
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual(Array(40).fill(RESTART));
    expect(edge.sockets()).toBe(0);
  });
});

describe.each(backends())('a server on %s that closes', (backend) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await openTestDatabase(backend);
  });
  afterAll(() => opened.dispose());

  it('answers what its sockets and connections have under way, and takes nothing that comes after', async () => {
    const gate = gateDatabase(opened.db);
    const laurel = await startLaurel(backend, { database: gate.database });
    const player = { externalId: unique() };
    await laurel.query(RECORD, { input: { user: player, type: 'login' } });
    const { cursor } = (await laurel.query(PLACE, { by: player })).data.user;
    await laurel.check();
    const socket = await openSocket(laurel.url);
    await socket.init();
    const release = gate.hold('notifications.mark_seen');
    const variables = { input: { user: player, upTo: cursor } };
    socket.send({ type: 'subscribe', id: 'mark', payload: { query: MARK, variables } });
    const posted = laurel.query(MARK, variables);
    await eventually('both are under way', () => gate.held() === 2);
    const closed = laurel.app.close();
    socket.send({ type: 'subscribe', id: 'late', payload: { query: '{ __typename }' } });
    await settle(50);
    expect(socket.isClosed()).toBe(false);
    release();
    const marked = await posted;
    expect(marked.errors).toEqual([]);
    expect(await socket.closed).toEqual(RESTART);
    expect(socket.received.slice(1)).toEqual([
      { id: 'mark', type: 'next', payload: { data: { markNotificationsSeen: { marked: expect.any(Number) } } } },
      { id: 'mark', type: 'complete' },
    ]);
    // One of the two has changed it.
    const changes = [marked.data, socket.received[1]?.payload.data];
    expect(changes.map(({ markNotificationsSeen }) => markNotificationsSeen.marked).toSorted()).toEqual([0, 1]);
    await closed;
    expect(laurel.app.held()).toMatchObject({ sockets: 0, streams: 0, connections: 0 });
  });
});
