import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { EXIT, type ProgramParts } from '../program-parts.ts';
import { type CatalogInput, count, inWords, loadCatalog } from './load.ts';
import { reportFaults } from './report.ts';
import { wantedLocale } from './show.ts';
import { problemsText, readStrings, readStringsFile, type Translation } from './strings-file.ts';
import { type PlannedFile, planStrings } from './strings-plan.ts';
import { collectTexts } from './texts.ts';

interface ImportOptions {
  readonly locale?: string;
  readonly write?: string;
}

/** `laurel catalog strings import`: translations from CSV into locale files. The main file is never written. */
export function addStringsImport(strings: Command, parts: ProgramParts, exit: (code: number) => void): void {
  const command = strings
    .command('import')
    .description('translations from CSV into locale files; all of it or nothing')
    .argument('<path>', 'a YAML file or a folder')
    .argument('<csv>', 'what export wrote, filled in')
    .option('--locale <locale>', 'this one only; all but the first by default')
    .option('--write <folder>', 'where new locale files go; locales beside the catalog by default')
    .action(async (target: string, csvPath: string, { locale, write }: ImportOptions) => {
      const loaded = await loadCatalog(target, parts.cwd);
      if (!loaded.ok) return reportFaults({ parts, exit }, loaded, false);
      const { locales } = loaded.catalog;
      const wanted = locale === undefined ? locales.slice(1) : [wantedLocale(command, locales, locale)];
      if (locale === locales[0] || wanted.length === 0) {
        command.error(`${locales[0]} is the first locale: its texts stand in the catalog itself.`, {
          exitCode: EXIT.usage,
        });
      }
      const csv = await readStringsFile(path.resolve(parts.cwd, csvPath), csvPath).catch((error: unknown) => {
        throw inWords(error, csvPath);
      });
      const texts = collectTexts(loaded.source, locales);
      const read = readStrings(csv, texts, locales, wanted);
      const folder = write === undefined ? null : path.resolve(parts.cwd, write);
      const own = read.translations.filter((one) => wanted.includes(one.locale));
      const plan = await planStrings({ input: loaded, locales, texts, write: folder }, own);
      const problems = [...read.problems, ...plan.problems];
      if (problems.length > 0) {
        parts.output.stderr(`${problemsText(problems, csvPath, csv)}\n`);
        return exit(EXIT.faults);
      }
      await writeFiles(loaded, plan.files);
      const stale = read.translations
        .filter((one) => one.locale === locales[0])
        .flatMap((one) => staleText(one, csvPath));
      const lines = [
        ...plan.files.flatMap((file) => fileLines(loaded, file)),
        ...stale,
        `${count(plan.unchanged, 'text')} as before.`,
      ];
      parts.output.stdout(`${lines.join('\n')}\n`);
    });
}

async function writeFiles(input: CatalogInput, files: readonly PlannedFile[]): Promise<void> {
  for (const { absolute, file, text } of files) {
    try {
      await mkdir(path.dirname(absolute), { recursive: true });
      await writeFile(absolute, text);
    } catch (error) {
      throw inWords(error, input.shown(file));
    }
  }
}

function fileLines(input: CatalogInput, { file, added, changed, included }: PlannedFile): string[] {
  const line = `${input.shown(file)}: ${count(added, 'text')} added, ${changed} changed.`;
  if (included) return [line];
  const main = input.shown(input.files.main);
  const isOutside = file.startsWith('../');
  const how = isOutside
    ? 'include reaches only files beside it and below'
    : `add ${path.posix.dirname(file)}/*.yaml to its include`;
  return [line, `  ${main} does not include this file yet: ${how}.`];
}

/** A translation was made of a text that has changed since: worth a look, no fault. */
function staleText({ text, locale, value, line }: Translation, csvPath: string): string[] {
  const now = text.locales.get(locale)?.value;
  if (now === undefined || now === value) return [];
  return [
    `${csvPath}:${line}: translated from ${JSON.stringify(value)}; the ${locale} text is now ${JSON.stringify(now)}.`,
  ];
}
