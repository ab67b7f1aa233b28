import type { AccessEnd } from '../features/auth/access.ts';
import type { Player, Principal } from '../features/auth/principal.ts';
import { ApiError } from '../graphql/errors.ts';
import type { Clock } from '../platform/clock.ts';

/** Why a credential is good no more: it ran out, it does not verify, a key was revoked or a player signed out or blocked, a person has another role; or who is good all the same must begin anew. */
export type CredentialEnd = 'expired' | 'refused' | AccessEnd;

/** What knows about credentials. */
export interface CredentialParts {
  readonly clock: Clock;
  /** Who calls; rejects with UNAUTHENTICATED for a credential that does not verify. */
  readonly authenticate: (authorization: string | null) => Promise<Principal>;
  /** Calls `heard` whenever the key may have changed. Returns the function that ends the watch. */
  readonly watchKey: (keyId: string, heard: () => void) => () => void;
  /** Calls `ended` once when the player may not come in any more, or not with its role. Returns the function that ends the watch. */
  readonly watchAccess: (player: Player, ended: (end: AccessEnd) => void) => () => void;
}

/** What tells of a change at once. */
export type CredentialWatches = Pick<CredentialParts, 'watchAccess' | 'watchKey'>;

/** A credential that was taken. */
export interface TakenCredential {
  readonly authorization: string | null;
  readonly principal: Principal;
  /** How often a key is looked at again, milliseconds. */
  readonly recheckMs: number;
}

/** How often a key that is in use is looked at again, milliseconds: a revoked one ends what it opened within that time. */
export const RECHECK_MS = 1_000;
/** Longest a timer can wait. */
const MOST_TIMER_MS = 2_147_483_647;

/** What is open lives no longer than its credential. Answers what ends the watch. */
export function watchCredential(
  { authenticate, watchAccess, watchKey, clock }: CredentialParts,
  { authorization, principal, recheckMs }: TakenCredential,
  ended: (end: CredentialEnd) => void,
): () => void {
  const expiresAt = principal.kind === 'player' || principal.kind === 'key' ? principal.expiresAt : null;
  const waitMs = expiresAt === null ? null : Math.min(Math.max(0, expiresAt - clock.now()), MOST_TIMER_MS);
  const expiry = waitMs === null ? undefined : setTimeout(() => ended('expired'), waitMs);
  const recheck = (): void => {
    authenticate(authorization).catch((error: unknown) => {
      if (error instanceof ApiError) ended(isSignedOut(error) ? 'signedOut' : 'refused');
    });
  };
  const rechecks = principal.kind === 'key' ? setInterval(recheck, recheckMs) : undefined;
  const unwatch =
    principal.kind === 'player'
      ? watchAccess(principal, ended)
      : principal.kind === 'key'
        ? watchKey(principal.keyId, recheck)
        : null;
  return () => {
    clearTimeout(expiry);
    clearInterval(rechecks);
    unwatch?.();
  };
}

/** Whether a refusal says that the player was signed out or blocked, or the key revoked: coming again is of no use. */
export function isSignedOut(error: { readonly extensions?: Readonly<Record<string, unknown>> }): boolean {
  return error.extensions?.['reason'] !== undefined && error.extensions['code'] === 'UNAUTHENTICATED';
}
