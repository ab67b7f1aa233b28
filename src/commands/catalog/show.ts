import type { Command } from 'commander';
import type { Catalog } from '../../engine/catalog.ts';
import { nearest } from '../../engine/format-fault.ts';
import { compileFiles } from '../../features/catalog/service.ts';
import { EXIT, type ProgramParts } from '../program-parts.ts';
import { catalogJson } from './catalog-json.ts';
import { catalogText } from './catalog-text.ts';
import { loadCatalog } from './load.ts';
import { exportedFrom, remoteOf, withRemoteOptions } from './remote.ts';
import { printJson, reportFaults } from './report.ts';

interface ShowOptions {
  readonly to?: string;
  readonly key?: string;
  readonly locale?: string;
  readonly json?: boolean;
}

/** `laurel catalog show`: the game as a designer reads it. */
export function addShow(catalog: Command, parts: ProgramParts, exit: (code: number) => void): void {
  const command = withRemoteOptions(catalog.command('show').description('rules in words, points and XP, as tables'))
    .argument('[path]', 'a YAML file or a folder; the live catalog by default')
    .option('--locale <locale>', 'names in this one of its locales; the first by default')
    .option('--json', 'for machines')
    .action(async (path: string | undefined, options: ShowOptions) => {
      if (path === undefined) {
        printCatalog(command, parts, await liveCatalog(parts, options), options);
        return;
      }
      if (options.to !== undefined)
        command.error('Either a file, or a running Laurel with --to.', { exitCode: EXIT.usage });
      const loaded = await loadCatalog(path, parts.cwd);
      if (!loaded.ok) return reportFaults({ parts, exit }, loaded, options.json ?? false);
      printCatalog(command, parts, loaded.catalog, options);
    });
}

/** What is live: in the database, or in the running Laurel that the command was told of. */
async function liveCatalog(parts: ProgramParts, options: ShowOptions): Promise<Catalog> {
  const remote = remoteOf(options, parts);
  if (remote === null) return parts.withWorkbench(async (bench) => (await bench.live()).catalog.live().catalog);
  const { files } = await exportedFrom(remote);
  if (files === null) throw new Error('This key may not read the source.');
  return compileFiles(files);
}

/** Prints a compiled catalog, wherever it came from. A locale it does not have is wrong usage. */
export function printCatalog(command: Command, parts: ProgramParts, catalog: Catalog, options: ShowOptions): void {
  const locale = wantedLocale(command, catalog.locales, options.locale);
  if (options.json) printJson(parts, catalogJson(catalog, locale));
  else parts.output.stdout(`${catalogText(catalog, locale)}\n`);
}

/** The locale asked for, or the catalog's first. One the catalog does not have ends the command as wrong usage. */
export function wantedLocale(command: Command, locales: Catalog['locales'], asked: string | undefined): string {
  if (asked === undefined) return locales[0];
  if (locales.includes(asked)) return asked;
  const near = nearest(asked, locales);
  const meant = near === undefined ? '' : `\n  did you mean "${near}"?`;
  return command.error(`The catalog has no locale "${asked}"; it has ${locales.join(', ')}.${meant}`, {
    exitCode: EXIT.usage,
  });
}
