import type { Trust } from '../../engine/catalog.ts';

/** What a server key may do; `admin` includes the others. */
export const SCOPES = ['events:write', 'users:write', 'events:read', 'catalog:write', 'admin'] as const;

/** One of the closed list of scopes. */
export type Scope = (typeof SCOPES)[number];

/** What a person may do beside playing; see ROLE_SCOPES and the rights table. */
export const ROLES = ['ADMIN', 'DESIGNER', 'MODERATOR', 'OBSERVER'] as const;

/** One of the closed list of roles. */
export type Role = (typeof ROLES)[number];

/** Scopes that come with a role. What a moderator may do beyond them stands at `moderates`. */
const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  ADMIN: SCOPES,
  DESIGNER: ['catalog:write'],
  MODERATOR: [],
  OBSERVER: ['events:read'],
};

/** How far what a source reports is trusted, from least to most. */
export const TRUSTS = ['low', 'normal', 'high'] as const satisfies readonly Trust[];

/** A player signed in with an access token; with a role, a person who runs the game. */
export interface Player {
  readonly kind: 'player';
  readonly userId: string;
  /** The session it ends with; null for a token that has none. */
  readonly sessionId: string | null;
  /** As the row of the user says now; always null for a token of the game itself. */
  readonly role: Role | null;
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
      /** Null: as many as it likes. */
      readonly eventsPerMinute: number | null;
      readonly trust: Trust;
    }
  /** Anybody at all in development (LAUREL_AUTH=off), or the holder of the start key (LAUREL_AUTH=key). */
  | { readonly kind: 'admin' };

/** A caller without a credential. */
export const ANONYMOUS: Principal = { kind: 'anonymous' };

/** True when the principal holds the scope. Players without a role and anonymous callers hold none. */
export function hasScope(principal: Principal, scope: Scope): boolean {
  if (principal.kind === 'admin') return true;
  const role = roleOf(principal);
  const ofRole = role === null ? [] : ROLE_SCOPES[role];
  const scopes = principal.kind === 'key' ? principal.scopes : ofRole;
  return scopes.includes(scope) || scopes.includes('admin');
}

/** The role of a person; null for anybody else. */
export function roleOf(principal: Principal): Role | null {
  return principal.kind === 'player' ? principal.role : null;
}

/** True when the principal may block, hide, and give and take achievements. */
export function moderates(principal: Principal): boolean {
  return hasScope(principal, 'users:write') || roleOf(principal) === 'MODERATOR';
}

/** True when the principal may read who runs the game, and what they decided. */
export function observes(principal: Principal): boolean {
  return hasScope(principal, 'admin') || roleOf(principal) === 'OBSERVER';
}

/** True when the principal may read of whom something is suspected. */
export function reviews(principal: Principal): boolean {
  return moderates(principal) || roleOf(principal) === 'OBSERVER';
}

/** True when the principal may read the files of the catalog. */
export function readsCatalog(principal: Principal): boolean {
  return hasScope(principal, 'catalog:write') || roleOf(principal) === 'OBSERVER';
}

/** True when the principal may know achievements that players must find, and drafts. */
export function seesDrafts(principal: Principal): boolean {
  return principal.kind === 'admin' || principal.kind === 'key' || roleOf(principal) !== null;
}

/** How far the events of a principal are trusted: a player is whoever holds its token, an admin is the house itself. */
export function trustOf(principal: Principal): Trust {
  if (principal.kind === 'key') return principal.trust;
  return principal.kind === 'admin' || roleOf(principal) === 'ADMIN' ? 'high' : 'low';
}

/** True when the principal may report events: of whom and which is told at each. */
export function recordsEvents(principal: Principal): boolean {
  if (principal.kind !== 'player') return hasScope(principal, 'events:write');
  return principal.role !== 'OBSERVER';
}

/** True when the principal may read the private fields of any user. */
export function readsUsers(principal: Principal): boolean {
  return moderates(principal) || hasScope(principal, 'events:read') || hasScope(principal, 'events:write');
}

/** True when the principal may read the private fields of this user. */
export function seesPrivate(principal: Principal, userId: string): boolean {
  return (principal.kind === 'player' && principal.userId === userId) || readsUsers(principal);
}

/** Who did it, for the records of what was decided: `key <id>`, `moderator <user id>`, `user <id>` for a player, `admin`. */
export function actorOf(principal: Principal): string {
  if (principal.kind === 'player') return `${principal.role?.toLowerCase() ?? 'user'} ${principal.userId}`;
  return principal.kind === 'key' ? `key ${principal.keyId}` : principal.kind;
}
