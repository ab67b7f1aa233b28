import { errors, jwtVerify, SignJWT } from 'jose';
import { isUuid } from '../../platform/ids.ts';

/** `iss` of Laurel's own tokens. */
export const ISSUER = 'laurel';
const AUDIENCE = 'laurel';
/** RFC 9068 */
const TYPE = 'at+jwt';
const ALGORITHM = 'HS256';

/** Longest life of an access token: 15 min. */
export const MOST_TOKEN_MS = 15 * 60_000;

/** Whose a token is. */
export interface TokenOwner {
  readonly userId: string;
  /** The session it ends with; null: it lives as long as it says. */
  readonly sessionId: string | null;
}

/** What an access token says, once verified. */
export interface AccessToken extends TokenOwner {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Makes an access token of a player, the same for the same arguments. `now` and `lifeMs` in milliseconds. */
export async function signAccessToken(
  secret: Uint8Array,
  { userId, sessionId }: TokenOwner,
  now: number,
  lifeMs: number,
): Promise<string> {
  const issuedAt = Math.floor(now / 1_000);
  return new SignJWT(sessionId === null ? {} : { sid: sessionId })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(userId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + Math.floor(Math.min(lifeMs, MOST_TOKEN_MS) / 1_000))
    .sign(secret);
}

/** Verifies algorithm, signature, issuer, audience, type and expiry; null when anything is wrong. */
export async function verifyAccessToken(secret: Uint8Array, token: string, now: number): Promise<AccessToken | null> {
  try {
    const { payload } = await jwtVerify(token, secret, {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      typ: TYPE,
      requiredClaims: ['sub', 'exp', 'iat'],
      maxTokenAge: MOST_TOKEN_MS / 1_000,
      currentDate: new Date(now),
    });
    const { sub, exp, sid = null } = payload;
    if (sub === undefined || exp === undefined || !isUuid(sub)) return null;
    if (sid !== null && !(typeof sid === 'string' && isUuid(sid))) return null;
    return { userId: sub, sessionId: sid, expiresAt: exp * 1_000 };
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
    throw error;
  }
}
