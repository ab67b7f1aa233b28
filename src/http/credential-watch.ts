import type { Principal } from '../features/auth/principal.ts';
import { ApiError } from '../graphql/errors.ts';
import type { Clock } from '../platform/clock.ts';

/** How often a key that is in use is looked at again, milliseconds: a revoked one ends what it opened within that time. */
export const RECHECK_MS = 1_000;
/** Longest a timer can wait. */
const MOST_TIMER_MS = 2_147_483_647;

/** What is watched, and who is told once it ends. */
export interface WatchedCredential {
  /** Looks at the credential again; rejects with UNAUTHENTICATED once it does not verify. */
  readonly authenticate: () => Promise<unknown>;
  readonly clock: Clock;
  /** How often a key is looked at again, in milliseconds. */
  readonly recheckMs: number;
  readonly expired: () => void;
  readonly refused: (error: ApiError) => void;
}

/** What is opened with a credential lives no longer than it; the client comes back with a new one. Answers what ends the watch. */
export function watchCredential(
  principal: Principal,
  { authenticate, clock, recheckMs, expired, refused }: WatchedCredential,
): () => void {
  const expiresAt = principal.kind === 'player' || principal.kind === 'key' ? principal.expiresAt : null;
  const waitMs = expiresAt === null ? null : Math.min(Math.max(0, expiresAt - clock.now()), MOST_TIMER_MS);
  const expiry = waitMs === null ? undefined : setTimeout(expired, waitMs);
  const recheck = (): void => {
    authenticate().catch((error: unknown) => {
      if (error instanceof ApiError) refused(error);
    });
  };
  const rechecks = principal.kind === 'key' ? setInterval(recheck, recheckMs) : undefined;
  return () => {
    clearTimeout(expiry);
    clearInterval(rechecks);
  };
}
