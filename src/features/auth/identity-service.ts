import { type GuestInput, type GuestSignedIn, signInAsGuest } from './guests.ts';
import type { NewcomerParts } from './newcomers.ts';
import { readSessions, type SessionRow } from './session-store.ts';
import { closeSession, closeSessions, refreshSession, type SignedIn } from './sessions.ts';

export type { SessionRow } from './session-store.ts';

/** Use cases of players who sign in. What each refuses stands at its function. */
export interface IdentityService {
  signInAsGuest(input: GuestInput): Promise<GuestSignedIn>;
  /** Answers a refresh token with the next pair. */
  refresh(refreshToken: string): Promise<SignedIn>;
  /** Ends one session of a user; answers whether it was there. */
  signOut(userId: string, sessionId: string): Promise<boolean>;
  /** Ends all sessions of a user but `except`; answers how many. */
  signOutEverywhere(userId: string, except: string | null): Promise<number>;
  /** The live sessions of a user, newest first. */
  sessions(userId: string): Promise<SessionRow[]>;
}

/** Makes the use cases of players who sign in. */
export function createIdentityService(parts: NewcomerParts): IdentityService {
  return {
    signInAsGuest: (input) => signInAsGuest(parts, input),
    refresh: (refreshToken) => refreshSession(parts, refreshToken),
    signOut: (userId, sessionId) => closeSession(parts, userId, sessionId),
    signOutEverywhere: (userId, except) => closeSessions(parts, userId, except),
    sessions: (userId) => readSessions(parts.database, userId, new Date(parts.clock.now())),
  };
}
