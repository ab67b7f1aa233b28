import type { Command } from 'commander';
import type { Catalog } from '../../engine/catalog.ts';
import type { ProgramParts } from '../program-parts.ts';
import { declaredMetrics } from './catalog-text.ts';
import { count, loadCatalog } from './load.ts';
import { printJson, reportFaults } from './report.ts';
import { collectTexts, missingTexts } from './texts.ts';

/** `laurel catalog check`: every fault of a catalog in one run. */
export function addCheck(catalog: Command, parts: ProgramParts, exit: (code: number) => void): void {
  catalog
    .command('check')
    .description('is it valid? every fault with file, line and column')
    .argument('<path>', 'a YAML file or a folder')
    .option('--strict', 'a text missing in any locale, or that is no ICU message, is a fault too')
    .option('--json', 'for machines')
    .action(async (path: string, { strict = false, json = false }: { strict?: boolean; json?: boolean }) => {
      const loaded = await loadCatalog(path, parts.cwd, { strict });
      if (!loaded.ok) return reportFaults({ parts, exit }, loaded, json);
      const { name, locales } = loaded.catalog;
      const counts = countsOf(loaded.catalog);
      const missing = missingTexts(collectTexts(loaded.source, locales), locales);
      if (json) {
        printJson(parts, { valid: true, name, locales, counts, missingTexts: Object.fromEntries(missing), faults: [] });
        return;
      }
      const listed = [
        count(counts.eventTypes, 'event type'),
        count(counts.metrics, 'metric'),
        count(counts.achievements, 'achievement'),
        count(counts.leaderboards, 'leaderboard'),
        count(counts.tests, 'test'),
      ];
      parts.output.stdout(`${path}: ${name} is valid: ${listed.join(', ')}.\n`);
      for (const [locale, lacking] of missing)
        parts.output.stdout(`${count(lacking, 'text')} without ${locale}: the ${locales[0]} one is shown.\n`);
    });
}

function countsOf(catalog: Catalog) {
  const { eventTypes, achievements, leaderboards, tests } = catalog;
  return {
    eventTypes: eventTypes.size,
    metrics: declaredMetrics(catalog).length,
    achievements: achievements.size,
    leaderboards: leaderboards.size,
    tests: tests.length,
  };
}
