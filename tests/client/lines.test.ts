import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { print } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { LaurelPositionDocument } from '../../src/client/operations.ts';
import { memoryStorage } from '../../src/client/options.ts';
import { ProfileDocument } from '../operations/operations.ts';
import { createFakeSchedule } from '../realtime/fake-schedule.ts';
import { eventually, settle } from '../support/eventually.ts';
import { type Ground, happen, named, newPlayer, openGround, startRun } from './ground.ts';

/** A WebSocket class whose sockets a test can look at. */
function watchedSockets() {
  const made: WebSocket[] = [];
  class Watched extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol);
      made.push(this);
    }
  }
  return { impl: Watched, open: () => made.filter(({ readyState }) => readyState !== WebSocket.CLOSED).length, made };
}

describe('a line to the server', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await openGround();
  });
  afterEach(async () => {
    await ground.line.forward();
    await ground.laurel.check();
  });
  afterAll(() => ground.close());

  it('brings a board as it is, then what moves, also after it was cut', async () => {
    const user = await newPlayer(ground);
    const run = startRun({ url: ground.url, user });
    const scores: (number | undefined)[] = [];
    const stop = run.client.leaderboard('score', { first: 1, around: user, users: [user] }, ({ users }) => {
      scores.push(users?.[0]?.score);
    });
    await eventually('the board came', () => scores.length === 1);
    await happen(ground, user, 'login');
    await eventually('it moved', () => scores.at(-1) === 5);
    ground.line.cut();
    await happen(ground, user, 'login');
    await eventually('it moved on', () => scores.at(-1) === 10);
    stop();
    await eventually('nothing is held', () => ground.laurel.app.held().listeners === 0);
    await run.client.close();
    expect([run.timers(), run.errors]).toEqual([0, []]);
  });

  it('carries toasts in groups', async () => {
    const user = await newPlayer(ground);
    const run = startRun({ url: ground.url, user, locale: 'ru' });
    const groups: unknown[] = [];
    run.client.toasts(({ shown, more }) => groups.push([shown.map(({ achievement }) => achievement.name), more]));
    await eventually('it is subscribed', () => ground.laurel.app.held().streams === 1);
    await happen(ground, user, 'login', 5);
    await eventually('they are shown', () => groups.length === 1);
    expect(groups).toEqual([[['Постоянный игрок', 'Новичок'], 0]]);
    await run.client.close();
    expect(run.timers()).toBe(0);
  });

  it('shows toasts again after a restart that were not shown before', async () => {
    const user = await newPlayer(ground);
    const storage = memoryStorage();
    const groups: string[][] = [];
    const start = (windowMs: number) => {
      const run = startRun({ url: ground.url, user, storage });
      run.client.toasts(({ shown }) => groups.push(shown.map(({ achievement }) => achievement.key)), { windowMs });
      return run;
    };
    const first = start(3_600_000);
    await eventually('it is subscribed', () => ground.laurel.app.held().streams === 1);
    await happen(ground, user, 'login');
    await eventually('it is gathered', () => first.timers() > 0);
    await first.client.close();
    const second = start(100);
    await eventually('they are shown', () => groups.length === 1);
    await second.client.close();
    expect(groups).toEqual([['newcomer']]);
    expect([first.timers(), second.timers()]).toEqual([0, 0]);
  });

  it('asks for the credential again when the server does not accept it, or the game has none yet', async () => {
    const user = await newPlayer(ground);
    let asked = 0;
    const run = startRun({
      url: ground.url,
      user,
      authorization: async () => {
        asked += 1;
        if (asked % 3 === 1) throw new Error('signing in');
        return asked < 12 ? 'Bearer expired' : null;
      },
    });
    const scores: number[] = [];
    run.client.leaderboard('score', { users: [user] }, ({ users }) => scores.push(users?.length ?? 0));
    await eventually('the board came', () => scores.length === 1);
    expect(asked).toBeGreaterThanOrEqual(12);
    expect(new Set(run.errors.map(({ code, stops }) => `${code} ${stops}`))).toEqual(new Set(['AUTHORIZATION false']));
    await run.client.close();
  });

  it.each([
    ['open', () => ground.line.forward()],
    ['frozen', () => ground.line.freeze()],
    ['refused', () => ground.line.refuse()],
    ['cut', () => ground.line.cut()],
  ])('leaves nothing when it is closed while it is %s', async (_name, harm) => {
    const user = await newPlayer(ground);
    const { impl, open } = watchedSockets();
    const run = startRun({ url: ground.url, user, webSocketImpl: impl });
    run.client.follow(() => undefined);
    run.client.leaderboard('score', {}, () => undefined);
    await eventually('both are subscribed', () => ground.laurel.app.held().listeners >= 2);
    await harm();
    await run.client.record('login');
    const closed = run.client.close();
    expect(run.client.close()).toBe(closed);
    await closed;
    await eventually('no socket is left', () => open() === 0);
    expect(run.timers()).toBe(0);
    expect(() => run.client.follow(() => undefined)).toThrow('closed');
  });

  it('leaves nothing when it is closed before it was open', async () => {
    const user = await newPlayer(ground);
    const { impl, open, made } = watchedSockets();
    const run = startRun({ url: ground.url, user, webSocketImpl: impl });
    run.client.leaderboard('score', {}, () => undefined);
    await eventually('a socket is made', () => made.length === 1);
    await run.client.close();
    await eventually('no socket is left', () => open() === 0);
    const early = startRun({ url: ground.url, user, webSocketImpl: impl });
    early.client.leaderboard('score', {}, () => undefined);
    await early.client.close();
    expect([open(), run.timers(), early.timers()]).toEqual([0, 0, 0]);
  });

  it('leaves nothing when it is closed while the game looks for its credential, which then fails', async () => {
    const signIn = Promise.withResolvers<string>();
    let isAsked = false;
    const authorization = (): Promise<string> => {
      isAsked = true;
      return signIn.promise;
    };
    const time = createFakeSchedule();
    const user = { externalId: 'hero-1' };
    const run = startRun({ url: ground.url, user, authorization, schedule: time.schedule });
    run.client.leaderboard('score', {}, () => undefined);
    await eventually('it is asked', () => isAsked);
    await run.client.close();
    signIn.reject(new Error('signed out'));
    await eventually('it failed', () => run.errors.length === 1);
    await settle();
    expect(time.timers).toBe(0);
  });

  it('tells what the server refuses for good, once, and stops', async () => {
    const run = startRun({ url: ground.url, user: await newPlayer(ground) });
    run.client.leaderboard('no_such_board', {}, () => undefined);
    await eventually('it is told', () => run.errors.length > 0);
    expect(run.errors.map(({ code, stops }) => [code, stops])).toEqual([['BAD_USER_INPUT', true]]);
    await run.client.close();
  });

  it('answers any operation with its types, and throws its error', async () => {
    const player = await newPlayer(ground);
    const run = startRun({ url: ground.url, user: player, print });
    const { user } = await run.client.query(ProfileDocument, { by: player });
    expect([user?.score, user?.achievements.nodes.length]).toEqual([0, 10]);
    const { user: position } = await run.client.query(LaurelPositionDocument, { user: player, first: 1 });
    expect(position?.notifications?.nodes).toEqual([]);
    expect(await run.client.query('{ eventTypes { key } }', {})).toMatchObject({
      eventTypes: [{ key: 'login' }, {}, {}],
    });
    await expect(run.client.query('{ nonsense }', {})).rejects.toMatchObject({ code: 'BAD_USER_INPUT', path: null });
    await run.client.close();
    await expect(run.client.query('{ eventTypes { key } }', {})).rejects.toMatchObject({ code: 'CLOSED' });
    const plain = startRun({ url: ground.url, user: player });
    await expect(plain.client.query(ProfileDocument, { by: player })).rejects.toThrow('syntax tree');
    await plain.client.close();
  });

  it('follows again at once when the game stops and starts in one turn', async () => {
    const user = await newPlayer(ground);
    const run = startRun({ url: ground.url, user });
    const told: string[] = [];
    const stop = run.client.follow((item) => void told.push(named(item)));
    stop();
    run.client.follow((item) => void told.push(named(item)));
    await eventually('it is subscribed', () => ground.laurel.app.held().streams === 1);
    await happen(ground, user, 'login');
    await eventually('it is told', () => told.length === 1);
    expect(told).toEqual(['newcomer']);
    await run.client.close();
  });
});

/** A server that closes every socket with the next of these codes, and with the last for ever. */
async function openClosing(codes: readonly number[]) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'graphql-transport-ws' });
  let accepted = 0;
  server.on('connection', (socket) => {
    socket.close(codes[Math.min(accepted, codes.length - 1)], 'as the test says');
    accepted += 1;
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    accepted: () => accepted,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

describe('the code with which a server closes', () => {
  it.each([4400, 4401, 4406, 4409, 4429])('%i stops the client and tells the game, once', async (code) => {
    const server = await openClosing([1012, 4403, code]);
    const run = startRun({ url: server.url, user: { externalId: 'hero-1' } });
    run.client.leaderboard('score', {}, () => undefined);
    run.client.leaderboard('score_weekly', {}, () => undefined);
    await eventually('it is told', () => run.errors.length > 0);
    await run.client.close();
    expect(run.errors.map(({ code: told, closeCode, stops }) => [told, closeCode, stops])).toEqual([
      ['SOCKET_CLOSED', code, true],
    ]);
    expect([server.accepted(), run.timers()]).toEqual([3, 0]);
    await server.close();
  });

  it.each([1000, 1011, 1012, 1013, 4403, 4408, 4500])('%i lets the client come again', async (code) => {
    const server = await openClosing([code]);
    const waits: number[] = [];
    const run = startRun({
      url: server.url,
      user: { externalId: 'hero-1' },
      schedule: (wake, ms) => {
        waits.push(ms);
        const timer = setTimeout(wake, ms < 2_000 ? 1 : 5);
        return () => clearTimeout(timer);
      },
    });
    run.client.leaderboard('score', {}, () => undefined);
    await eventually('it came again and again', () => server.accepted() > 5);
    await run.client.close();
    expect(run.errors.filter(({ stops }) => stops)).toEqual([]);
    if (code === 1012 || code === 1013) expect(waits[0]).toBe(2_200);
    if (code === 4403) expect(waits.slice(0, 3)).toEqual([550, 1_100, 2_200]);
    await server.close();
  });
});
