import { LRUCache } from 'lru-cache';
import { type AccessToken, verifyAccessToken } from './tokens.ts';

/** Tokens whose signature is remembered as good; others are verified again. */
const MOST_REMEMBERED = 10_000;

/** As {@link verifyAccessToken}, with the signature of a token looked at once: each event of a subscription asks who its subscriber is. */
export function createTokenVerifier(secret: Uint8Array): (token: string, now: number) => Promise<AccessToken | null> {
  const verified = new LRUCache<string, { readonly token: AccessToken; readonly at: number }>({ max: MOST_REMEMBERED });
  return async (text, now) => {
    const known = verified.get(text);
    // A clock that went back may stand before the token was issued.
    if (known !== undefined && known.at <= now && now < known.token.expiresAt) return known.token;
    const token = await verifyAccessToken(secret, text, now);
    if (token !== null) verified.set(text, { token, at: now });
    return token;
  };
}
