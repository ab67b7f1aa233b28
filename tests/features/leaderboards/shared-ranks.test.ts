import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SharedRanks } from '../../../src/features/leaderboards/shared-ranks.ts';
import { createMemoryRankIndex } from '../../../src/ranking/memory-rank-index.ts';
import type { LoadedEntry, RankChange, RankedBoard, RankIndex, Span } from '../../../src/ranking/rank-index.ts';
import { createFakeSchedule, type FakeSchedule } from '../../realtime/fake-schedule.ts';
import { settle } from '../../support/eventually.ts';

const board: RankedBoard = { key: 'score', metric: 'score', order: 'desc', ties: 'earliest' };
const span: Span = { board, period: '' };
const ranking = { ...span, by: '' };
const user = (number: number): string => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const change = (number: number, value: number | null, version: number): RankChange => ({
  ranking,
  userId: user(number),
  version,
  standing: value === null ? null : { value, achievedAt: 0 },
});

describe('what a process brings to shared ranks', () => {
  let schedule: FakeSchedule;
  let index: RankIndex;
  let isAway: boolean;
  /** What the rows say of each user now. */
  let rows: Map<string, RankChange>;
  let shared: SharedRanks;
  let dropped: number;

  beforeEach(async () => {
    schedule = createFakeSchedule();
    const memory = createMemoryRankIndex();
    isAway = false;
    dropped = 0;
    rows = new Map();
    index = {
      ...memory,
      apply: async (changes) => {
        if (isAway) throw new Error('away');
        await memory.apply(changes);
      },
      drop: async (which) => {
        dropped += 1;
        await memory.drop(which);
      },
      load: async (which, pages) => {
        if (isAway) throw new Error('away');
        return memory.load(which, pages);
      },
    };
    shared = new SharedRanks({
      index,
      logger: { warn: () => {}, info: () => {}, error: () => {}, debug: () => {} } as never,
      schedule: schedule.schedule,
      reread: async function* (userIds) {
        yield userIds.flatMap((userId) => rows.get(userId) ?? []);
      },
    });
    await index.load(span, pages([]));
  });
  afterEach(() => shared.close());

  async function* pages(entries: readonly LoadedEntry[]): AsyncGenerator<readonly LoadedEntry[]> {
    yield entries;
  }
  const scoreOf = async (number: number) => (await index.places(ranking, [user(number)]))?.[0]?.value ?? null;

  it('is there at once', async () => {
    await shared.apply([change(1, 10, 1)]);
    expect(await scoreOf(1)).toBe(10);
    expect(shared.isCurrent).toBe(true);
  });

  it('is owed while it is away, and read anew once it is back: an old change does not bring back who is gone', async () => {
    isAway = true;
    await shared.apply([change(1, 10, 1), change(2, 20, 1)]);
    expect(shared.isCurrent).toBe(false);
    // Not tried again by what comes meanwhile.
    isAway = false;
    await shared.apply([change(3, 30, 1)]);
    expect(await scoreOf(3)).toBeNull();
    rows
      .set(user(1), change(1, null, 2))
      .set(user(2), change(2, 25, 2))
      .set(user(3), change(3, 30, 1));
    await schedule.advance(500);
    await settle();
    expect(shared.isCurrent).toBe(true);
    expect([await scoreOf(1), await scoreOf(2), await scoreOf(3)]).toEqual([null, 25, 30]);
  });

  it('stays owed as long as it does not arrive', async () => {
    isAway = true;
    await shared.apply([change(1, 10, 1)]);
    rows.set(user(1), change(1, 10, 1));
    for (let time = 0; time < 3; time += 1) {
      await schedule.advance(500);
      await settle();
      expect(shared.isCurrent).toBe(false);
    }
    isAway = false;
    await schedule.advance(500);
    await settle();
    expect(shared.isCurrent).toBe(true);
    expect(await scoreOf(1)).toBe(10);
  });

  it('is given up when it is too much: then the span is loaded anew', async () => {
    isAway = true;
    for (let from = 0; from < 21_000; from += 7_000)
      await shared.apply(Array.from({ length: 7_000 }, (_, place) => change(from + place, 1, 1)));
    isAway = false;
    await schedule.advance(500);
    await settle();
    expect(dropped).toBe(1);
    expect(shared.isCurrent).toBe(true);
    expect(await index.isLoaded(span)).toBe(false);
  });

  it('is loaded in the end, however often it fails before', async () => {
    await index.drop(span);
    isAway = true;
    let asked = 0;
    shared.ensure(span, () => {
      asked += 1;
      return pages([{ userId: user(1), by: '', version: 1, value: 5, achievedAt: 0 }]);
    });
    await settle();
    await schedule.advance(1_000);
    await settle();
    isAway = false;
    await schedule.advance(1_000);
    await settle();
    expect(await scoreOf(1)).toBe(5);
    expect(asked).toBe(3);
    await schedule.advance(1_000);
    await settle();
    expect(asked).toBe(3);
  });
});
