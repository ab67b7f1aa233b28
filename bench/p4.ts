import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { batchContender } from './p1.ts';
import { type Bench, sized } from './support/bench.ts';
import { ROOT } from './support/processes.ts';
import type { Outcome, Verdict } from './support/results.ts';
import { type Contender, checkedOf, interleave, ratesOf, rowOf } from './support/rounds.ts';
import { seedLog } from './support/seed.ts';
import { openStage } from './support/stage.ts';
import { ratios } from './support/statistics.ts';

const SMALL_LOG = 10_000;
/** So few that the small log has an event of each type for everybody: nobody's first events are measured. */
const USERS = 3_000;
const SMALL_CATALOG = 10;
const LARGE_CATALOG = 1_000;

/** P4: what an event costs when the catalog or the log is long, against what it costs when both are short. */
export async function p4(bench: Bench): Promise<Outcome> {
  await using parts = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'laurel-bench-'));
  parts.defer(() => rm(folder, { recursive: true, force: true }));
  const contender = async (achievements: number, events: number): Promise<Contender> => {
    const catalogPath = path.join(folder, `${achievements}.yaml`);
    await writeFile(catalogPath, await catalogOf(achievements));
    bench.print(`  seeding ${events.toLocaleString('en')} events, ${achievements} achievements`);
    const seed = (url: string): Promise<void> => seedLog(url, events, bench.signal);
    const stage = parts.use(await openStage(bench, { catalogPath, seed, users: USERS }));
    const name = `${achievements.toLocaleString('en')} achievements, log of ${events.toLocaleString('en')}`;
    const own = batchContender(bench, stage, name);
    return { ...own, job: { ...own.job, users: USERS, most: sized(bench, 30_000, 10_000) } };
  };
  const small = await contender(SMALL_CATALOG, SMALL_LOG);
  const wide = await contender(LARGE_CATALOG, SMALL_LOG);
  const long = await contender(SMALL_CATALOG, bench.logEvents);
  const contenders = [small, wide, long];
  const rounds = await interleave(bench, contenders);
  const cost = (of: Contender, name: string): Verdict => ({
    name,
    unit: 'x',
    values: ratios(ratesOf(rounds, small.name), ratesOf(rounds, of.name)),
    reach: { atMost: 1.2 },
  });
  return {
    rows: contenders.map((own) => rowOf(own, rounds.get(own.name) ?? [])),
    verdicts: [
      cost(wide, `cost with ${LARGE_CATALOG.toLocaleString('en')} achievements / with ${SMALL_CATALOG}`),
      cost(long, `cost with a log of ${bench.logEvents.toLocaleString('en')} / of ${SMALL_LOG.toLocaleString('en')}`),
    ],
    notes: [
      `As P1, rounds of ${small.job.most.toLocaleString('en')} events, ${USERS.toLocaleString('en')} users. The achievements ask for more ` +
        'than anybody reaches, so that no contender has more unlocks than another, and stand on the three metrics that the events move: ' +
        'each event touches a third of them. The logs are seeded by SQL, folded by the server, and grow with the rounds.',
      checkedOf(rounds.values()),
    ],
  };
}

/** The default catalog with so many achievements instead of its own, on its own metrics, out of reach. */
async function catalogOf(achievements: number): Promise<string> {
  const { tests, ...game } = parse(await readFile(path.join(ROOT, 'catalogs', 'game.yaml'), 'utf8')) as Record<
    string,
    object
  >;
  if (tests === undefined) throw new Error('the default catalog has no tests to leave out: is it the default catalog?');
  const metrics = Object.keys(game['metrics'] ?? {});
  const own = Array.from({ length: achievements }, (_, index) => [
    `far_${index}`,
    {
      name: { en: `Far ${index}`, ru: `Далеко ${index}` },
      points: 1,
      when: { metric: metrics[index % metrics.length], atLeast: 1_000_000 + index },
    },
  ]);
  return stringify({ ...game, achievements: Object.fromEntries(own) });
}
