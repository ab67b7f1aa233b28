import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { readCatalogFiles } from '../../features/catalog/read-files.ts';
import { VersionMovedError } from '../../features/catalog/service.ts';
import type { CatalogPlan } from '../../features/versions/plan.ts';
import { EXIT, type ProgramParts } from '../program-parts.ts';
import { progressTo } from '../progress.ts';
import type { Workbench } from '../workbench.ts';

const ACTOR = 'command line';

/** Adds the commands of `laurel catalog` that work on the live catalog. `exit` sets the exit status. */
export function addLiveCommands(catalog: Command, parts: ProgramParts, exit: (code: number) => void): void {
  const { output, withWorkbench } = parts;
  const print = (text: string): void => output.stdout(`${text}\n`);
  const add = (name: string, description: string): Command =>
    catalog
      .command(name)
      .description(description)
      .exitOverride()
      .configureOutput({ writeOut: output.stdout, writeErr: output.stderr });

  add('plan', 'what a catalog would change: definitions, unlocks, points; writes nothing')
    .argument('<path>', 'a YAML file or a folder')
    .option('--json', 'for machines')
    .action((path: string, { json = false }: { json?: boolean }) =>
      withWorkbench(async (bench) => {
        const plan = await planned(bench, parts, path);
        print(json ? JSON.stringify(plan, null, 2) : planText(plan));
      }),
    );

  add('apply', 'make a catalog live as the next version, then bring the users up from the log')
    .argument('<path>', 'a YAML file or a folder')
    .option('--expect <version>', 'refuse when another version is live', wholeNumber)
    .option('--note <text>', 'kept with the version')
    .action((path: string, { expect, note }: { expect?: number; note?: string }) =>
      withWorkbench((bench) =>
        refusing(parts, exit, async () => {
          const { versions } = await bench.live();
          const files = await readCatalogFiles(resolve(parts.cwd, path));
          const live = await versions.apply({
            files,
            expectedVersion: expect ?? null,
            actor: ACTOR,
            note: note ?? null,
          });
          print(`Version ${live.version} is live.`);
          await versions.fill(progressTo(output, 'users brought up'));
        }),
      ),
    );

  add('rollback', 'make the content of an older version live again, as the next version')
    .argument('[version]', 'which; the one before the live one by default', wholeNumber)
    .option('--expect <version>', 'refuse when another version is live', wholeNumber)
    .action((version: number | undefined, { expect }: { expect?: number }) =>
      withWorkbench((bench) =>
        refusing(parts, exit, async () => {
          const { versions } = await bench.live();
          const live = await versions.rollback(version ?? null, {
            expectedVersion: expect ?? null,
            actor: ACTOR,
            note: null,
          });
          print(`Version ${live.version} is live: ${live.note ?? 'the same content as before'}.`);
          await versions.fill(progressTo(output, 'users brought up'));
        }),
      ),
    );

  add('export', 'the live catalog as YAML')
    .option('--version <version>', 'an older version', wholeNumber)
    .action(({ version }: { version?: number }) =>
      withWorkbench(async (bench) => {
        const { catalog } = await bench.live();
        const source = await catalog.sourceOf(version ?? null);
        if (source === null) throw new Error(`There is no version ${version}.`);
        const { main, files } = source;
        const others = Object.keys(files).filter((name) => name !== main);
        output.stdout(files[main] ?? '');
        for (const name of others) output.stdout(`---\n# ${name}\n${files[name] ?? ''}`);
      }),
    );
}

async function planned(bench: Workbench, parts: ProgramParts, path: string): Promise<CatalogPlan> {
  const { versions } = await bench.live();
  const files = await readCatalogFiles(resolve(parts.cwd, path));
  return versions.plan(files, progressTo(parts.output, 'users looked at'));
}

/** A version that moved is a fault in words, not a stack. */
async function refusing(parts: ProgramParts, exit: (code: number) => void, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof VersionMovedError)) throw error;
    parts.output.stderr(`Version ${error.liveVersion} is live: plan again.\n`);
    exit(EXIT.faults);
  }
}

/** A plan as a designer reads it. */
export function planText({ from, definitions, metricsToFill, achievements, users, points, xp }: CatalogPlan): string {
  const changes = definitions.map(({ section, key, kind, fields, formerly }) => {
    const what = kind === 'changed' ? `: ${fields.join(', ')}` : '';
    return `  ${section} ${key} ${kind}${formerly === null ? '' : ` (was ${formerly})`}${what}`;
  });
  const holders = achievements.map(({ key, unlocks, holdersWhoWouldNot, points: own }) => {
    const kept = holdersWhoWouldNot === 0 ? '' : `; ${holdersWhoWouldNot} holders would not earn it now and keep it`;
    return `  ${key}: ${unlocks} unlocks, ${own} points${kept}`;
  });
  return [
    `Compared with version ${from}:`,
    ...(changes.length === 0 ? ['  nothing is defined otherwise'] : changes),
    ...(metricsToFill.length === 0 ? [] : [`Metrics to fill from the log: ${metricsToFill.join(', ')}`]),
    `Users who would unlock something: ${users} (${points} points, ${xp} XP)`,
    ...holders,
  ].join('\n');
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a whole number from 1 on is wanted');
  return number;
}
