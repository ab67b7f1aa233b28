import { createRemoteJWKSet, decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { GameTokenSettings } from '../../config.ts';
import { EXTERNAL_ID_LENGTH } from '../users/user-ref.ts';

/** What a token of the game says, once verified. */
export interface GameToken {
  readonly externalId: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Verifies the tokens that the game signs itself. */
export interface GameTokens {
  /** Whether a token says it is one of the game; who it is, is not known by that. */
  isOurs(token: string): boolean;
  /**
   * Verifies algorithm, signature, issuer, audience, times and age; null when anything is wrong. `now` in milliseconds.
   * @throws KeysAwayError while the game's keys cannot be had
   */
  verify(token: string, now: number): Promise<GameToken | null>;
}

/** The game's keys cannot be had at this moment. */
export class KeysAwayError extends Error {
  override readonly name = 'KeysAwayError';
}

/** A token that was made longer ago is refused, whatever it says of its end, seconds: a day. */
const MOST_AGE_S = 86_400;
/** How far the clock of the game may be off, seconds. */
const TOLERANCE_S = 5;
const KEYS_FRESH_MS = 10 * 60_000;
const KEYS_WITHIN_MS = 3_000;

/** Makes it. Keys of a URL are fetched when a token first needs them, and again after 10 min or for a key that is not known. */
export function createGameTokens({ issuer, audience, secret, jwksUrl }: GameTokenSettings): GameTokens {
  const algorithms = secret === null ? ['RS256', 'ES256', 'EdDSA'] : ['HS256'];
  const keyOf = secret === null ? remoteKeys(jwksUrl ?? '') : ownKey(secret);
  return {
    isOurs: (token) => claimsOf(token)?.iss === issuer,
    async verify(token, now) {
      try {
        const { payload } = await jwtVerify(token, keyOf, {
          algorithms,
          issuer,
          audience,
          requiredClaims: ['sub', 'exp', 'iat'],
          maxTokenAge: MOST_AGE_S,
          clockTolerance: TOLERANCE_S,
          currentDate: new Date(now),
        });
        const { sub = '', exp = 0 } = payload;
        if (sub.length < 1 || sub.length > EXTERNAL_ID_LENGTH || !sub.isWellFormed() || sub.includes('\0')) return null;
        return { externalId: sub, expiresAt: exp * 1_000 };
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
        throw error;
      }
    },
  };
}

function claimsOf(token: string): JWTPayload | null {
  try {
    return decodeJwt(token);
  } catch {
    return null;
  }
}

function ownKey(secret: string): JWTVerifyGetKey {
  const key = new TextEncoder().encode(secret);
  return async () => key;
}

function remoteKeys(url: string): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(url), { cacheMaxAge: KEYS_FRESH_MS, timeoutDuration: KEYS_WITHIN_MS });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      const isOfToken = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];
      if (isOfToken.some((kind) => error instanceof kind)) throw error;
      throw new KeysAwayError('the keys of the game cannot be had', { cause: error });
    }
  };
}
