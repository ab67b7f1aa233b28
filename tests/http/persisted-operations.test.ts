import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NO_MANIFEST, readManifest } from '../../src/http/persisted-operations.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../support/laurel.ts';
import { openSocket, type RawSocket } from './raw-socket.ts';

const VERSION = '{ catalog { version } }';
const BOARD = 'subscription { leaderboardUpdated(key: "score", first: 1) { entries { rank } } }';
const PROGRESS = 'subscription { userProgressed { score } }';
const GUEST =
  'mutation { signInAsGuest(input: {}) { ... on SignInAsGuestSuccess { user { id } tokens { accessToken } } } }';
const FOREIGN = '{ catalog { checksum } }';
const FOREIGN_BOARD = 'subscription { leaderboardUpdated(key: "score") { at } }';
const MANIFEST = { version: VERSION, board: BOARD, progress: PROGRESS, guest: GUEST };
const RECORD = 'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename } }';
const byHash = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-manifest-'));
  path = join(folder, 'operations.json');
  await writeFile(path, JSON.stringify(MANIFEST));
});
afterAll(() => rm(folder, { recursive: true }));

describe('persisted operations alone', () => {
  let laurel: TestLaurel;
  let key: string;
  let open: RawSocket[] = [];
  beforeAll(async () => {
    laurel = await startLaurel('embedded', {
      environment: {
        LAUREL_AUTH: 'on',
        LAUREL_JWT_SECRET: TEST_SECRET,
        LAUREL_PERSISTED_OPERATIONS: path,
        LAUREL_PERSISTED_ONLY: 'on',
      },
    });
    key = await laurel.app.auth.createKey({ name: 'all', scopes: ['admin'], days: null });
  });
  afterEach(async () => {
    for (const { socket } of open) socket.close();
    open = [];
    await laurel.check();
  });
  afterAll(() => laurel.close());

  const post = async (body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${laurel.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close', ...headers },
      body: JSON.stringify(body),
    });
    return response.text();
  };
  const outcome = (text: string): string => {
    const { data, errors } = JSON.parse(text);
    return errors?.[0].extensions.code ?? Object.keys(data)[0];
  };
  const connect = async (authorization?: string): Promise<RawSocket> => {
    const socket = await openSocket(laurel.url);
    open.push(socket);
    await socket.init(authorization === undefined ? undefined : { authorization });
    return socket;
  };
  /** The first message of an operation. */
  const ask = async (socket: RawSocket, payload: object) => {
    const id = unique();
    socket.send({ type: 'subscribe', id, payload: { query: '', ...payload } });
    const { type, payload: answer } = await socket.next();
    socket.send({ type: 'complete', id });
    return type === 'error' ? answer[0].extensions.code : Object.keys(answer.data)[0];
  };
  const keyed = () => ({ authorization: `Bearer ${key}` });

  it('are answered by POST, by text and by hash; others are refused, but not to keys', async () => {
    expect(outcome(await post({ query: VERSION }))).toBe('catalog');
    expect(outcome(await post(byHash('version')))).toBe('catalog');
    expect(outcome(await post({ query: GUEST }))).toBe('signInAsGuest');
    expect(outcome(await post({ query: FOREIGN }))).toBe('FORBIDDEN');
    expect(outcome(await post({ query: `${VERSION} ` }))).toBe('FORBIDDEN');
    expect(outcome(await post({ query: FOREIGN, ...byHash('version') }))).toBe('FORBIDDEN');
    expect(outcome(await post({ query: FOREIGN, operationName: null, extensions: {} }))).toBe('FORBIDDEN');
    expect(outcome(await post({ query: 'mutation { signOutEverywhere(input: {}) { __typename } }' }))).toBe(
      'FORBIDDEN',
    );
    expect(outcome(await post(byHash('nothing')))).toBe('BAD_USER_INPUT');
    expect(outcome(await post(byHash('__proto__')))).toBe('BAD_USER_INPUT');
    expect(outcome(await post({}))).toBe('BAD_USER_INPUT');
    expect(outcome(await post({ query: FOREIGN }, keyed()))).toBe('catalog');
    expect(outcome(await post(byHash('version'), keyed()))).toBe('catalog');
  });

  it('are refused to players, and as event streams and queries by GET', async () => {
    const { data } = JSON.parse(await post(byHash('guest')));
    const authorization = `Bearer ${data.signInAsGuest.tokens.accessToken}`;
    expect(outcome(await post({ query: VERSION }, { authorization }))).toBe('catalog');
    expect(outcome(await post({ query: FOREIGN }, { authorization }))).toBe('FORBIDDEN');
    const accept = 'text/event-stream';
    for (const query of [FOREIGN, FOREIGN_BOARD]) {
      expect(await post({ query }, { accept })).toContain('"code":"FORBIDDEN"');
    }
    expect(await post(byHash('version'), { accept })).toContain('"catalog":{"version":1}');
    const get = async (query: string) => {
      const address = `${laurel.url}/graphql?query=${encodeURIComponent(query)}`;
      return outcome(
        await (await fetch(address, { headers: { accept: 'application/json', connection: 'close' } })).text(),
      );
    };
    expect([await get(VERSION), await get(FOREIGN)]).toEqual(['catalog', 'FORBIDDEN']);
  });

  it('are answered over WebSocket, shared subscriptions too; others are refused and the socket lives', async () => {
    const sockets = [await connect(), await connect()];
    for (const socket of sockets) {
      expect(await ask(socket, { query: VERSION })).toBe('catalog');
      await socket.next();
      expect(await ask(socket, byHash('board'))).toBe('leaderboardUpdated');
      expect(await ask(socket, { query: BOARD })).toBe('leaderboardUpdated');
      expect(await ask(socket, { query: FOREIGN })).toBe('FORBIDDEN');
      expect(await ask(socket, { query: FOREIGN_BOARD })).toBe('FORBIDDEN');
      expect(await ask(socket, byHash('nothing'))).toBe('BAD_USER_INPUT');
      expect(socket.isClosed()).toBe(false);
    }
    const trusted = await connect(`Bearer ${key}`);
    expect(await ask(trusted, { query: FOREIGN_BOARD })).toBe('leaderboardUpdated');
  });

  it('go on with each event, of a player and shared', async () => {
    const { data } = JSON.parse(await post(byHash('guest')));
    const { user, tokens } = data.signInAsGuest;
    const authorization = `Bearer ${tokens.accessToken}`;
    const progress = await laurel.subscribe(PROGRESS, {}, { authorization });
    const board = await laurel.subscribe(BOARD, {}, { authorization });
    for (const count of [1, 2]) {
      await laurel.query(RECORD, { input: { user: { id: user.id }, type: 'login' } }, keyed());
      await progress.take(count);
    }
    expect(progress.items).toEqual([
      { data: { userProgressed: { score: 5 } } },
      { data: { userProgressed: { score: 10 } } },
    ]);
    expect((await board.take(1))[0]).toMatchObject({ data: { leaderboardUpdated: {} } });
  });
});

it('a manifest without the rule adds hashes and refuses nothing', async () => {
  const laurel = await startLaurel('embedded', { environment: { LAUREL_PERSISTED_OPERATIONS: path } });
  expect((await laurel.query(FOREIGN)).errors).toEqual([]);
  expect((await laurel.query(VERSION)).errors).toEqual([]);
  await laurel.check();
  await laurel.close();
});

it('a manifest that cannot be read, or is none, does not start', async () => {
  expect(await readManifest(null, false)).toEqual(NO_MANIFEST);
  await expect(readManifest(join(folder, 'absent.json'), true)).rejects.toThrow('cannot be read');
  for (const text of ['', '[]', '{"a":1}', '{"a":""}', 'null']) {
    const other = join(folder, 'other.json');
    await writeFile(other, text);
    await expect(readManifest(other, true)).rejects.toThrow('is no object of hashes and documents');
  }
});
