import { expect } from 'vitest';
import type { App } from '../../src/app.ts';
import { relayRound } from '../../src/features/domain-events/relay.ts';
import { auditRanks, type RankDifference } from '../../src/features/leaderboards/audit-ranks.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { Database } from '../../src/platform/database.ts';

/**
 * Fails when the index of ranks that a Laurel answers from is not what the rows come to. What was written beside the API (a rebuild,
 * an import) comes to it through the relay, which tests seldom run.
 */
export async function checkRanks(app: App, database: Database, clock: Clock): Promise<void> {
  if ((await differencesOf(app, database, clock)).length === 0) return;
  while ((await relayRound({ database, bus: app.services.bus, enqueue: async () => {} })).hasMore);
  expect(await differencesOf(app, database, clock)).toEqual([]);
}

async function differencesOf({ live, services }: App, database: Database, clock: Clock): Promise<RankDifference[]> {
  const found: RankDifference[] = [];
  for await (const { differences } of auditRanks({ database, catalog: services.catalog, clock, index: live.ranks }))
    found.push(...differences);
  return found;
}
