import type { AchievementLoaders } from '../features/achievements/loaders.ts';
import type { AchievementService } from '../features/achievements/service.ts';
import type { AuditService } from '../features/audit/service.ts';
import type { IdentityService } from '../features/auth/identity-service.ts';
import type { KeyQuota } from '../features/auth/key-quota.ts';
import type { Principal } from '../features/auth/principal.ts';
import type { Rates } from '../features/auth/rates.ts';
import type { ServerKeys } from '../features/auth/server-keys.ts';
import type { CatalogService } from '../features/catalog/service.ts';
import type { DecisionService } from '../features/decisions/service.ts';
import type { DomainEventService } from '../features/domain-events/service.ts';
import type { EventLoaders } from '../features/ingest/loaders.ts';
import type { IngestService } from '../features/ingest/service.ts';
import type { BoardHub } from '../features/leaderboards/board-hub.ts';
import type { LeaderboardLoaders } from '../features/leaderboards/loaders.ts';
import type { LeaderboardService } from '../features/leaderboards/service.ts';
import type { NotificationLoaders } from '../features/notifications/loaders.ts';
import type { NotificationService } from '../features/notifications/service.ts';
import type { PeopleService } from '../features/people/service.ts';
import type { PrivacyService } from '../features/privacy/service.ts';
import type { StateLoader } from '../features/state/service.ts';
import type { StatsLoaders } from '../features/stats/loaders.ts';
import type { SuspicionService } from '../features/suspicions/service.ts';
import type { UserLoaders } from '../features/users/loaders.ts';
import type { UserService } from '../features/users/service.ts';
import type { VersionService } from '../features/versions/service.ts';
import type { Clock } from '../platform/clock.ts';
import type { Bus } from '../realtime/bus.ts';

/** The use cases, made once by the composition root. */
export interface Services {
  readonly achievements: AchievementService;
  readonly audit: AuditService;
  readonly catalog: CatalogService;
  readonly decisions: DecisionService;
  readonly domainEvents: DomainEventService;
  readonly identity: IdentityService;
  readonly ingest: IngestService;
  readonly keyQuota: KeyQuota;
  readonly keys: ServerKeys;
  readonly leaderboards: LeaderboardService;
  readonly boardHub: BoardHub;
  readonly notifications: NotificationService;
  readonly people: PeopleService;
  readonly privacy: PrivacyService;
  readonly rates: Rates;
  readonly suspicions: SuspicionService;
  readonly users: UserService;
  readonly versions: VersionService;
  readonly bus: Bus;
  readonly clock: Clock;
}

/** Batching reads, made anew for each operation and for each event of a subscription, so that nothing is stale. */
export interface Loaders {
  readonly achievements: AchievementLoaders;
  readonly events: EventLoaders;
  readonly leaderboards: LeaderboardLoaders;
  readonly notifications: NotificationLoaders;
  /** Slices of the users' state, as the engine reads them. */
  readonly states: StateLoader;
  readonly stats: StatsLoaders;
  readonly users: UserLoaders;
}

/** What a resolver gets. */
export interface Context {
  readonly principal: Principal;
  /** Where the request comes from. */
  readonly address: string;
  /** Locales the caller asked for, best first; empty where it said nothing. */
  readonly locales: readonly string[];
  readonly requestId: string;
  readonly services: Services;
  /** Remember what they read, until `forget`; take one out anew after a write. */
  readonly loaders: Loaders;
  /** After a write: what the loaders remember no longer holds. */
  forget(): void;
  /** The operation is over, whatever still runs: from now on asking the loaders for anything fails. */
  end(): void;
}

/** What a context is made of. */
export interface ContextParts {
  readonly principal: Principal;
  readonly address: string;
  readonly locales: readonly string[];
  readonly requestId: string;
  readonly services: Services;
  readonly makeLoaders: () => Loaders;
}

/** Makes the context of one operation, or of one event of a subscription. */
export function createContext({ makeLoaders, ...parts }: ContextParts): Context {
  // The server copies a context's own fields, so what changes stands behind a stable object.
  const loaders = new CurrentLoaders(makeLoaders);
  return { ...parts, loaders, forget: () => loaders.forget(), end: () => loaders.end() };
}

/** Loaders that are made when the first is asked for, and anew after they were forgotten. */
class CurrentLoaders implements Loaders {
  readonly #make: () => Loaders;
  #made: Loaders | null = null;
  #isOver = false;

  constructor(make: () => Loaders) {
    this.#make = make;
  }

  forget(): void {
    this.#made = null;
  }

  end(): void {
    this.#isOver = true;
  }

  get #current(): Loaders {
    if (this.#isOver) throw new Error('the operation is over');
    this.#made ??= this.#make();
    return this.#made;
  }

  get achievements(): Loaders['achievements'] {
    return this.#current.achievements;
  }

  get events(): Loaders['events'] {
    return this.#current.events;
  }

  get leaderboards(): Loaders['leaderboards'] {
    return this.#current.leaderboards;
  }

  get notifications(): Loaders['notifications'] {
    return this.#current.notifications;
  }

  get states(): Loaders['states'] {
    return this.#current.states;
  }

  get stats(): Loaders['stats'] {
    return this.#current.stats;
  }

  get users(): Loaders['users'] {
    return this.#current.users;
  }
}
