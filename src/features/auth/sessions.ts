import type { Clock } from '../../platform/clock.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import { refuseBlocked } from '../users/errors.ts';
import type { Access } from './access.ts';
import { InvalidCredentialsError, InvalidRefreshTokenError } from './errors.ts';
import { hashSecret, sameSecret } from './keys.ts';
import type { RefreshToken, RefreshTokens } from './refresh-token.ts';
import {
  endOldest,
  endSession,
  endSessions,
  insertSession,
  lockSession,
  lockUser,
  rotateSession,
  type SessionRow,
} from './session-store.ts';
import { MOST_TOKEN_MS, signAccessToken } from './tokens.ts';

/** What a client signs in with from now on. */
export interface Tokens {
  readonly accessToken: string;
  readonly accessExpiresAt: Date;
  readonly refreshToken: string;
  readonly refreshExpiresAt: Date;
}

/** A player who is in. */
export interface SignedIn {
  readonly userId: string;
  readonly sessionId: string;
  readonly tokens: Tokens;
}

/** What sessions stand on. */
export interface SessionParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly access: Pick<Access, 'changed'>;
  /** Signs Laurel's own access tokens. */
  readonly jwtSecret: Uint8Array;
  readonly refreshTokens: RefreshTokens;
}

/** Live sessions of a user; with one more the oldest ends. */
export const MOST_SESSIONS = 5;
/** How long a session lives, whatever happens: 30 days. */
export const SESSION_MS = 30 * 86_400_000;
/** How long a refresh token that was just used is answered as it was: its answer may have been lost. */
export const GRACE_MS = 10_000;

/** A session within a transaction that is not committed yet. */
export interface Opened {
  readonly signedIn: SignedIn;
  /** Call after the commit. */
  committed(): void;
}

/**
 * Signs a user in, within a transaction.
 * @throws UserBlockedError, InvalidCredentialsError for one who is gone
 */
export async function openSession(
  parts: SessionParts,
  transaction: Transaction,
  { userId, device }: { readonly userId: string; readonly device: string | null },
): Promise<Opened> {
  const { clock, ids, refreshTokens, access } = parts;
  const at = new Date(clock.now());
  const user = await lockUser(transaction, userId);
  if (user === null) throw new InvalidCredentialsError();
  refuseBlocked(user.blockedUntil, at);
  const token = refreshTokens.first(ids.next());
  const session: SessionRow = {
    id: token.sessionId,
    userId,
    refreshHash: hashSecret(token.secret),
    previousHash: null,
    rotatedAt: at,
    device,
    createdAt: at,
    expiresAt: new Date(at.getTime() + SESSION_MS),
  };
  await insertSession(transaction, session);
  const ended = await endOldest(transaction, userId, MOST_SESSIONS, at);
  const tokens = await tokensOf(parts, session, token);
  return {
    signedIn: { userId, sessionId: session.id, tokens },
    committed: () => {
      if (ended > 0) void access.changed(userId);
    },
  };
}

/**
 * Answers a refresh token with the next pair, and within GRACE_MS again with the same. One that was used before ends its session, for
 * two hold it and one of them is a thief.
 * @throws InvalidRefreshTokenError, UserBlockedError
 */
export async function refreshSession(parts: SessionParts, text: string): Promise<SignedIn> {
  const { database, clock, access, refreshTokens } = parts;
  const presented = refreshTokens.parse(text);
  if (presented === null) throw new InvalidRefreshTokenError();
  const next = refreshTokens.next(presented);
  const session = await database.transaction(async (transaction) => {
    const found = await lockSession(transaction, presented.sessionId);
    const at = new Date(clock.now());
    if (found === null || found.expiresAt <= at) return null;
    refuseBlocked(found.blockedUntil, at);
    switch (standingOf(found, presented, at)) {
      case 'current': {
        const rotated = { ...found, refreshHash: hashSecret(next.secret), rotatedAt: at };
        await rotateSession(transaction, { id: found.id, refreshHash: rotated.refreshHash, at });
        return rotated;
      }
      case 'repeated':
        return found;
      case 'reused':
        await endSession(transaction, found.userId, found.id);
        return { stolenFrom: found.userId };
    }
  });
  if (session === null) throw new InvalidRefreshTokenError();
  if ('stolenFrom' in session) {
    void access.changed(session.stolenFrom);
    throw new InvalidRefreshTokenError();
  }
  return { userId: session.userId, sessionId: session.id, tokens: await tokensOf(parts, session, next) };
}

/** How a sealed refresh token stands to its session. */
function standingOf(session: SessionRow, { secret }: RefreshToken, at: Date): 'current' | 'repeated' | 'reused' {
  const hash = hashSecret(secret);
  if (sameSecret(hash, session.refreshHash)) return 'current';
  const isBefore = session.previousHash !== null && sameSecret(hash, session.previousHash);
  return isBefore && at.getTime() - session.rotatedAt.getTime() <= GRACE_MS ? 'repeated' : 'reused';
}

/** Ends one session of a user; answers whether it was there. */
export async function closeSession(parts: SessionParts, userId: string, sessionId: string): Promise<boolean> {
  const wasThere = await endSession(parts.database, userId, sessionId);
  if (wasThere) void parts.access.changed(userId);
  return wasThere;
}

/** Ends all sessions of a user but `except`; answers how many. */
export async function closeSessions(parts: SessionParts, userId: string, except: string | null): Promise<number> {
  const ended = await parts.database.transaction(async (transaction) => {
    await lockUser(transaction, userId);
    return endSessions(transaction, userId, except);
  });
  if (ended > 0) void parts.access.changed(userId);
  return ended;
}

/** The pair of a session since it was rotated: the same at any moment. The access token does not outlive the session. */
async function tokensOf(parts: SessionParts, session: SessionRow, token: RefreshToken): Promise<Tokens> {
  const { userId, id: sessionId, rotatedAt, expiresAt } = session;
  const lifeMs = Math.min(MOST_TOKEN_MS, expiresAt.getTime() - rotatedAt.getTime());
  const issuedAt = Math.floor(rotatedAt.getTime() / 1_000);
  return {
    accessToken: await signAccessToken(parts.jwtSecret, { userId, sessionId }, rotatedAt.getTime(), lifeMs),
    accessExpiresAt: new Date((issuedAt + Math.floor(lifeMs / 1_000)) * 1_000),
    refreshToken: parts.refreshTokens.format(token),
    refreshExpiresAt: expiresAt,
  };
}
