import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { COMMAND_LINE } from '../../features/audit/service.ts';
import type { CatalogFiles } from '../../features/catalog/parse.ts';
import { readCatalogFiles } from '../../features/catalog/read-files.ts';
import type { CatalogPlan } from '../../features/versions/plan.ts';
import type { AppliedCatalog } from '../../features/versions/service.ts';
import type { ProgramParts } from '../program-parts.ts';
import { progressTo } from '../progress.ts';
import { appliedText, planText } from './plan-text.ts';
import { callLaurel, exportedFrom, OPERATIONS, remoteOf, toInput, withRemoteOptions } from './remote.ts';

interface LiveOptions {
  readonly to?: string;
  readonly key?: string;
  readonly expect?: number;
  readonly note?: string;
  readonly allowRevoke?: boolean;
  readonly json?: boolean;
}

/** Adds the commands of `laurel catalog` that work on the live catalog: in a database, or with `--to` in a running Laurel. */
export function addLiveCommands(catalog: Command, parts: ProgramParts): void {
  const { output, withWorkbench } = parts;
  const print = (text: string): void => output.stdout(`${text}\n`);
  const add = (name: string, description: string): Command =>
    withRemoteOptions(catalog.command(name).description(description))
      .exitOverride()
      .configureOutput({ writeOut: output.stdout, writeErr: output.stderr });
  const filesAt = (path: string): Promise<CatalogFiles> => readCatalogFiles(resolve(parts.cwd, path));

  add('plan', 'what a catalog would change: definitions, unlocks, points; writes nothing')
    .argument('<path>', 'a YAML file or a folder')
    .option('--allow-revoke', 'as apply would be told: who would lose what, with what depends on it')
    .option('--json', 'for machines')
    .action(async (path: string, options: LiveOptions) => {
      const remote = remoteOf(options, parts);
      const { allowRevoke = false } = options;
      const files = await filesAt(path);
      const plan = remote
        ? {
            ...(await callLaurel<CatalogPlan>(remote, OPERATIONS.plan, { ...toInput(files), allowRevoke })),
            allowRevoke,
          }
        : await withWorkbench(async (bench) => {
            const onProgress = progressTo(parts, 'users looked at');
            return (await bench.live()).versions.plan(files, { allowRevoke, onProgress });
          });
      print(options.json ? JSON.stringify(plan, null, 2) : planText(plan));
    });

  add('apply', 'make a catalog live as the next version, then bring the users up from the log')
    .argument('<path>', 'a YAML file or a folder')
    .option('--expect <version>', 'refuse when another version is live', wholeNumber)
    .option('--note <text>', 'kept with the version')
    .option('--allow-revoke', 'take what says onChange: revoke from holders who would not earn it by its new rule')
    .action(async (path: string, options: LiveOptions) => {
      const remote = remoteOf(options, parts);
      const files = await filesAt(path);
      const { expect = null, note = null, allowRevoke = false } = options;
      const wanted = { expectedVersion: expect, note, allowRevoke };
      if (remote) {
        const input = { ...toInput(files), ...wanted };
        const { catalog: live, ...applied } = await callLaurel<Applied>(remote, OPERATIONS.apply, input);
        print(`Version ${live.version} is live; users are brought up in the background.${appliedText(applied)}`);
        return;
      }
      await withWorkbench(async (bench) => {
        const { versions } = await bench.live();
        const live = await versions.apply({ files, ...wanted, author: COMMAND_LINE });
        print(`Version ${live.version} is live.${appliedText(live)}`);
        await versions.fill(progressTo(parts, 'users brought up'));
      });
    });

  add('rollback', 'make the content of an older version live again, as the next version')
    .argument('[version]', 'which; the one before the live one by default', wholeNumber)
    .option('--expect <version>', 'refuse when another version is live', wholeNumber)
    .action(async (version: number | undefined, options: LiveOptions) => {
      const remote = remoteOf(options, parts);
      const wanted = { expectedVersion: options.expect ?? null, note: null };
      if (remote) {
        const { catalog: live } = await callLaurel<Pick<Applied, 'catalog'>>(remote, OPERATIONS.rollback, {
          version: version ?? null,
          ...wanted,
        });
        print(`Version ${live.version} is live: ${live.note ?? ''}.`);
        return;
      }
      await withWorkbench(async (bench) => {
        const { versions } = await bench.live();
        const live = await versions.rollback(version ?? null, { ...wanted, author: COMMAND_LINE });
        print(`Version ${live.version} is live: ${live.note ?? 'the same content as before'}.`);
        await versions.fill(progressTo(parts, 'users brought up'));
      });
    });

  add('export', 'the live catalog as YAML')
    .argument('[version]', 'an older version, from the database', wholeNumber)
    .action(async (version: number | undefined, options: LiveOptions) => {
      const remote = remoteOf(options, parts);
      const files = remote
        ? (await exportedFrom(remote)).files
        : await withWorkbench(async (bench) => (await bench.live()).catalog.sourceOf(version ?? null));
      if (files === null)
        throw new Error(remote ? 'This key may not read the source.' : `There is no version ${version}.`);
      const others = Object.keys(files.files).filter((name) => name !== files.main);
      output.stdout(files.files[files.main] ?? '');
      for (const name of others) output.stdout(`---\n# ${name}\n${files.files[name] ?? ''}`);
    });
}

interface Applied extends Pick<AppliedCatalog, 'revokes' | 'kept'> {
  readonly catalog: { readonly version: number; readonly note: string | null };
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a whole number from 1 on is wanted');
  return number;
}
