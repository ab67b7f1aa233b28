import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ProgramParts } from '../program-parts.ts';
import { formatCsv } from './csv.ts';
import { count, inWords, loadCatalog } from './load.ts';
import { reportFaults } from './report.ts';
import { collectTexts, missingTexts } from './texts.ts';

/** The columns before those of the locales. */
export const KEY_COLUMNS = ['section', 'key', 'text'] as const;

/** A mark some spreadsheet programs need to see UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';

interface ExportOptions {
  readonly out?: string;
  readonly bom?: boolean;
}

/** `laurel catalog strings export`: every text of the game as CSV, a column a locale. */
export function addStringsExport(strings: Command, parts: ProgramParts, exit: (code: number) => void): void {
  strings
    .command('export')
    .description('every text as CSV, a column a locale')
    .argument('<path>', 'a YAML file or a folder')
    .option('--out <file>', 'write it there instead of printing it')
    .option('--bom', 'begin with a byte order mark: some spreadsheet programs need it to read UTF-8')
    .action(async (path: string, { out, bom = false }: ExportOptions) => {
      const loaded = await loadCatalog(path, parts.cwd);
      if (!loaded.ok) return reportFaults({ parts, exit }, loaded, false);
      const { locales } = loaded.catalog;
      const texts = collectTexts(loaded.source, locales);
      const rows = texts.map((text) => [
        text.section,
        text.key,
        text.text,
        ...locales.map((locale) => text.locales.get(locale)?.value ?? ''),
      ]);
      const csv = (bom ? BYTE_ORDER_MARK : '') + formatCsv([[...KEY_COLUMNS, ...locales], ...rows]);
      if (out === undefined) {
        parts.output.stdout(csv);
        return;
      }
      await writeFile(resolve(parts.cwd, out), csv).catch((error: unknown) => {
        throw inWords(error, out);
      });
      const lacking = [...missingTexts(texts, locales)].map(([locale, missing]) => `${missing} without ${locale}`);
      parts.output.stdout(`${out}: ${count(texts.length, 'text')}${lacking.map((words) => `, ${words}`).join('')}.\n`);
    });
}
