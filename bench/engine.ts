/**
 * The engine alone, on one core: folds batches of events of one user with the racing catalog, then with the same catalog grown to
 * 10 and to 1,000 achievements. Seconds are those of the processor, so that a busy machine tells the same; reading from and merging
 * into the state in memory are counted. Run: npx node bench/engine.ts [events]
 */
import path from 'node:path';
import type { Catalog } from '../src/engine/catalog.ts';
import { compileCatalog } from '../src/engine/compile.ts';
import { fold } from '../src/engine/fold.ts';
import { answerFromMemory, applyChange } from '../src/engine/merge.ts';
import { emptyState, type FoldEvent, type UserState } from '../src/engine/state.ts';
import { type CatalogFiles, parseCatalog } from '../src/features/catalog/parse.ts';
import { readCatalogFiles } from '../src/features/catalog/read-files.ts';

const BATCH = 100;
const USERS = 200;
const START = Date.UTC(2026, 0, 5);

function compile(files: CatalogFiles): Catalog {
  const parsed = parseCatalog(files);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const compiled = compileCatalog(parsed.source);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled.catalog;
}

/** The racing catalog with so many more achievements on its metrics, out of reach: what exists and is not touched. */
function grown(files: CatalogFiles, count: number): Catalog {
  const metrics = ['logins', 'laps', 'clean_laps', 'distance', 'tracks', 'win_run', 'wins_week'];
  const extra = Array.from({ length: count }, (_, index) => {
    const metric = metrics[index % metrics.length];
    return `  extra_${index}: { points: 1, when: { metric: ${metric}, atLeast: ${1_000_000 + index} } }\n`;
  });
  const text = files.files[files.main] ?? '';
  const main = count === 0 ? text : `${text}\nachievements:\n${extra.join('')}`;
  return compile({ main: files.main, files: { ...files.files, [files.main]: main } });
}

let seed = 1;
function random(): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
}

function eventsOf(count: number): FoldEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const kind = random();
    const base = {
      id: String(index).padStart(12, '0'),
      occurredAt: START + index * 2_000,
      attributes: null,
      timezone: null,
      priced: null,
    };
    if (kind < 0.1) return { ...base, type: 'login', details: null };
    if (kind < 0.5) {
      const details = {
        track: `t${Math.floor(random() * 20)}`,
        seconds: Math.round((55 + random() * 20) * 1000) / 1000,
      };
      return { ...base, type: 'lap_finished', details };
    }
    if (kind < 0.6) return { ...base, type: 'race_won', details: null };
    if (kind < 0.7) return { ...base, type: 'race_lost', details: null };
    if (kind < 0.8) return { ...base, type: 'overtake', details: { match_id: `m${Math.floor(index / 500)}` } };
    if (kind < 0.9) return { ...base, type: 'drive', details: { km: Math.round(random() * 100) / 10 } };
    return { ...base, type: 'complete_level', details: { level_id: 3 } };
  });
}

function run(catalog: Catalog, count: number): number {
  seed = 1;
  const perUser = Math.ceil(count / USERS);
  const events = eventsOf(perUser);
  let total = 0;
  const started = process.cpuUsage();
  for (let user = 0; user < USERS; user++) {
    const blank = { userId: String(user), test: false, score: 0, achievementPoints: 0, xp: 0, lastActivityAt: null };
    let state: UserState = emptyState(blank);
    for (let from = 0; from < events.length; from += BATCH) {
      const batch = events.slice(from, from + BATCH);
      let result = fold(catalog, state, batch, START);
      for (; result.kind === 'needs'; result = fold(catalog, state, batch, START)) {
        state = answerFromMemory(state, result.needs, events.slice(0, from));
      }
      state = applyChange(state, result.change);
      total += result.outcomes.length;
    }
  }
  const { user, system } = process.cpuUsage(started);
  return total / ((user + system) / 1_000_000);
}

const files = await readCatalogFiles(path.join(import.meta.dirname, '../catalogs/racing.yaml'));
const count = Number(process.argv[2] ?? 400_000);
const lines: string[] = [];
for (const [name, extra] of [
  ['racing', 0],
  ['racing + 10', 10],
  ['racing + 1,000', 1000],
] as const) {
  const catalog = grown(files, extra);
  run(catalog, count / 4);
  const best = Math.max(run(catalog, count), run(catalog, count));
  lines.push(`${name.padEnd(16)} ${Math.round(best).toLocaleString('en')} events/s`);
}
process.stdout.write(`${lines.join('\n')}\n`);
