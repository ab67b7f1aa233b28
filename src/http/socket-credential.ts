import { CloseCode } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Principal } from '../features/auth/principal.ts';
import { ApiError } from '../graphql/errors.ts';
import type { Clock } from '../platform/clock.ts';

/** Why a socket is closed whose credential no longer verifies. */
export const NO_LONGER_ACCEPTED = 'Credential no longer accepted';
/** Longest a timer can wait. */
const MOST_TIMER_MS = 2_147_483_647;

/** What is watched. */
export interface WatchedCredential {
  readonly socket: WebSocket;
  readonly authorization: string | null;
  /** Who calls; rejects with UNAUTHENTICATED for a credential that does not verify. */
  readonly authenticate: (authorization: string | null) => Promise<Principal>;
  readonly clock: Clock;
  /** How often a key is looked at again, in milliseconds. */
  readonly recheckMs: number;
}

/** A socket lives no longer than its credential; the client comes back with a new one. Answers what ends the watch. */
export function watchCredential(
  { socket, authorization, authenticate, clock, recheckMs }: WatchedCredential,
  principal: Principal,
): () => void {
  const expiresAt = principal.kind === 'player' || principal.kind === 'key' ? principal.expiresAt : null;
  const waitMs = expiresAt === null ? null : Math.min(Math.max(0, expiresAt - clock.now()), MOST_TIMER_MS);
  const expiry =
    waitMs === null ? undefined : setTimeout(() => socket.close(CloseCode.Forbidden, 'Token expired'), waitMs);
  const recheck = (): void => {
    authenticate(authorization).catch((error: unknown) => {
      if (error instanceof ApiError) socket.close(CloseCode.Forbidden, NO_LONGER_ACCEPTED);
    });
  };
  const rechecks = principal.kind === 'key' ? setInterval(recheck, recheckMs) : undefined;
  return () => {
    clearTimeout(expiry);
    clearInterval(rechecks);
  };
}
