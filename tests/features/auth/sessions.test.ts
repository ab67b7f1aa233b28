import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pruneSessions } from '../../../src/features/auth/prune.ts';
import { createRefreshTokens } from '../../../src/features/auth/refresh-token.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { sql } from '../../../src/platform/sql.ts';
import { openSocket } from '../../http/raw-socket.ts';
import { backends } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { startLaurel, TEST_SECRET, type TestLaurel } from '../../support/laurel.ts';
import { as, bearer, dumped, newGuest, signIn, type Tokens, viewerOf } from './support.ts';

const DAY_MS = 86_400_000;
const SESSIONS = '{ viewer { sessions { id device current expiresAt } } }';
const SIGN_OUT = `mutation ($input: SignOutInput!) { signOut(input: $input) {
  __typename ... on SignOutSuccess { ended } ... on Error { code } } }`;
const EVERYWHERE = `mutation ($input: SignOutEverywhereInput!) { signOutEverywhere(input: $input) {
  __typename ... on SignOutSuccess { ended } } }`;

describe.each(backends())('sessions on %s', (backend) => {
  let laurel: TestLaurel;
  let aheadMs = 0;

  beforeAll(async () => {
    laurel = await startLaurel(backend, {
      environment: { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET },
      clock: { now: () => Date.now() + aheadMs },
    });
  });
  beforeEach(() => {
    aheadMs = 0;
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const refresh = (refreshToken: string) => signIn(laurel, 'refreshTokens', { refreshToken });
  const liveSessions = async (userId: string) =>
    laurel.database.query(sql`select id from sessions where user_id = ${userId.slice(5)}::uuid`);

  describe('a guest', () => {
    it('is made with tokens and a device token, which signs the same one in again', async () => {
      const first = await signIn(laurel, 'signInAsGuest', { displayName: 'Ann', device: 'phone' }, 'deviceToken');
      expect(first).toEqual({
        __typename: 'SignInAsGuestSuccess',
        user: { id: expect.stringMatching(/^user_/), displayName: 'Ann' },
        deviceToken: expect.stringMatching(/^ld_[\w-]{43}$/),
        tokens: {
          accessToken: expect.any(String),
          accessExpiresAt: expect.any(String),
          refreshToken: expect.stringMatching(/^lr_/),
          refreshExpiresAt: expect.any(String),
        },
      });
      const { deviceToken } = first;
      const again = await signIn(laurel, 'signInAsGuest', { deviceToken, device: 'tablet' }, 'deviceToken');
      expect([again.user, again.deviceToken]).toEqual([first.user, null]);
      const { data } = await as(laurel, again.tokens, SESSIONS);
      expect(data.viewer.sessions).toMatchObject([
        { device: 'tablet', current: true },
        { device: 'phone', current: false },
      ]);
    });

    it.each(['', 'nonsense', `ld_${'A'.repeat(43)}`])('is nobody with the device token "%s"', async (deviceToken) => {
      expect(await signIn(laurel, 'signInAsGuest', { deviceToken })).toMatchObject({ code: 'INVALID_CREDENTIALS' });
    });

    it('is refused with fields that a user may not have', async () => {
      expect(await signIn(laurel, 'signInAsGuest', { timezone: 'Mars' })).toMatchObject({ code: 'INVALID_USER' });
    });
  });

  describe('a refresh token', () => {
    it('is answered with the next pair, once; the session goes on and its end stays', async () => {
      const { userId, tokens } = await newGuest(laurel);
      aheadMs = DAY_MS;
      const { user, tokens: next } = await refresh(tokens.refreshToken);
      expect(user.id).toBe(userId);
      expect(next.refreshToken).not.toBe(tokens.refreshToken);
      expect(next.refreshExpiresAt).toBe(tokens.refreshExpiresAt);
      expect(await viewerOf(laurel, next)).toBe(userId);
      expect(await liveSessions(userId)).toHaveLength(1);
    });

    it('is answered alike for 10 s, and ends its session after', async () => {
      const { userId, tokens } = await newGuest(laurel);
      const next = await refresh(tokens.refreshToken);
      aheadMs = 9_000;
      expect(await refresh(tokens.refreshToken)).toEqual(next);
      expect(await viewerOf(laurel, next.tokens)).toBe(userId);
      aheadMs = 12_000;
      expect(await refresh(tokens.refreshToken)).toMatchObject({ code: 'INVALID_REFRESH_TOKEN' });
      expect(await viewerOf(laurel, next.tokens)).toBe('UNAUTHENTICATED SIGNED_OUT');
      expect(await refresh(next.tokens.refreshToken)).toMatchObject({ code: 'INVALID_REFRESH_TOKEN' });
    });

    it('of two rounds ago ends its session at once', async () => {
      const { userId, tokens } = await newGuest(laurel);
      const { tokens: second } = await refresh(tokens.refreshToken);
      const { tokens: third } = await refresh(second.refreshToken);
      expect(await refresh(tokens.refreshToken)).toMatchObject({ code: 'INVALID_REFRESH_TOKEN' });
      expect(await viewerOf(laurel, third)).toBe('UNAUTHENTICATED SIGNED_OUT');
      expect(await liveSessions(userId)).toEqual([]);
    });

    it('shown 50 times at once gives everybody the same pair of one live session', async () => {
      const { userId, tokens } = await newGuest(laurel);
      const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(tokens.refreshToken)));
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(await liveSessions(userId)).toHaveLength(1);
      expect(await viewerOf(laurel, answers[0].tokens)).toBe(userId);
    });

    it('ends with its session after 30 days, however often it was used, and so does the access token', async () => {
      const { tokens } = await newGuest(laurel);
      const end = Date.parse(tokens.refreshExpiresAt);
      aheadMs = end - 60_000 - Date.now();
      const { tokens: last } = await refresh(tokens.refreshToken);
      expect(Date.parse(last.accessExpiresAt)).toBeLessThanOrEqual(end);
      aheadMs = end + 1 - Date.now();
      expect(await refresh(last.refreshToken)).toMatchObject({ code: 'INVALID_REFRESH_TOKEN' });
      expect(await viewerOf(laurel, last)).toBe('UNAUTHENTICATED');
    });

    it('that nobody gave out is refused, and the session it names goes on', async () => {
      const { userId, tokens } = await newGuest(laurel);
      const [, session = '', secret = '', seal = ''] = tokens.refreshToken.split(/^lr_([0-9a-f]{32})_(.{43})_(.{43})$/);
      const forger = createRefreshTokens(new TextEncoder().encode('another secret of more than thirty-two bytes'));
      const uuid = session.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
      for (const forged of [
        '',
        'nonsense',
        `lr_${session}_${'A'.repeat(43)}_${seal}`,
        `lr_${session}_${secret}_${'A'.repeat(43)}`,
        `lr_${'0'.repeat(32)}_${secret}_${seal}`,
        forger.format({ sessionId: uuid, secret }),
        forger.format(forger.first(uuid)),
      ]) {
        expect([forged, await refresh(forged)]).toMatchObject([forged, { code: 'INVALID_REFRESH_TOKEN' }]);
      }
      expect(await viewerOf(laurel, tokens)).toBe(userId);
    });
  });

  describe('a session', () => {
    it('is the sixth: the oldest ends, and its tokens are refused at once', async () => {
      const { userId, deviceToken, tokens } = await newGuest(laurel);
      expect(await viewerOf(laurel, tokens)).toBe(userId);
      const others: Tokens[] = [];
      for (let count = 0; count < 5; count += 1) {
        aheadMs += 1;
        others.push((await signIn(laurel, 'signInAsGuest', { deviceToken })).tokens);
      }
      expect(await viewerOf(laurel, tokens)).toBe('UNAUTHENTICATED SIGNED_OUT');
      expect(await refresh(tokens.refreshToken)).toMatchObject({ code: 'INVALID_REFRESH_TOKEN' });
      expect(await Promise.all(others.map((other) => viewerOf(laurel, other)))).toEqual(others.map(() => userId));
    });

    it('of twenty that begin at once five live', async () => {
      const { userId, deviceToken } = await newGuest(laurel);
      await Promise.all(Array.from({ length: 20 }, () => signIn(laurel, 'signInAsGuest', { deviceToken })));
      expect(await liveSessions(userId)).toHaveLength(5);
    });

    it('ends by signing out, at once and alone', async () => {
      const { userId, deviceToken, tokens } = await newGuest(laurel);
      const { tokens: other } = await signIn(laurel, 'signInAsGuest', { deviceToken });
      expect(await viewerOf(laurel, tokens)).toBe(userId);
      expect((await as(laurel, tokens, SIGN_OUT, { input: {} })).data.signOut).toEqual({
        __typename: 'SignOutSuccess',
        ended: 1,
      });
      expect(await viewerOf(laurel, tokens)).toBe('UNAUTHENTICATED SIGNED_OUT');
      expect(await viewerOf(laurel, other)).toBe(userId);
    });

    it('ends from another session of the same user, and not from that of another', async () => {
      const { deviceToken, tokens } = await newGuest(laurel);
      const { tokens: other } = await signIn(laurel, 'signInAsGuest', { deviceToken });
      const { tokens: stranger } = await newGuest(laurel);
      const { data } = await as(laurel, other, SESSIONS);
      const session = data.viewer.sessions.find(({ current }: { current: boolean }) => !current).id;
      const foreign = await as(laurel, stranger, SIGN_OUT, { input: { session } });
      expect(foreign.data.signOut).toEqual({ __typename: 'SessionNotFoundError', code: 'SESSION_NOT_FOUND' });
      expect((await as(laurel, other, SIGN_OUT, { input: { session } })).data.signOut.ended).toBe(1);
      expect(await viewerOf(laurel, tokens)).toBe('UNAUTHENTICATED SIGNED_OUT');
    });

    it('ends everywhere, or everywhere else', async () => {
      const { userId, deviceToken, tokens } = await newGuest(laurel);
      const { tokens: other } = await signIn(laurel, 'signInAsGuest', { deviceToken });
      const kept = await as(laurel, tokens, EVERYWHERE, { input: { keepThis: true } });
      expect(kept.data.signOutEverywhere.ended).toBe(1);
      expect([await viewerOf(laurel, tokens), await viewerOf(laurel, other)]).toEqual([
        userId,
        'UNAUTHENTICATED SIGNED_OUT',
      ]);
      await as(laurel, tokens, EVERYWHERE, { input: {} });
      expect(await viewerOf(laurel, tokens)).toBe('UNAUTHENTICATED SIGNED_OUT');
    });

    it('is not to be ended by a token without one', async () => {
      const { userId } = await newGuest(laurel);
      const authorization = `Bearer ${await laurel.app.auth.createToken(userId.slice(5))}`;
      const { data } = await laurel.query(SIGN_OUT, { input: {} }, { authorization });
      expect(data.signOut.code).toBe('SESSION_NOT_FOUND');
    });
  });

  // Elsewhere the look at the rows may come first and close it without an answer.
  it.runIf(backend === 'embedded')(
    'a socket that asks before it is closed is told, then closed with 4401',
    async () => {
      const { userId, tokens } = await newGuest(laurel);
      const socket = await openSocket(laurel.url);
      await socket.init(bearer(tokens));
      await laurel.database.query(sql`delete from sessions where user_id = ${userId.slice(5)}::uuid`);
      aheadMs = 6_000;
      socket.send({ type: 'subscribe', id: 'q', payload: { query: '{ viewer { id } }' } });
      const refused = [{ extensions: { code: 'UNAUTHENTICATED', reason: 'SIGNED_OUT' } }];
      expect(await socket.next()).toMatchObject({ type: 'error', id: 'q', payload: refused });
      expect(await socket.closed).toEqual({ code: 4401, reason: 'Signed out' });
    },
  );

  it('an event stream ends when its token does', async () => {
    const { tokens } = await newGuest(laurel);
    aheadMs = Date.parse(tokens.accessExpiresAt) - 2_000 - Date.now();
    const response = await fetch(`${laurel.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...bearer(tokens) },
      body: JSON.stringify({ query: 'subscription { notificationReceived { cursor } }' }),
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    // It is cut, or ends: either way there is no more.
    await response.text().catch(() => undefined);
    await eventually('nothing is held', () => laurel.app.held().streams === 0);
    expect(Date.now() + aheadMs).toBeGreaterThanOrEqual(Date.parse(tokens.accessExpiresAt) - 1);
  });

  it('sessions that have expired are deleted, others are not', async () => {
    const { userId } = await newGuest(laurel);
    const { userId: later } = await newGuest(laurel);
    await laurel.database.query(
      sql`update sessions set expires_at = now() - interval '1 second' where user_id = ${userId.slice(5)}::uuid`,
    );
    expect(await pruneSessions({ database: laurel.database, clock: systemClock })).toBe(1);
    expect([await liveSessions(userId), await liveSessions(later)]).toMatchObject([[], [{}]]);
  });

  it('an access token of a made-up session, or with a malformed one, is refused', async () => {
    const { userId } = await newGuest(laurel);
    const forge = (claims: object) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
        .setIssuer('laurel')
        .setAudience('laurel')
        .setSubject(userId.slice(5))
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(new TextEncoder().encode(TEST_SECRET));
    const outcomes = await Promise.all(
      [{ sid: '01890a5d-ac96-774b-bcce-b302099a8057' }, { sid: 'x' }, { sid: 1 }].map(async (claims) =>
        viewerOf(laurel, { accessToken: await forge(claims) } as Tokens),
      ),
    );
    expect(outcomes).toEqual(['UNAUTHENTICATED SIGNED_OUT', 'UNAUTHENTICATED', 'UNAUTHENTICATED']);
  });

  it('nothing secret of them is stored', async () => {
    const { deviceToken, tokens } = await newGuest(laurel);
    const { tokens: next } = await refresh(tokens.refreshToken);
    const secrets = [tokens, next].flatMap(({ accessToken, refreshToken }) => [
      accessToken,
      refreshToken,
      refreshToken.slice(36, 79),
    ]);
    const text = await dumped(laurel);
    expect(text).toContain('DEVICE');
    expect([deviceToken, deviceToken.slice(3), ...secrets].filter((secret) => text.includes(secret))).toEqual([]);
  });
});
