import { createHmac, randomBytes } from 'node:crypto';
import { sameSecret } from './keys.ts';

/** A refresh token of ours, taken apart. */
export interface RefreshToken {
  /** UUID of the session. */
  readonly sessionId: string;
  readonly secret: string;
}

/** Makes and reads refresh tokens: `lr_<session>_<32 bytes>_<seal>`. */
export interface RefreshTokens {
  /** The first of a session: 32 random bytes. */
  first(sessionId: string): RefreshToken;
  /** The one that follows, always the same: whoever asks for it at the same moment gets the same, and nothing of it is stored. */
  next(token: RefreshToken): RefreshToken;
  /** The text for the client. */
  format(token: RefreshToken): string;
  /** Takes a text apart; null for one that this installation never gave out, as its seal shows. */
  parse(text: string): RefreshToken | null;
}

const FORM = /^lr_([0-9a-f]{32})_([A-Za-z0-9_-]{43})_([A-Za-z0-9_-]{43})$/;

/** Makes the refresh tokens of an installation; `secret` is the one that signs its access tokens. */
export function createRefreshTokens(secret: Uint8Array): RefreshTokens {
  // Keys of their own: what one of them makes says nothing about the others.
  const [following, sealing] = ['refresh token that follows', 'seal of a refresh token'].map((use) =>
    createHmac('sha256', secret).update(`laurel: ${use}`).digest(),
  ) as [Buffer, Buffer];
  const seal = ({ sessionId, secret: own }: RefreshToken): Buffer =>
    createHmac('sha256', sealing).update(`${sessionId} ${own}`).digest();
  return {
    first: (sessionId) => ({ sessionId, secret: randomBytes(32).toString('base64url') }),
    next: ({ sessionId, secret: own }) => ({
      sessionId,
      secret: createHmac('sha256', following).update(`${sessionId} ${own}`).digest('base64url'),
    }),
    format: (token) => `lr_${token.sessionId.replaceAll('-', '')}_${token.secret}_${seal(token).toString('base64url')}`,
    parse(text) {
      const [, hex = '', own = '', given = ''] = FORM.exec(text) ?? [];
      if (own === '') return null;
      const sessionId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
      const token = { sessionId, secret: own };
      return sameSecret(seal(token), Buffer.from(given, 'base64url')) ? token : null;
    },
  };
}
