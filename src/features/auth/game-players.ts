import { LRUCache } from 'lru-cache';
import { ApiError, unauthenticated } from '../../graphql/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import type { RandomNames } from '../../platform/random.ts';
import type { CatalogService } from '../catalog/service.ts';
import { createUnknown, resolveUserRefs } from '../users/service.ts';
import { refKey, type UserRef } from '../users/user-ref.ts';
import { type GameToken, type GameTokens, KeysAwayError } from './game-tokens.ts';
import type { Player } from './principal.ts';

/** Players who come with tokens of the game itself. */
export interface GamePlayers {
  /** Whether a token says it is one of the game. */
  isOurs(token: string): boolean;
  /**
   * Whose token it is; the first sight makes the user where the catalog says `users: { create: onFirstEvent }`.
   * Throws UNAUTHENTICATED for one that does not verify or whose user is not known, NOT_READY while the game's keys cannot be had.
   */
  playerOf(token: string): Promise<Player>;
}

/** What they stand on. */
export interface GamePlayerParts {
  readonly database: Database;
  readonly catalog: CatalogService;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly names: RandomNames;
  readonly logger: Logger;
  readonly tokens: GameTokens;
}

/** How long it is believed who has an externalId. */
const FRESH_MS = 5_000;
const MOST_REMEMBERED = 50_000;
const RETRY_AFTER_MS = 1_000;
/** Made names are 8 letters of 31; a few tries are plenty. */
const MOST_TRIES = 5;

/** Makes it. */
export function createGamePlayers(parts: GamePlayerParts): GamePlayers {
  const { clock, tokens } = parts;
  const remembered = new LRUCache<string, { readonly at: number; readonly userId: Promise<string | null> }>({
    max: MOST_REMEMBERED,
  });
  const userOf = (externalId: string): Promise<string | null> => {
    const known = remembered.get(externalId);
    if (known !== undefined && clock.now() - known.at < FRESH_MS) return known.userId;
    const userId = findOrMake(parts, externalId);
    remembered.set(externalId, { at: clock.now(), userId });
    userId.catch(() => remembered.delete(externalId));
    return userId;
  };
  return {
    isOurs: (token) => tokens.isOurs(token),
    async playerOf(token) {
      const said = await verified(parts, token);
      if (said === null) throw unauthenticated('This token is not valid, or has expired');
      const userId = await userOf(said.externalId);
      if (userId === null) throw unauthenticated('The player of this token is not known here');
      return { kind: 'player', userId, sessionId: null, role: null, expiresAt: said.expiresAt };
    },
  };
}

async function verified({ tokens, clock, logger }: GamePlayerParts, token: string): Promise<GameToken | null> {
  try {
    return await tokens.verify(token, clock.now());
  } catch (error) {
    if (!(error instanceof KeysAwayError)) throw error;
    logger.warn({ err: error, operation: 'auth.game_keys' }, 'a token of the game cannot be verified');
    const figures = { retryAfterMs: RETRY_AFTER_MS };
    throw new ApiError('NOT_READY', 'The keys of the game cannot be had; try again', figures);
  }
}

async function findOrMake(parts: GamePlayerParts, externalId: string): Promise<string | null> {
  const { database, catalog, clock } = parts;
  const ref: UserRef = { by: 'externalId', value: externalId };
  for (let attempt = 0; ; attempt += 1) {
    const found = (await resolveUserRefs(database, [ref])).get(refKey(ref));
    const live = catalog.live();
    if (found !== undefined || live.catalog.users.create !== 'onFirstEvent') return found ?? null;
    if (attempt === MOST_TRIES) throw new Error(`no user could be made in ${MOST_TRIES} tries`);
    const options = { ...parts, catalogVersion: live.version, at: new Date(clock.now()) };
    await database.transaction((transaction) => createUnknown(transaction, [externalId], options));
  }
}
