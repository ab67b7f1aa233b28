import type { AuthMode } from '../../config.ts';
import { ApiError, unauthenticated } from '../../graphql/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { COMMAND_LINE } from '../audit/service.ts';
import type { Access } from './access.ts';
import type { GamePlayers } from './game-players.ts';
import type { KeyRows } from './key-rows.ts';
import { hashSecret, looksLikeKey, type ParsedKey, parseKey, sameSecret } from './keys.ts';
import { ANONYMOUS, type Player, type Principal } from './principal.ts';
import type { KeyInput, KeyRow, ServerKeys } from './server-keys.ts';
import { createTokenVerifier } from './token-memory.ts';
import { MOST_TOKEN_MS, signAccessToken } from './tokens.ts';

/** Use cases of credentials. */
export interface AuthService {
  /**
   * Who a caller is by its `Authorization` value (`Bearer <token or key>`); null or empty is no credential.
   * Throws UNAUTHENTICATED for one that does not verify: it is never taken for anonymous.
   */
  authenticate(authorization: string | null): Promise<Principal>;
  /** Server keys, as admins and the command line manage them. */
  readonly keys: ServerKeys;
  /** Makes a server key for who has the command line; the answer is the only time it is seen. Throws BAD_USER_INPUT. */
  createKey(input: KeyInput): Promise<string>;
  /** Makes an access token of a player without a session, 15 min. */
  createToken(userId: string): Promise<string>;
}

/** What the use cases stand on. */
export interface AuthParts {
  readonly clock: Clock;
  readonly keys: ServerKeys;
  readonly keyRows: Pick<KeyRows, 'read' | 'used'>;
  /** Whether players may still come in. */
  readonly access: Pick<Access, 'check'>;
  readonly mode: AuthMode;
  /** Signs Laurel's own access tokens. */
  readonly jwtSecret: Uint8Array;
  /** Players who come with tokens of the game itself; null: it has none. */
  readonly gamePlayers: GamePlayers | null;
  /** With mode `key`: the key that was printed at start. */
  readonly startKey: string | null;
}

/** Makes the use cases of credentials. */
export function createAuthService(parts: AuthParts): AuthService {
  const { clock, keys, keyRows, access, gamePlayers, mode, jwtSecret } = parts;
  const verifyToken = createTokenVerifier(jwtSecret);
  const startHash = parts.startKey === null ? null : hashSecret(parts.startKey);

  const keyPrincipal = async (credential: string): Promise<Principal> => {
    if (startHash !== null && sameSecret(hashSecret(credential), startHash)) return { kind: 'admin' };
    const parsed = parseKey(credential);
    const row = parsed === null ? null : await keyRows.read(parsed.id);
    if (parsed === null || row === null) throw invalidKey();
    const refusal = refusalOf(parsed, row, clock.now());
    if (refusal !== null) throw refusal;
    keyRows.used(row);
    const { id, scopes, expiresAt, eventsPerMinute, trust } = row;
    return { kind: 'key', keyId: id, scopes, expiresAt: expiresAt?.getTime() ?? null, eventsPerMinute, trust };
  };

  const ownPlayer = async (credential: string): Promise<Player> => {
    const token = await verifyToken(credential, clock.now());
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
    keys,
    createKey: async (input) => (await keys.create(input, COMMAND_LINE)).key,
    createToken: (userId) => signAccessToken(jwtSecret, { userId, sessionId: null }, clock.now(), MOST_TOKEN_MS),
  };
}

/** Why a key is refused; null: it is good. Who had a secret that was taken back is told so, and need not come again. */
function refusalOf({ secret, environment }: ParsedKey, row: KeyRow, now: number): ApiError | null {
  const hash = hashSecret(secret);
  const isNow = sameSecret(hash, row.secretHash);
  const wasBefore = row.previousHash !== null && sameSecret(hash, row.previousHash);
  if (!(isNow || wasBefore) || row.environment !== environment) return invalidKey();
  const isOver = !isNow && !(row.previousUntil !== null && row.previousUntil.getTime() > now);
  if (row.revokedAt !== null || isOver) {
    return new ApiError('UNAUTHENTICATED', 'This key was revoked', { reason: 'REVOKED' });
  }
  return row.expiresAt !== null && row.expiresAt.getTime() <= now ? invalidKey() : null;
}

function invalidKey(): ApiError {
  return unauthenticated('This key is not valid');
}
