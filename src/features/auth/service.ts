import type { AuthMode } from '../../config.ts';
import { badUserInput, unauthenticated } from '../../graphql/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Access } from './access.ts';
import type { GamePlayers } from './game-players.ts';
import { hashSecret, looksLikeKey, makeKey, parseKey, sameSecret } from './keys.ts';
import { ANONYMOUS, type Player, type Principal, SCOPES, type Scope } from './principal.ts';
import { insertKey, type KeyRow, readKey } from './store.ts';
import { MOST_TOKEN_MS, signAccessToken, verifyAccessToken } from './tokens.ts';

/** Use cases of credentials. */
export interface AuthService {
  /**
   * Who a caller is by its `Authorization` value (`Bearer <token or key>`); null or empty is no credential.
   * Throws UNAUTHENTICATED for one that does not verify: it is never taken for anonymous.
   */
  authenticate(authorization: string | null): Promise<Principal>;
  /** Makes a server key; the answer is the only time it is seen. Throws BAD_USER_INPUT. */
  createKey(input: {
    readonly name: string;
    readonly scopes: readonly string[];
    readonly days: number | null;
  }): Promise<string>;
  /** Makes an access token of a player without a session, 15 min. */
  createToken(userId: string): Promise<string>;
}

/** What the use cases stand on. */
export interface AuthParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Whether players may still come in. */
  readonly access: Pick<Access, 'check'>;
  readonly mode: AuthMode;
  readonly environment: string;
  /** Signs Laurel's own access tokens. */
  readonly jwtSecret: Uint8Array;
  /** Players who come with tokens of the game itself; null: it has none. */
  readonly gamePlayers: GamePlayers | null;
  /** With mode `key`: the key that was printed at start. */
  readonly startKey: string | null;
}

/** How long a key's row is believed before it is read again, so that a revoked key ends within that time. */
const KEY_FRESH_MS = 1_000;
const DAY_MS = 86_400_000;
const MOST_REMEMBERED = 1_000;

/** Makes the use cases of credentials. */
export function createAuthService(parts: AuthParts): AuthService {
  const { database, clock, ids, access, gamePlayers, mode, environment, jwtSecret } = parts;
  const remembered = new Map<string, { at: number; row: Promise<KeyRow | null> }>();
  const startHash = parts.startKey === null ? null : hashSecret(parts.startKey);

  const rowOf = (id: string): Promise<KeyRow | null> => {
    const now = clock.now();
    const known = remembered.get(id);
    if (known !== undefined && now - known.at < KEY_FRESH_MS) return known.row;
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    const row = readKey(database, id);
    remembered.set(id, { at: now, row });
    row.catch(() => remembered.delete(id));
    return row;
  };

  const keyPrincipal = async (credential: string): Promise<Principal> => {
    if (startHash !== null && sameSecret(hashSecret(credential), startHash)) return { kind: 'admin' };
    const parsed = parseKey(credential);
    const row = parsed === null ? null : await rowOf(parsed.id);
    const now = clock.now();
    const valid =
      parsed !== null &&
      row !== null &&
      sameSecret(hashSecret(parsed.secret), row.secretHash) &&
      row.environment === parsed.environment &&
      row.revokedAt === null &&
      (row.expiresAt === null || row.expiresAt.getTime() > now);
    if (!valid) throw unauthenticated('This key is not valid');
    return { kind: 'key', keyId: row.id, scopes: row.scopes, expiresAt: row.expiresAt?.getTime() ?? null };
  };

  const ownPlayer = async (credential: string): Promise<Player> => {
    const token = await verifyAccessToken(jwtSecret, credential, clock.now());
    if (token === null) throw unauthenticated('This token is not valid, or has expired');
    return { kind: 'player', ...token, role: await access.check(token) };
  };
  /** The game signs these itself: they never carry a role, whatever the row of the user says. */
  const gamePlayer = async (players: GamePlayers, credential: string): Promise<Player> => {
    const player = await players.playerOf(credential);
    await access.check(player);
    return player;
  };

  return {
    async authenticate(authorization) {
      if (!authorization) return mode === 'off' ? { kind: 'admin' } : ANONYMOUS;
      const credential = /^Bearer ([^\s]{1,4096})$/i.exec(authorization.trim())?.[1];
      if (credential === undefined) throw unauthenticated('Authorization wants the form: Bearer <token or key>');
      if (looksLikeKey(credential)) return keyPrincipal(credential);
      return gamePlayers?.isOurs(credential) ? gamePlayer(gamePlayers, credential) : ownPlayer(credential);
    },
    async createKey({ name, scopes, days }) {
      const known = scopes.filter((scope): scope is Scope => SCOPES.includes(scope as Scope));
      const unknown = scopes.filter((scope) => !SCOPES.includes(scope as Scope));
      if (unknown.length > 0) throw badUserInput(`Unknown scope ${unknown.join(', ')}; there are ${SCOPES.join(', ')}`);
      if (known.length === 0) throw badUserInput(`A key needs at least one scope of ${SCOPES.join(', ')}`);
      if (name.length < 1 || name.length > 100) throw badUserInput('The name of a key has 1 to 100 characters');
      if (days !== null && !(days > 0 && days <= 3_650)) throw badUserInput('A key lives 1 to 3650 days');
      const id = ids.next();
      const { key, secretHash } = makeKey(environment, id);
      const createdAt = new Date(clock.now());
      const expiresAt = days === null ? null : new Date(createdAt.getTime() + days * DAY_MS);
      await insertKey(database, {
        id,
        name,
        environment,
        secretHash,
        scopes: [...new Set(known)],
        createdAt,
        expiresAt,
      });
      return key;
    },
    createToken: (userId) => signAccessToken(jwtSecret, { userId, sessionId: null }, clock.now(), MOST_TOKEN_MS),
  };
}
