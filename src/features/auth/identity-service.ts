import { changePassword, linkPassword, type SignInInput, type SignUpInput, signIn, signUp } from './accounts.ts';
import { type BlockRequest, blockUser, unblockUser } from './blocking.ts';
import { type GuestInput, type GuestSignedIn, signInAsGuest } from './guests.ts';
import type { Player } from './principal.ts';
import { readSessions, type SessionRow } from './session-store.ts';
import { closeSession, closeSessions, refreshSession, type SignedIn } from './sessions.ts';
import { linkTelegram, signInWithTelegram, type TelegramParts } from './telegram-accounts.ts';

export type { SessionRow } from './session-store.ts';

/** Use cases of players who sign in. What each refuses stands at its function. */
export interface IdentityService {
  signInAsGuest(input: GuestInput): Promise<GuestSignedIn>;
  signUp(input: SignUpInput): Promise<SignedIn>;
  signIn(input: SignInInput): Promise<SignedIn>;
  signInWithTelegram(input: Parameters<typeof signInWithTelegram>[1]): Promise<SignedIn>;
  /** Lets a user sign in with Telegram. */
  linkTelegram(userId: string, initData: string): Promise<void>;
  /** Gives a user who has none a password. */
  linkPassword(userId: string, input: Parameters<typeof linkPassword>[2]): Promise<void>;
  /** Changes a password and ends all sessions but the one given. */
  changePassword(
    player: Pick<Player, 'userId' | 'sessionId'>,
    change: Parameters<typeof changePassword>[2],
  ): Promise<void>;
  /** Answers a refresh token with the next pair. */
  refresh(refreshToken: string): Promise<SignedIn>;
  /** Ends one session of a user; answers whether it was there. */
  signOut(userId: string, sessionId: string): Promise<boolean>;
  /** Ends all sessions of a user but `except`; answers how many. */
  signOutEverywhere(userId: string, except: string | null): Promise<number>;
  /** The live sessions of a user, newest first. */
  sessions(userId: string): Promise<SessionRow[]>;
  /** Answers the id of the user. */
  block(request: BlockRequest): Promise<string>;
  /** Answers the id of the user. */
  unblock(request: Pick<BlockRequest, 'user' | 'author'>): Promise<string>;
}

/** Makes the use cases of players who sign in. */
export function createIdentityService(parts: TelegramParts): IdentityService {
  return {
    signInAsGuest: (input) => signInAsGuest(parts, input),
    signUp: (input) => signUp(parts, input),
    signIn: (input) => signIn(parts, input),
    signInWithTelegram: (input) => signInWithTelegram(parts, input),
    linkTelegram: (userId, initData) => linkTelegram(parts, userId, initData),
    linkPassword: (userId, input) => linkPassword(parts, userId, input),
    changePassword: (player, change) => changePassword(parts, player, change),
    refresh: (refreshToken) => refreshSession(parts, refreshToken),
    signOut: (userId, sessionId) => closeSession(parts, userId, sessionId),
    signOutEverywhere: (userId, except) => closeSessions(parts, userId, except),
    block: (request) => blockUser(parts, request),
    unblock: (request) => unblockUser(parts, request),
    sessions: (userId) => readSessions(parts.database, userId, new Date(parts.clock.now())),
  };
}
