import type { GraphQLSchema } from 'graphql';
import '../features/achievements/schema.ts';
import '../features/achievements/user-achievements.ts';
import '../features/audit/schema.ts';
import '../features/auth/account-mutations.ts';
import '../features/auth/blocking-schema.ts';
import '../features/auth/keys-schema.ts';
import '../features/auth/mutations.ts';
import '../features/auth/rates-schema.ts';
import '../features/auth/schema.ts';
import '../features/catalog/schema.ts';
import '../features/catalog/seasons-schema.ts';
import '../features/decisions/schema.ts';
import '../features/domain-events/schema.ts';
import '../features/explain/recommendations-schema.ts';
import '../features/explain/schema.ts';
import '../features/ingest/mutations.ts';
import '../features/ingest/schema.ts';
import '../features/ingest/subscriptions.ts';
import '../features/leaderboards/hiding-schema.ts';
import '../features/leaderboards/notification-schema.ts';
import '../features/leaderboards/quarantine-schema.ts';
import '../features/leaderboards/schema.ts';
import '../features/leaderboards/subscriptions.ts';
import '../features/leaderboards/user-schema.ts';
import '../features/notifications/schema.ts';
import '../features/notifications/subscriptions.ts';
import '../features/people/claim-schema.ts';
import '../features/people/schema.ts';
import '../features/privacy/schema.ts';
import '../features/stats/metrics-schema.ts';
import '../features/stats/schema.ts';
import '../features/stats/subscriptions.ts';
import '../features/suspicions/schema.ts';
import '../features/users/mutations.ts';
import '../features/users/schema.ts';
import '../features/versions/schema.ts';
import { builder } from './builder.ts';

/** Builds the schema from the types that the features added. */
export function buildSchema(): GraphQLSchema {
  return builder.toSchema({ sortSchema: true });
}
