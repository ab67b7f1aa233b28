import { ApiError } from '../../graphql/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Bus } from '../../realtime/bus.ts';
import type { Sweeper, SweeperOptions } from '../../realtime/sweeper.ts';
import { AccessMemory } from './access-memory.ts';
import type { UserAccess } from './access-store.ts';
import type { Player, Role } from './principal.ts';

/** A player as its token says. */
export type Visitor = Pick<Player, 'userId' | 'sessionId'>;

/** A player with the role it came with. */
export type Watched = Visitor & Pick<Player, 'role'>;

/**
 * What a watch tells: the player may not come in any more, or comes again as somebody who may do less; or, and the watch goes on, that
 * from now on it sees boards otherwise than those with whom it shares what it follows.
 */
export type AccessEnd = 'signedOut' | 'roleChanged' | 'quarantined';

/** Whether players may still come in: their sessions live, they are not blocked. */
export interface Access {
  /** Answers the role of a player. Throws UNAUTHENTICATED, with the `reason` SIGNED_OUT or BLOCKED, for one who may not. */
  check(player: Visitor): Promise<Role | null>;
  /** Whether a user is in quarantine. Of who was just checked that is known. */
  isQuarantined(userId: string): Promise<boolean>;
  /** Calls `ended` once when the player may not any more, or not with the role it came with, and each time a quarantine of it begins. Returns the function that ends the watch. */
  watch(player: Watched, ended: (end: AccessEnd) => void): () => void;
  /**
   * Call after the commit that took a session, blocked, changed a role or a quarantine: in this process nobody believes what was read
   * before, nor in others once the bus tells them. Where it does not join them (without Redis), or Redis is away, their queries believe
   * what they read up to 1 s before, and their watches are looked at every 500 ms. Resolves once whoever is watched here has been told;
   * never rejects.
   */
  changed(userId: string): Promise<void>;
  /** Players watched at this moment; for the leak check of the tests. */
  size(): number;
  /** Lets go of the bus. */
  close(): void;
}

/** What access stands on. */
export interface AccessParts {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Makes the look at the rows of all who are watched, where a message may be lost. */
  readonly sweeping: (newestOf: SweeperOptions['newestOf']) => Sweeper;
}

/** Opens it; resolves once the bus hears. */
export async function openAccess(parts: AccessParts): Promise<Access> {
  const { bus, clock, logger } = parts;
  const memory = new AccessMemory(parts);
  const watches = new Watches();
  const look = async (userId: string): Promise<void> => {
    const access = await memory.read(userId);
    for (const watch of watches.of(userId)) {
      const { role } = watch.player;
      if (refusalOf(access, watch.player, clock.now()) !== null) watch.end('signedOut');
      // Who came without one has nothing to lose; tokens of the game itself never carry one.
      else if (role !== null && access?.role !== role) watch.end('roleChanged');
      else if (access?.quarantined && watch.wasQuarantined === false) watch.tell('quarantined');
      watch.wasQuarantined = access?.quarantined ?? null;
    }
  };
  const sweeper = parts.sweeping(async (userIds) => {
    await Promise.all(userIds.map(look));
    return new Map();
  });
  const hear = async (userId: string): Promise<void> => {
    memory.forget(userId);
    if (watches.of(userId).length === 0) return;
    await look(userId).catch((error: unknown) => logger.warn({ err: error, userId }, 'access could not be looked at'));
  };
  const off = await bus.subscribe('access', 'all', ({ userId }) => void hear(userId));
  return {
    async check(player) {
      const known = await memory.believed(player.userId);
      if (refusalOf(known, player, clock.now()) === null) return known?.role ?? null;
      // A session that began since is no stranger: nobody is refused by what is remembered.
      const access = await memory.read(player.userId);
      const refusal = refusalOf(access, player, clock.now());
      if (refusal !== null) throw refusal;
      return access?.role ?? null;
    },
    async isQuarantined(userId) {
      return (await memory.believed(userId))?.quarantined ?? false;
    },
    watch(player, ended) {
      const unswept = sweeper.watch(player.userId, { checkedTo: 0, wake: () => {} });
      const stop = watches.add(player, ended, unswept);
      // It may have ended while it was being checked.
      void hear(player.userId);
      return stop;
    },
    changed(userId) {
      const told = hear(userId);
      bus.publish('access', 'all', { userId });
      return told;
    },
    size: () => watches.size,
    close() {
      off();
      sweeper.close();
    },
  };
}

interface Watch {
  readonly player: Watched;
  /** At the last look; null before the first. */
  wasQuarantined: boolean | null;
  end(end: AccessEnd): void;
  tell(end: AccessEnd): void;
}

/** Who is watched, by user. */
class Watches {
  readonly #byUser = new Map<string, Set<Watch>>();
  size = 0;

  of(userId: string): Watch[] {
    return [...(this.#byUser.get(userId) ?? [])];
  }

  /** Answers what ends the watch; `stopped` is called once, also when the watch ends by itself. */
  add(player: Watched, ended: (end: AccessEnd) => void, stopped: () => void): () => void {
    const ofUser = this.#byUser.get(player.userId) ?? new Set();
    this.#byUser.set(player.userId, ofUser);
    const stop = (): boolean => {
      if (!ofUser.delete(watch)) return false;
      this.size -= 1;
      if (ofUser.size === 0) this.#byUser.delete(player.userId);
      stopped();
      return true;
    };
    const watch: Watch = {
      player,
      wasQuarantined: null,
      end: (end) => {
        if (stop()) ended(end);
      },
      tell: ended,
    };
    ofUser.add(watch);
    this.size += 1;
    return () => void stop();
  }
}

/** Why a player may not come in; null: it may. A token without a session lives as long as it says. */
function refusalOf(access: UserAccess | null, { sessionId }: Visitor, now: number): ApiError | null {
  if (access?.blockedUntil != null && access.blockedUntil.getTime() > now) {
    return new ApiError('UNAUTHENTICATED', 'This user is blocked', { reason: 'BLOCKED' });
  }
  // Who is erased has no row.
  if (access !== null && (sessionId === null || access.sessionIds.includes(sessionId))) return null;
  return new ApiError('UNAUTHENTICATED', 'This session has ended; sign in again', { reason: 'SIGNED_OUT' });
}
