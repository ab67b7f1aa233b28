import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogService } from '../../../src/features/catalog/service.ts';
import { createRankKeeper } from '../../../src/features/leaderboards/keeper.ts';
import { createLogger } from '../../../src/platform/logger.ts';
import { createMemoryRankIndex } from '../../../src/ranking/memory-rank-index.ts';
import type { RankedBoard, RankIndex } from '../../../src/ranking/rank-index.ts';
import { openTestDatabase, type TestDatabase } from '../../support/databases.ts';

const board = (key: string, metric: string): RankedBoard & { readonly per: null } => ({
  key,
  metric,
  order: 'desc',
  ties: 'earliest',
  per: null,
});

describe('the keeper of ranks', () => {
  let opened: TestDatabase;
  beforeEach(async () => {
    opened = await openTestDatabase('embedded');
  });
  afterEach(() => opened.dispose());

  it('has the shared index forget a board that ranks something else now, and no other', async () => {
    const shared: RankIndex = createMemoryRankIndex();
    const dropped: string[] = [];
    const old = board('score', 'score');
    const live = {
      version: 2,
      catalog: {
        leaderboards: new Map([board('score', 'xp'), board('coins', 'coins')].map((one) => [one.key, one])),
        metrics: new Map(),
        seasons: new Map(),
      },
    };
    const keeper = createRankKeeper({
      database: opened.db,
      catalog: { live: () => live, reload: async () => live } as unknown as CatalogService,
      clock: { now: () => 1_800_000_000_000 },
      logger: createLogger({ level: 'silent' }),
      announcer: { moved: () => {}, close: () => {} },
      overtaking: { during: (_index, _changes, apply) => apply(), close: async () => {} },
      local: createMemoryRankIndex(),
      shared: {
        ...shared,
        drop: async (span) => {
          dropped.push(`${span.board.key} by ${span.board.metric}`);
          await shared.drop(span);
        },
      },
      origin: 'this process',
      minds: true,
    });
    await shared.load({ board: old, period: '' }, (async function* () {})());
    expect(
      await keeper.ask({ board: old, period: '' }, (index) => index.count({ board: old, period: '', by: '' })),
    ).toBe(0);
    await keeper.start();
    await keeper.close();
    expect(dropped).toEqual(['score by score']);
  });
});
