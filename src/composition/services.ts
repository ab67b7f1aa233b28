import { createAchievementService } from '../features/achievements/service.ts';
import { createAuditService } from '../features/audit/service.ts';
import { createGamePlayers } from '../features/auth/game-players.ts';
import { createGameTokens } from '../features/auth/game-tokens.ts';
import { createIdentityService } from '../features/auth/identity-service.ts';
import { createKeyQuota } from '../features/auth/key-quota.ts';
import { createPasswords } from '../features/auth/passwords.ts';
import { createRates, UNLIMITED } from '../features/auth/rates.ts';
import { createRefreshTokens } from '../features/auth/refresh-token.ts';
import { createServerKeys } from '../features/auth/server-keys.ts';
import { type AuthService, createAuthService } from '../features/auth/service.ts';
import { createSignInThrottle } from '../features/auth/throttle.ts';
import { createDecisionService } from '../features/decisions/service.ts';
import { createDomainEventService } from '../features/domain-events/service.ts';
import { createIngestService } from '../features/ingest/service.ts';
import { createLeaderboardService } from '../features/leaderboards/service.ts';
import { createNotificationService } from '../features/notifications/service.ts';
import { createPeopleService } from '../features/people/service.ts';
import { createPrivacyService } from '../features/privacy/service.ts';
import { createSuspicionService } from '../features/suspicions/service.ts';
import { createUserService } from '../features/users/service.ts';
import { createVersionService } from '../features/versions/service.ts';
import type { Services } from '../graphql/context.ts';
import type { Ground } from './ground.ts';

/** Makes the use cases of all features. */
export function createServices(ground: Ground): Services {
  const { config, sweeper, feedSweeper } = ground;
  const { epoch } = ground.installation;
  return {
    ...createIdentity(ground),
    achievements: createAchievementService(ground),
    audit: createAuditService(ground.database),
    catalog: ground.catalog,
    decisions: createDecisionService({ ...ground, resetsAnyone: !config.production }),
    domainEvents: createDomainEventService({ ...ground, epoch, sweeper: feedSweeper }),
    ingest: createIngestService(ground),
    leaderboards: createLeaderboardService(ground),
    boardHub: ground.boardHub,
    notifications: createNotificationService({ ...ground, epoch, sweeper }),
    privacy: createPrivacyService(ground),
    suspicions: createSuspicionService(ground),
    users: createUserService(ground),
    versions: createVersionService(ground),
    bus: ground.bus,
    clock: ground.clock,
  };
}

/** Who somebody is, and how much it may ask. */
function createIdentity(ground: Ground): Pick<Services, 'identity' | 'people' | 'keys' | 'keyQuota' | 'rates'> {
  const { config, clock, jwtSecret } = ground;
  const counting = { clock, redis: ground.redis?.commands ?? null, installationId: ground.installation.id };
  const accounts = {
    ...ground,
    refreshTokens: createRefreshTokens(jwtSecret),
    passwords: createPasswords(),
    throttle: createSignInThrottle(counting),
    telegramBotToken: config.telegramBotToken,
  };
  return {
    identity: createIdentityService(accounts),
    people: createPeopleService(accounts),
    keys: createServerKeys({ ...ground, environment: config.environment, rows: ground.keyRows }),
    keyQuota: createKeyQuota(counting),
    rates: createRates({ ...counting, limits: config.auth === 'on' ? config.rates : UNLIMITED }),
  };
}

/** Makes what reads credentials. `startKey`: with LAUREL_AUTH=key, the key that was printed. */
export function createAuthentication(ground: Ground, { keys }: Services, startKey: string | null): AuthService {
  const { gameTokens, auth: mode } = ground.config;
  const gamePlayers =
    gameTokens === null ? null : createGamePlayers({ ...ground, tokens: createGameTokens(gameTokens) });
  return createAuthService({ ...ground, keys, gamePlayers, mode, startKey });
}
