import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Bench, sized } from './support/bench.ts';
import { query } from './support/databases.ts';
import { laurel } from './support/laurel.ts';
import { ROOT } from './support/processes.ts';
import type { Outcome } from './support/results.ts';
import { seedLog } from './support/seed.ts';
import { openStage, type Stage } from './support/stage.ts';
import { type Watched, watch } from './support/watched.ts';

/** Calls a second of the game that goes on meanwhile, and events of a call. */
const CALLS = 10;
const PER_CALL = 5;

/** What the next version has more: a metric and three achievements over the log, each with another `retroactive`. */
const MORE = {
  metrics: '  busiest_day: { count: [login, complete_level, find_secret], per: day }\n',
  achievements: `  busy:     { points: 10, retroactive: notify, when: { metric: busiest_day, atLeast: 2 } }
  collector: { points: 20, retroactive: silent, when: { count: find_secret, atLeast: 6 } }
  steady:   { points: 5, retroactive: none, when: { streak: daily, atLeast: 3 } }
`,
};

/** PLAN: what a new version costs over a long log while the game goes on: plan, apply, and what both say. */
export async function plan(bench: Bench): Promise<Outcome> {
  const [users, events] = [sized(bench, 100_000, 2_000), sized(bench, 2_000_000, 50_000)];
  bench.print(`  seeding ${events.toLocaleString('en')} events of ${users.toLocaleString('en')} users`);
  await using stage = await openStage(bench, { users, seed: (url) => seedLog(url, events, bench.signal) });
  const folder = await mkdtemp(path.join(tmpdir(), 'laurel-bench-'));
  try {
    const file = path.join(folder, 'next.yaml');
    await writeFile(file, await nextCatalog());
    const environment = { DATABASE_URL: stage.databaseUrl };
    const game = goOn(stage, users);
    const busyPlan = await watch(bench, ['catalog', 'plan', file], environment);
    const before = await game.pause();
    // Without events in between it says exactly what applying gives.
    const said = JSON.parse(await laurel(['catalog', 'plan', file, '--json'], environment, bench.signal)) as Planned;
    const [{ at } = { at: new Date() }] = await query<{ at: Date }>(stage.databaseUrl, 'select now() as at');
    game.resume();
    const applied = await watch(bench, ['catalog', 'apply', file], environment);
    const after = await game.pause();
    await laurel(['audit'], environment, bench.signal);
    const differences = await compare(stage.databaseUrl, said, at);
    return {
      rows: [
        { name: 'plan, while events come', unit: 's', values: [busyPlan.seconds], details: memoryOf(busyPlan) },
        { name: 'apply, while events come', unit: 's', values: [applied.seconds], details: memoryOf(applied) },
        {
          name: 'events meanwhile',
          unit: 'ms p99',
          values: [p99(after)],
          details: `${p99(before)} ms during the plan`,
        },
      ],
      verdicts: [
        {
          name: `plan of ${events.toLocaleString('en')} events`,
          unit: 's',
          values: [busyPlan.seconds],
          reach: { atMost: 60 },
        },
        { name: 'memory late / early in the plan', unit: 'x', values: [flatOf(busyPlan)], reach: { atMost: 1.25 } },
        {
          name: 'unlocks planned and not given, or given and not planned',
          unit: '',
          values: [differences],
          reach: { atMost: 0 },
        },
      ],
      notes: [
        `${users.toLocaleString('en')} users, ${events.toLocaleString('en')} events, ${CALLS * PER_CALL} events a second coming. ` +
          `Planned: ${said.achievements.map(({ key, unlocks }) => `${key} ${unlocks.toLocaleString('en')}`).join(', ')}. ` +
          'After it `laurel audit` found no difference, and toasts came only of what says `retroactive: notify`.',
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Planned {
  readonly achievements: readonly { readonly key: string; readonly unlocks: number }[];
}

async function nextCatalog(): Promise<string> {
  const text = await readFile(path.join(ROOT, 'catalogs', 'game.yaml'), 'utf8');
  return text
    .replace('metrics:\n', `metrics:\n${MORE.metrics}`)
    .replace('\nachievements:\n', `\nachievements:\n${MORE.achievements}`)
    .replace(/\ntests:[\s\S]*$/, '\n');
}

const flatOf = ({ earlyMb, lateMb }: Watched): number => lateMb / earlyMb;
const memoryOf = (watched: Watched): string =>
  `at most ${watched.mostMb.toFixed(0)} MB, late / early ${flatOf(watched).toFixed(2)}`;

/** The game goes on: some events a second. Pausing answers the latencies since the last pause. */
function goOn({ servers, key }: Stage, users: number): { pause(): Promise<number[]>; resume(): void } {
  let latencies: number[] = [];
  let running = true;
  const call = async (): Promise<void> => {
    const events = Array.from({ length: PER_CALL }, () => {
      const player = Math.floor(Math.random() * users);
      return `{ user: { externalId: "player-${player}" }, type: "login" }`;
    });
    const startedAt = performance.now();
    const response = await fetch(`${servers[0]?.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({
        query: `mutation { recordEvents(input: { events: [${events.join(', ')}] }) { recorded } }`,
      }),
    });
    const answer = (await response.json()) as { data?: { recordEvents: { recorded: number } } };
    if (answer.data?.recordEvents.recorded !== PER_CALL) throw new Error(`not recorded: ${JSON.stringify(answer)}`);
    latencies.push(performance.now() - startedAt);
  };
  const loop = async (): Promise<void> => {
    while (running) {
      const next = wait(1_000 / CALLS);
      await call();
      await next;
    }
  };
  let looping = loop();
  return {
    async pause() {
      running = false;
      await looping;
      const own = latencies;
      latencies = [];
      return own;
    },
    resume() {
      running = true;
      looping = loop();
    },
  };
}

function p99(latencies: readonly number[]): number {
  return Math.round(latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? Number.NaN);
}

/** Unlocks of the new version by what was in the log before, against the plan; and toasts of what is not to be told. */
async function compare(databaseUrl: string, { achievements }: Planned, at: Date): Promise<number> {
  const given = await query<{ achievement: string; unlocks: number; told: number }>(
    databaseUrl,
    `select a.achievement, count(*)::int as unlocks, count(n.user_id)::int as told
     from user_achievements a join events e on e.user_id = a.user_id and e.id = a.event_id
     left join notifications n on n.user_id = a.user_id and n.data->>'achievement' = a.achievement
     where a.version = 2 and e.recorded_at < $1 group by 1`,
    [at],
  );
  const counts = new Map(given.map((row) => [row.achievement, row]));
  const wrong = achievements.map(({ key, unlocks }) => Math.abs(unlocks - (counts.get(key)?.unlocks ?? 0)));
  const unplanned = given.filter(({ achievement }) => !achievements.some(({ key }) => key === achievement));
  const told = given.filter(({ achievement }) => achievement !== 'busy').map((row) => row.told);
  const untold = (counts.get('busy')?.unlocks ?? 0) - (counts.get('busy')?.told ?? 0);
  return [...wrong, ...unplanned.map(({ unlocks }) => unlocks), ...told, untold].reduce((sum, count) => sum + count, 0);
}
