import { describe, expect, it } from 'vitest';
import { emptyState } from '../../../src/engine/state.ts';
import { readRecorded } from '../../../src/features/ingest/store.ts';
import { readSlices, type SliceRequest } from '../../../src/features/state/store.ts';
import type { Queryable } from '../../../src/platform/database.ts';
import { createIds } from '../../../src/platform/ids.ts';
import { sql } from '../../../src/platform/sql.ts';
import { backends, openTestDatabase } from '../../support/databases.ts';

const ids = createIds();
const TABLES = ['metric_values', 'metric_members', 'user_achievements', 'streak_days', 'event_type_totals', 'events'];
const OTHERS = 400;

function requestOf(userId: string): SliceRequest {
  const user = { userId, test: false, score: 0, achievementPoints: 0, xp: 0, lastActivityAt: null };
  const cell = { metric: 'laps', by: '', period: '' };
  const needs = {
    cells: [cell],
    whole: [{ metric: 'laps', period: '' }],
    members: [{ ...cell, member: 'north' }],
    achievements: ['newcomer'],
    streaks: ['daily'],
    totals: ['lap'],
    history: [],
  };
  return { state: emptyState(user), needs } as unknown as SliceRequest;
}

/** Rows that the transaction has read of the tables by their indexes and by scanning them, its partitions' too. */
async function rowsRead(on: Queryable): Promise<number> {
  const [row] = await on.query<{ rows: number }>(sql`
    select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows from pg_stat_xact_user_tables
    where relname = any(${TABLES}::text[]) or relname like 'events\_p%'`);
  return row?.rows ?? Number.NaN;
}

/** A row of each table for each of many users. */
async function fill(on: Queryable): Promise<void> {
  const users = Array.from({ length: OTHERS }, () => ids.next());
  await on.query(sql`insert into metric_values (user_id, metric, value, achieved_at, updated_at)
    select id, 'laps', 1, now(), now() from unnest(${users}::uuid[]) as n (id)`);
  await on.query(sql`insert into metric_members (user_id, metric, member, first_at)
    select id, 'laps', 'north', now() from unnest(${users}::uuid[]) as n (id)`);
  await on.query(sql`insert into user_achievements (user_id, achievement, tier, period, unlocked_at, recorded_at, version, source,
      points, xp)
    select id, 'newcomer', 1, '', now(), now(), 1, 'rule', 0, 0 from unnest(${users}::uuid[]) as n (id)`);
  await on.query(sql`insert into streak_days (user_id, streak, day)
    select id, 'daily', current_date from unnest(${users}::uuid[]) as n (id)`);
  await on.query(sql`insert into event_type_totals (user_id, type, count, points, first_at, last_at)
    select id, 'lap', 1, 0, now(), now() from unnest(${users}::uuid[]) as n (id)`);
  await on.query(sql`insert into events (user_id, id, type, timezone, points, xp, occurred_at, recorded_at, key_hash, payload_hash,
      catalog_version)
    select id, id, 'lap', 'UTC', 0, 0, now(), now(), id, '', 1 from unnest(${users}::uuid[]) as n (id)`);
}

describe.each(backends())('reads of the write path on %s', (backend) => {
  it('look up what they are asked for, also by plans from when the tables were empty', async () => {
    await using test = await openTestDatabase(backend);
    await test.db.script(TABLES.map((table) => `analyze ${table}`).join(';'));
    const read = async (on: Queryable): Promise<void> => {
      const userId = ids.next();
      await readSlices(on, [requestOf(userId)]);
      await readRecorded(on, [{ userId, keyHash: ids.next() }]);
    };
    await test.db.transaction(async (transaction) => {
      // As a plan that is kept is made, without trying others first.
      await transaction.query(sql`select set_config('plan_cache_mode', 'force_generic_plan', true),
        set_config('enable_seqscan', 'off', true)`);
      await read(transaction);
      await fill(transaction);
      const before = await rowsRead(transaction);
      await read(transaction);
      expect((await rowsRead(transaction)) - before).toBe(0);
    });
  });
});
