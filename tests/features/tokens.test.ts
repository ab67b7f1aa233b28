import { exportSPKI, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createTokenVerifier } from '../../src/features/auth/token-memory.ts';
import { signAccessToken } from '../../src/features/auth/tokens.ts';

const SECRET = new TextEncoder().encode('a test secret of more than thirty-two bytes');
const NOW = Date.UTC(2026, 10, 21);
const OWNER = { userId: '0192a0a0-a0a0-7000-8000-000000000001', sessionId: null };

it('a token that was seen before is taken until it expires, and not before it was issued', async () => {
  const verify = createTokenVerifier(SECRET);
  const token = await signAccessToken(SECRET, OWNER, NOW, 60_000);
  const known = { ...OWNER, expiresAt: NOW + 60_000 };
  const answers = [];
  for (const at of [NOW, NOW + 59_999, NOW + 60_000, NOW - 1_000, NOW + 1]) answers.push(await verify(token, at));
  expect(answers).toEqual([known, known, null, null, known]);
});

it('a token that does not verify is never remembered', async () => {
  const verify = createTokenVerifier(SECRET);
  const forged = await signAccessToken(new Uint8Array(32), OWNER, NOW, 60_000);
  expect([await verify(forged, NOW), await verify(forged, NOW)]).toEqual([null, null]);
});

describe('an access token', () => {
  const SECONDS = NOW / 1_000;
  const CLAIMS = { iss: 'laurel', aud: 'laurel', sub: OWNER.userId, iat: SECONDS, exp: SECONDS + 300 };
  const sign = (
    claims: object = {},
    header: Partial<JWTHeaderParameters> = {},
    key: Parameters<SignJWT['sign']>[0] = SECRET,
  ): Promise<string> =>
    new SignJWT({ ...CLAIMS, ...claims }).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', ...header }).sign(key);
  const read = (token: string, at = NOW) => createTokenVerifier(SECRET)(token, at);
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

  it('of our own form is taken', async () => {
    expect(await read(await sign())).toEqual({ ...OWNER, expiresAt: NOW + 300_000 });
  });

  it.each<[string, object]>([
    ['of another issuer', { iss: 'https://game.example' }],
    ['without an issuer', { iss: undefined }],
    ['for another audience', { aud: 'another' }],
    ['without an audience', { aud: undefined }],
    ['that has expired', { iat: SECONDS - 600, exp: SECONDS - 1 }],
    ['without an end', { exp: undefined }],
    ['without its time', { iat: undefined }],
    ['of the future', { iat: SECONDS + 60 }],
    ['that is not valid yet', { nbf: SECONDS + 60 }],
    ['that is older than any of ours lives', { iat: SECONDS - 901, exp: SECONDS + 300 }],
    ['of nobody', { sub: undefined }],
    ['of somebody whose id is none', { sub: 'admin' }],
    ['of a session that is none', { sid: ['a'] }],
  ])('%s is refused', async (_what, claims) => {
    expect(await read(await sign(claims))).toBeNull();
  });

  it('of another algorithm, type or key, unsigned, or changed is refused', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const good = await sign();
    const [head = '', body = '', signature = ''] = good.split('.');
    const long = new TextEncoder().encode('another secret, of sixty-four bytes at least, for a longer algorithm');
    const forged = {
      'alg none': `${encoded({ alg: 'none', typ: 'at+jwt' })}.${body}.`,
      'alg None with a signature': `${encoded({ alg: 'None', typ: 'at+jwt' })}.${body}.${signature}`,
      'alg none with our own signature': `${encoded({ alg: 'none', typ: 'at+jwt' })}.${body}.${signature}`,
      'without a signature': `${head}.${body}.`,
      'HS512 with our secret': await sign({}, { alg: 'HS512' }, Buffer.concat([SECRET, SECRET])),
      'HS256 with another secret': await sign({}, {}, long),
      'HS256 with a public key': await sign({}, {}, new TextEncoder().encode(await exportSPKI(publicKey))),
      'HS256 with an empty secret': await sign({}, {}, new Uint8Array(32)),
      RS256: await sign({}, { alg: 'RS256' }, privateKey),
      'with its own key in the header': await sign({}, { jwk: { kty: 'oct', k: encoded({}) } as never }, long),
      'of another type': await sign({}, { typ: 'JWT' }),
      'of no type': await sign({}, { typ: undefined } as never),
      'with another body': `${head}.${encoded({ ...CLAIMS, sub: OWNER.userId.replace(/1$/, '2') })}.${signature}`,
      'with a part more': `${good}.${signature}`,
      'in another encoding': good.replaceAll('.', '%2E'),
    };
    const answers = await Promise.all(Object.entries(forged).map(async ([what, token]) => [what, await read(token)]));
    expect(answers).toEqual(Object.keys(forged).map((what) => [what, null]));
  });
});
