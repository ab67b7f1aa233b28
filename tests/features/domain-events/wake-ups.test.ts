import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { relayRound } from '../../../src/features/domain-events/relay.ts';
import { createWakeUpRepair, type WakeUpRepair } from '../../../src/features/domain-events/wake-ups.ts';
import type { Database } from '../../../src/platform/database.ts';
import { createLogger } from '../../../src/platform/logger.ts';
import { openPostgres } from '../../../src/platform/postgres-database.ts';
import type { Bus } from '../../../src/realtime/bus.ts';
import { createMemoryBus } from '../../../src/realtime/memory-bus.ts';
import { backends, openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { settle } from '../../support/eventually.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';

const RECORD = `mutation ($input: RecordEventsInput!) {
  recordEvents(input: $input) { results { ... on RecordEventSuccess { user { id } } } }
}`;

describe.runIf(backends().includes('postgres'))('wake-ups of another process', () => {
  let opened: TestDatabase;
  let other: Database;
  let laurel: TestLaurel;
  let bus: Bus;
  let repair: WakeUpRepair;
  let now = 0;
  let refreshed: string[];
  const refresh = async (userIds: readonly string[]) => void refreshed.push(...userIds);

  beforeEach(async () => {
    opened = await openTestDatabase('postgres');
    other = await openPostgres({ url: opened.url ?? '', poolSize: 4 });
    laurel = await startLaurel('postgres', { database: other });
    bus = createMemoryBus({ logger: createLogger({ level: 'silent' }) });
    now = Date.now();
    refreshed = [];
    repair = createWakeUpRepair({ database: opened.db, bus, clock: { now: () => now }, ranks: { refresh } });
  });
  afterEach(async () => {
    await laurel.close();
    await other.close();
    await opened.dispose();
  });

  /** The process dies with its connections, right after its last commit. */
  async function die(): Promise<void> {
    await laurel.close();
    await other.close();
    await expect
      .poll(
        async () =>
          (
            await opened.db.query({
              text: 'select 1 from pg_stat_activity where datname = current_database()',
              values: [],
            })
          ).length,
      )
      .toBeLessThanOrEqual(1);
  }

  async function record(externalId: string, count: number): Promise<string> {
    const events = Array.from({ length: count }, () => ({ user: { externalId }, type: 'find_secret' }));
    const { data } = await laurel.query(RECORD, { input: { events } });
    return data.recordEvents.results[0].user.id.replace('user_', '');
  }

  async function heardOn(line: Bus, userId: string): Promise<unknown[]> {
    const heard: unknown[] = [];
    for (const topic of ['notification', 'progress'] as const)
      await line.subscribe(topic, userId, (payload) => heard.push([topic, payload]));
    await line.subscribe('event', 'all', (payload) => heard.push(['event', payload]));
    return heard;
  }

  const relay = async (): Promise<void> => {
    const { rows } = await relayRound({ database: opened.db, bus, enqueue: () => Promise.resolve() });
    repair.watch(rows);
  };

  it('are not sent again while it lives, nor later for what it sent while it lived', async () => {
    const userId = await record(unique(), 1);
    const heard = await heardOn(bus, userId);
    await relay();
    now += 2_000;
    expect(await repair.repair()).toBe(0);
    await die();
    now += 2_000;
    expect(await repair.repair()).toBe(0);
    await settle();
    expect(heard).toEqual([]);
  });

  it('are sent for it once it is gone, as it would have sent them', async () => {
    const player = unique();
    const userId = await record(player, 1);
    await relay();
    now += 2_000;
    expect(await repair.repair()).toBe(0);
    const sent = await heardOn(laurel.app.services.bus, userId);
    const heard = await heardOn(bus, userId);
    await record(player, 25);
    await settle();
    await die();
    await relay();
    now += 1_999;
    expect(await repair.repair()).toBe(0);
    now += 1;
    expect(await repair.repair()).toBe(1);
    expect(refreshed).toEqual([userId]);
    await settle();
    expect(heard).toEqual(sent);
    expect(heard).toContainEqual(['progress', { levelUp: { from: 1, to: 2 } }]);
    now += 60_000;
    expect(await repair.repair()).toBe(0);
  });

  it('are left alone when they are old: who listened has long read what is stored', async () => {
    await record(unique(), 1);
    await die();
    now += 31_000;
    await relay();
    now += 2_000;
    expect(await repair.repair()).toBe(0);
  });
});
