import { batchContender } from './p1.ts';
import { type Bench, sized } from './support/bench.ts';
import { query } from './support/databases.ts';
import type { Outcome } from './support/results.ts';
import { measure, type Round, rowOf, warmUp } from './support/rounds.ts';
import { seedLog } from './support/seed.ts';
import { openStage } from './support/stage.ts';
import { median, ratios } from './support/statistics.ts';
import { type Watched, watch } from './support/watched.ts';

/** Memory late in a rebuild against memory early in it. */
const FLAT = 1.1;

/** P11: `laurel rebuild` after all that is folded was wiped, against P1 of the same minutes. */
export async function p11(bench: Bench): Promise<Outcome> {
  const seeded = sized(bench, 500_000, 50_000);
  await using stage = await openStage(bench, { seed: (url) => seedLog(url, seeded, bench.signal) });
  const p1 = batchContender(bench, stage, 'P1');
  await warmUp(bench, p1);
  const recorded: Round[] = [];
  const rebuilt: Rebuilt[] = [];
  for (let round = 1; round <= bench.rounds; round += 1) {
    recorded.push(await measure(bench, p1, `r${round}`));
    const own = await rebuildAll(bench, stage.databaseUrl);
    rebuilt.push(own);
    bench.print(`  r${round} rebuild: ${Math.round(own.perSecond)} events/s, ${own.lateMb.toFixed(0)} MB`);
  }
  const rates = rebuilt.map(({ perSecond }) => perSecond);
  const of = (pick: (own: Rebuilt) => number): string => median(rebuilt.map(pick)).toFixed(0);
  return {
    rows: [
      {
        name: 'rebuild',
        unit: 'events/s',
        values: rates,
        details: `memory early ${of(({ earlyMb }) => earlyMb)} MB, late ${of(({ lateMb }) => lateMb)} MB, at most ${of(({ mostMb }) => mostMb)} MB`,
      },
      rowOf(p1, recorded),
    ],
    verdicts: [
      {
        name: 'rebuild / P1',
        unit: 'x',
        values: ratios(
          rates,
          recorded.map(({ perSecond }) => perSecond),
        ),
        reach: { atLeast: 1 },
      },
      {
        name: 'memory late / early',
        unit: 'x',
        values: rebuilt.map(({ earlyMb, lateMb }) => lateMb / earlyMb),
        reach: { atMost: FLAT },
      },
    ],
    notes: [
      `A log of ${seeded.toLocaleString('en')} seeded events and those of the rounds, ${(rebuilt.at(-1)?.events ?? 0).toLocaleString('en')} at the end. ` +
        'Before each rebuild metrics, totals, streaks and scores are wiped; the time is that of the whole command, its start included. ' +
        'After each the state was, to the last row, what it was before.',
    ],
  };
}

interface Rebuilt extends Omit<Watched, 'seconds'> {
  readonly events: number;
  readonly perSecond: number;
}

/** Everything a fold makes; decisions (unlocks, ledger, messages) are facts and stay. */
const WIPE = `
  truncate metric_values, metric_members, event_type_totals, streak_days;
  update users set score = 0, achievement_points = 0, xp = 0, last_activity_at = null`;

const DIGEST = `
  select md5(concat(
    (select string_agg(concat_ws(',', id, score, achievement_points, xp, last_activity_at), ';' order by id) from users),
    (select string_agg(concat_ws(',', user_id, metric, by_key, period, value, achieved_at, state), ';'
      order by user_id, metric, by_key, period) from metric_values),
    (select string_agg(t::text, ';' order by user_id, type) from event_type_totals t),
    (select string_agg(d::text, ';' order by user_id, streak, day) from streak_days d))) as digest`;

async function rebuildAll(bench: Bench, databaseUrl: string): Promise<Rebuilt> {
  const digest = async (): Promise<string> => (await query<{ digest: string }>(databaseUrl, DIGEST))[0]?.digest ?? '';
  const before = await digest();
  await query(databaseUrl, WIPE);
  const [row] = await query<{ events: number }>(databaseUrl, 'select count(*)::int as events from event_log');
  const events = row?.events ?? 0;
  const { seconds, ...memory } = await watch(bench, ['rebuild'], { DATABASE_URL: databaseUrl });
  if ((await digest()) !== before) throw new Error('the rebuilt state is not what it was before');
  return { ...memory, events, perSecond: events / seconds };
}
