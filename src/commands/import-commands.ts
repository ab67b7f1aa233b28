import { resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Command } from 'commander';
import type { Unlock } from '../engine/state.ts';
import { importEvents } from '../features/moving/events.ts';
import { type Imported, importPlayers, type NumberedLine } from '../features/moving/players.ts';
import { mapAhead } from '../platform/ahead.ts';
import { measureLines, readLines } from '../platform/line-file.ts';
import { systemRandomNames } from '../platform/random.ts';
import { addArchiveCommand } from './archive-commands.ts';
import { EXIT, type ProgramParts } from './program-parts.ts';
import { progressTo } from './progress.ts';

/** Lines of one step: players share a transaction; events share several. */
const PLAYERS = 250;
const EVENTS = 1_000;
/** Transactions of players under way at once on a server. */
const SIDE_BY_SIDE = 3;
/** Steps under way at once. What is of one user stays in order: it waits in one lane. */
const AHEAD = 4;

const PLAYERS_HELP = `
A line is one player:
  {"externalId": "p1", "createdAt": "2024-05-01T00:00:00Z", "attributes": {}, "xp": 1200,
   "metrics": {"laps": 812, "score": 5300, "lap_record": {"north": 58.2}},
   "unlocked": [{"achievement": "newcomer", "at": "2024-05-01T10:00:00Z"}],
   "streaks": {"daily": {"current": 3, "longest": 40, "lastActiveOn": "2026-11-20"}}}
Only externalId is needed. Also displayName, timezone, locale; a tier of an achievement as "tier".
The same externalId again replaces what its line brought. Run an interrupted import again: what is there already is passed over.`;

const EVENTS_HELP = `
A line is one event:
  {"user": {"externalId": "p1"}, "type": "lap_finished", "details": {"seconds": 58}, "occurredAt": "2024-05-01T10:00:00Z"}
Lines of one user in the order in which they happened import fastest. Events may be of any age, and nobody is told of what they unlock.
A line may bring its idempotencyKey. Run an interrupted import again: what is there already is passed over.`;

/** Adds `laurel players import` and `laurel events import` (a live game moves in), and what else `laurel events` does. `exit` sets the exit status. */
export function addImportCommands(program: Command, parts: ProgramParts, exit: (code: number) => void): void {
  const group = (name: string, description: string): Command => configured(program.command(name), description, parts);

  configured(group('players', 'players of a game that moves in').command('import'), 'import players, one a line', parts)
    .argument('<file>', 'lines of JSON')
    .option('--dry-run', 'say what would be imported and unlocked; writes nothing')
    .addHelpText('after', PLAYERS_HELP)
    .action((file: string, { dryRun = false }: { dryRun?: boolean }) =>
      parts.withWorkbench(async (bench) => {
        const { rebuild } = await bench.live();
        const moving = { ...rebuild, names: systemRandomNames };
        const groups = bench.database.kind === 'embedded' ? 1 : SIDE_BY_SIDE;
        const lanes = createLanes(groups);
        const steps = (path: string): AsyncGenerator<Step> =>
          mapAhead(readLines(path, PLAYERS * groups), AHEAD, async (lines) => {
            const work = byPlayer(lines, groups).map((own, at) =>
              lanes.run(at, () => importPlayers(moving, own, { dryRun })),
            );
            await Promise.allSettled(work);
            return { lines, imported: together(await Promise.all(work)) };
          });
        exit(await importFile(parts, resolve(parts.cwd, file), 'players', dryRun, steps));
      }),
    );

  const events = group('events', 'the log of events');
  configured(events.command('import'), 'import events, one a line', parts)
    .argument('<file>', 'lines of JSON')
    .addHelpText('after', EVENTS_HELP)
    .action((file: string) =>
      parts.withWorkbench(async (bench) => {
        const { ingest } = await bench.live();
        const steps = (path: string, digest: string): AsyncGenerator<Step> =>
          mapAhead(readLines(path, EVENTS), AHEAD, async (lines) => ({
            lines,
            imported: await importEvents(ingest, lines, digest),
          }));
        exit(await importFile(parts, resolve(parts.cwd, file), 'events', false, steps));
      }),
    );
  addArchiveCommand(events, parts);
}

function configured(command: Command, description: string, { output }: ProgramParts): Command {
  return command
    .description(description)
    .exitOverride()
    .configureOutput({ writeOut: output.stdout, writeErr: output.stderr });
}

/** Some lines of the file with what became of them. */
interface Step {
  readonly lines: readonly NumberedLine[];
  readonly imported: Imported;
}

/** Imports a file and prints what became of it; answers the exit status. */
async function importFile(
  parts: ProgramParts,
  path: string,
  what: string,
  dryRun: boolean,
  stepsOf: (path: string, digest: string) => AsyncGenerator<Step>,
): Promise<number> {
  const { output } = parts;
  const { digest, lines: total } = await measureLines(path);
  const tell = progressTo(parts, what);
  const sums = { done: 0, imported: 0, unchanged: 0, refused: 0 };
  const unlocks = new Map<string, number>();
  for await (const { lines, imported } of stepsOf(path, digest)) {
    for (const { number, reason } of imported.refused) output.stdout(`line ${number}: ${reason}\n`);
    sums.done += lines.length;
    sums.imported += imported.imported;
    sums.unchanged += imported.unchanged;
    sums.refused += imported.refused.length;
    countUnlocks(unlocks, imported.unlocked);
    tell({ done: sums.done, total });
  }
  const verb = dryRun ? 'Would import' : 'Imported';
  output.stdout(
    `${verb} ${sums.imported} ${what}; ${sums.unchanged} were there already, ${sums.refused} lines are refused.\n`,
  );
  for (const [achievement, count] of [...unlocks].sort(([, a], [, b]) => b - a))
    output.stdout(`  the rules ${dryRun ? 'would unlock' : 'unlocked'} ${achievement} for ${count}\n`);
  return sums.refused === 0 ? EXIT.fine : EXIT.faults;
}

/** Does what is given to one lane one after the other; what comes after a failure fails alike, and is not begun. */
function createLanes(count: number): { run<T>(lane: number, work: () => Promise<T>): Promise<T> } {
  const last: Promise<unknown>[] = Array.from({ length: count }, () => Promise.resolve());
  return {
    run(lane, work) {
      const next = (last[lane] as Promise<unknown>).then(work);
      last[lane] = next;
      return next;
    },
  };
}

/** Cuts a part into groups, each for a lane: all lines of a player are in one, in their order. */
function byPlayer(lines: readonly NumberedLine[], count: number): NumberedLine[][] {
  if (count === 1) return [[...lines]];
  const laneOf = ({ text }: NumberedLine): number => crc32(playerOf(text)) % count;
  const groups = Map.groupBy(lines, laneOf);
  return Array.from({ length: count }, (_, lane) => groups.get(lane) ?? []);
}

/** Whom a line is of; '' for a line that will be refused. */
function playerOf(text: string): string {
  try {
    return String((JSON.parse(text) as { readonly externalId?: unknown } | null)?.externalId).trim();
  } catch {
    return '';
  }
}

function together(parts: readonly Imported[]): Imported {
  const sum = (pick: (part: Imported) => number): number => parts.reduce((all, part) => all + pick(part), 0);
  return {
    imported: sum(({ imported }) => imported),
    unchanged: sum(({ unchanged }) => unchanged),
    refused: parts.flatMap(({ refused }) => refused).toSorted((one, two) => one.number - two.number),
    unlocked: parts.flatMap(({ unlocked }) => unlocked),
  };
}

function countUnlocks(counts: Map<string, number>, unlocks: readonly Unlock[]): void {
  const first = unlocks.filter(({ tier }) => tier <= 1);
  for (const { achievement } of first) counts.set(achievement, (counts.get(achievement) ?? 0) + 1);
}
