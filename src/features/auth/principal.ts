/** What a server key may do; `admin` includes the others. */
export const SCOPES = ['events:write', 'users:write', 'events:read', 'catalog:write', 'admin'] as const;

/** One of the closed list of scopes. */
export type Scope = (typeof SCOPES)[number];

/** A player signed in with an access token. */
export interface Player {
  readonly kind: 'player';
  readonly userId: string;
  /** The session it ends with; null for a token that has none. */
  readonly sessionId: string | null;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Who calls. Made by the credential check, never by a client's word. */
export type Principal =
  | { readonly kind: 'anonymous' }
  | Player
  /** A game server with a key. */
  | {
      readonly kind: 'key';
      readonly keyId: string;
      readonly scopes: readonly Scope[];
      readonly expiresAt: number | null;
    }
  /** Anybody at all in development (LAUREL_AUTH=off), or the holder of the start key (LAUREL_AUTH=key). */
  | { readonly kind: 'admin' };

/** A caller without a credential. */
export const ANONYMOUS: Principal = { kind: 'anonymous' };

/** True when the principal holds the scope. Players and anonymous callers hold none. */
export function hasScope(principal: Principal, scope: Scope): boolean {
  if (principal.kind === 'admin') return true;
  return principal.kind === 'key' && (principal.scopes.includes(scope) || principal.scopes.includes('admin'));
}

/** True when the principal may read the private fields of any user. */
export function readsUsers(principal: Principal): boolean {
  return (
    hasScope(principal, 'users:write') || hasScope(principal, 'events:read') || hasScope(principal, 'events:write')
  );
}

/** True when the principal may read the private fields of this user. */
export function seesPrivate(principal: Principal, userId: string): boolean {
  return (principal.kind === 'player' && principal.userId === userId) || readsUsers(principal);
}

/** Who did it, for the records of grants and catalog versions. */
export function actorOf(principal: Principal): string {
  if (principal.kind === 'player') return `user ${principal.userId}`;
  return principal.kind === 'key' ? `key ${principal.keyId}` : principal.kind;
}
