import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createGameTokens, KeysAwayError } from '../../../src/features/auth/game-tokens.ts';
import { sql } from '../../../src/platform/sql.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../../support/laurel.ts';
import { as, type Tokens, viewerOf } from './support.ts';

const SECRET = 'the secret of the game, longer than 32 bytes';
const ISSUER = 'https://game.example';
const SETTINGS = { issuer: ISSUER, audience: 'laurel', secret: SECRET, jwksUrl: null };
const NOW = Math.floor(Date.now() / 1_000);

type Key = CryptoKey | Uint8Array;
interface Changes {
  readonly claims?: object;
  readonly header?: Partial<JWTHeaderParameters>;
  readonly key?: Key;
}

/** A token of the game for `sub`, with changes. */
function sign(sub: string, { claims = {}, header = {}, key = new TextEncoder().encode(SECRET) }: Changes = {}) {
  const said = { iss: ISSUER, aud: 'laurel', sub, iat: NOW, exp: NOW + 300, ...claims };
  return new SignJWT(said).setProtectedHeader({ alg: 'HS256', ...header }).sign(key);
}

const tokensOf = (accessToken: string): Tokens => ({
  accessToken,
  accessExpiresAt: '',
  refreshToken: '',
  refreshExpiresAt: '',
});

/** What every verifier refuses: the changes. */
const REFUSED: readonly (readonly [string, object])[] = [
  ['of another issuer', { iss: 'https://other.example' }],
  ['without an issuer', { iss: undefined }],
  ['of Laurel itself by its word', { iss: 'laurel' }],
  ['for another audience', { aud: 'another' }],
  ['without an audience', { aud: undefined }],
  ['that has expired', { iat: NOW - 600, exp: NOW - 10 }],
  ['without an end', { exp: undefined }],
  ['that is not valid yet', { nbf: NOW + 60 }],
  ['made in the future', { iat: NOW + 60 }],
  ['without its time', { iat: undefined }],
  ['made more than a day ago', { iat: NOW - 86_500, exp: NOW + 300 }],
  ['without a player', { sub: undefined }],
  ['with an empty player', { sub: '' }],
  ['with a player that cannot be kept', { sub: 'a\u0000b' }],
  ['with a player that is too long', { sub: 'x'.repeat(201) }],
];

describe('a token of the game, signed with the shared secret,', () => {
  const tokens = createGameTokens(SETTINGS);

  it('says whose it is', async () => {
    expect(tokens.isOurs(await sign('hero'))).toBe(true);
    expect(await tokens.verify(await sign('hero'), NOW * 1_000)).toEqual({
      externalId: 'hero',
      expiresAt: (NOW + 300) * 1_000,
    });
    expect(await tokens.verify(await sign('a', { claims: { aud: ['x', 'laurel'] } }), NOW * 1_000)).not.toBeNull();
  });

  it.each(REFUSED)('%s is refused', async (_what, claims) => {
    expect(await tokens.verify(await sign('hero', { claims }), NOW * 1_000)).toBeNull();
  });

  it('of another algorithm, unsigned, or with another key is refused', async () => {
    const body = (await sign('hero')).split('.')[1];
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
    const key = new TextEncoder().encode(`${SECRET} and more, for sixty-four bytes at least of a long algorithm`);
    const { privateKey } = await generateKeyPair('RS256');
    const forged = [
      none,
      await sign('hero', { header: { alg: 'HS512' }, key }),
      await sign('hero', { key }),
      await sign('hero', { header: { alg: 'RS256' }, key: privateKey }),
      `${await sign('hero')}x`,
      'nonsense',
    ];
    expect(await Promise.all(forged.map((token) => tokens.verify(token, NOW * 1_000)))).toEqual(forged.map(() => null));
  });
});

describe('a token of the game, signed with a key of its set,', () => {
  let fetched = 0;
  let isAway = false;
  let url = '';
  const keys = new Map<string, Awaited<ReturnType<typeof generateKeyPair>>>();
  const server = createServer(async (_request, response) => {
    fetched += 1;
    if (isAway) {
      response.writeHead(500).end();
      return;
    }
    const set = [...keys].map(async ([alg, { publicKey }]) => ({ ...(await exportJWK(publicKey)), alg, kid: alg }));
    response.end(JSON.stringify({ keys: await Promise.all(set) }));
  });

  beforeAll(async () => {
    for (const alg of ['RS256', 'ES256', 'EdDSA', 'PS256']) keys.set(alg, await generateKeyPair(alg));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve()).closeAllConnections()));

  const verifier = () => createGameTokens({ ...SETTINGS, secret: null, jwksUrl: url });
  const signBy = (alg: string, claims: object = {}) => {
    const key = keys.get(alg)?.privateKey;
    if (key === undefined) throw new Error(`no key of ${alg}`);
    return sign('hero', { claims, header: { alg, kid: alg }, key });
  };

  it('says whose it is, by RS256, ES256 and EdDSA, and the set is fetched once', async () => {
    const tokens = verifier();
    fetched = 0;
    for (const alg of ['RS256', 'ES256', 'EdDSA', 'RS256']) {
      expect(await tokens.verify(await signBy(alg), NOW * 1_000)).toMatchObject({ externalId: 'hero' });
    }
    expect(fetched).toBe(1);
  });

  it.each(REFUSED)('%s is refused', async (_what, claims) => {
    expect(await verifier().verify(await signBy('ES256', claims), NOW * 1_000)).toBeNull();
  });

  it('of another algorithm, by a public key as a secret, or of a key that is not there is refused', async () => {
    const tokens = verifier();
    const { publicKey } = keys.get('RS256') ?? (await generateKeyPair('RS256'));
    const asSecret = new TextEncoder().encode(JSON.stringify(await exportJWK(publicKey)));
    const { privateKey } = await generateKeyPair('RS256');
    const forged = [
      await signBy('PS256'),
      await sign('hero', { header: { alg: 'HS256', kid: 'RS256' }, key: asSecret }),
      await sign('hero', { header: { alg: 'RS256', kid: 'unknown' }, key: privateKey }),
      await sign('hero', { header: { alg: 'RS256', kid: 'RS256' }, key: privateKey }),
    ];
    expect(await Promise.all(forged.map((token) => tokens.verify(token, NOW * 1_000)))).toEqual(forged.map(() => null));
  });

  it('cannot be verified while the set is away, and can once it is back', async () => {
    const tokens = verifier();
    const token = await signBy('RS256');
    isAway = true;
    await expect(tokens.verify(token, NOW * 1_000)).rejects.toThrow(KeysAwayError);
    isAway = false;
    expect(await tokens.verify(token, NOW * 1_000)).not.toBeNull();
    const nowhere = createGameTokens({ ...SETTINGS, secret: null, jwksUrl: 'http://127.0.0.1:1/' });
    await expect(nowhere.verify(token, NOW * 1_000)).rejects.toThrow(KeysAwayError);
  });
});

describe.each(backends())('players of the game on %s', (backend) => {
  let laurel: TestLaurel;

  beforeAll(async () => {
    laurel = await startLaurel(backend, {
      environment: {
        LAUREL_AUTH: 'on',
        LAUREL_JWT_SECRET: TEST_SECRET,
        LAUREL_GAME_JWT_SECRET: SECRET,
        LAUREL_GAME_JWT_ISSUER: ISSUER,
      },
    });
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  it('are made at first sight, once, and are players like others', async () => {
    const externalId = unique();
    const tokens = tokensOf(await sign(externalId));
    const ids = await Promise.all(Array.from({ length: 8 }, () => viewerOf(laurel, tokens)));
    expect(new Set(ids).size).toBe(1);
    const { data, errors } = await as(laurel, tokens, '{ viewer { externalId sessions { id } } users { totalCount } }');
    expect([data, errors[0]?.extensions['code']]).toEqual([null, 'FORBIDDEN']);
    const own = await as(laurel, tokens, '{ viewer { externalId sessions { id } } }');
    expect(own.data.viewer).toEqual({ externalId, sessions: [] });
  });

  it('are refused when blocked', async () => {
    const externalId = unique();
    const tokens = tokensOf(await sign(externalId));
    await viewerOf(laurel, tokens);
    const key = await laurel.app.auth.createKey({ name: externalId, scopes: ['users:write'], days: null });
    const mutation = 'mutation ($user: UserRef!) { blockUser(input: { user: $user }) { __typename } }';
    await laurel.query(mutation, { user: { externalId } }, { authorization: `Bearer ${key}` });
    expect(await viewerOf(laurel, tokens)).toBe('UNAUTHENTICATED BLOCKED');
  });

  it('are refused with what does not verify, and nobody is made', async () => {
    const count = async () => (await laurel.database.query(sql`select id from users`)).length;
    const before = await count();
    const own = new TextEncoder().encode(TEST_SECRET);
    for (const token of [
      await sign(unique(), { claims: { exp: NOW - 10, iat: NOW - 600 } }),
      await sign(unique(), { key: own }),
      await sign(unique(), { claims: { iss: 'laurel' }, header: { typ: 'at+jwt' } }),
      await sign(unique(), { claims: { iss: 'https://other.example' } }),
    ]) {
      expect(await viewerOf(laurel, tokensOf(token))).toBe('UNAUTHENTICATED');
    }
    expect(await count()).toBe(before);
  });
});
