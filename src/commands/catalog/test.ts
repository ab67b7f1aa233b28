import type { Command } from 'commander';
import { runScenario } from '../../engine/scenario.ts';
import type { ScenarioTest } from '../../engine/scenario-model.ts';
import type { ScenarioDifference } from '../../engine/scenario-world.ts';
import type { Json } from '../../engine/state.ts';
import { EXIT, type ProgramParts } from '../program-parts.ts';
import { type CatalogInput, count, loadCatalog, pointAt, scenarioValidator } from './load.ts';
import { printJson, reportFaults } from './report.ts';
import { oneLine } from './table.ts';

interface TestOptions {
  readonly json?: boolean;
  readonly name?: string;
}

/** One test that has run; no differences: passed. */
interface TestResult {
  readonly test: ScenarioTest;
  readonly differences: readonly ScenarioDifference[];
}

/** `laurel catalog test`: the catalog's own tests, in memory, on a virtual clock. */
export function addTest(catalog: Command, parts: ProgramParts, exit: (code: number) => void): void {
  const command = catalog
    .command('test')
    .description('its own tests, in memory, on a virtual clock')
    .argument('<path>', 'a YAML file or a folder')
    .option('--name <pattern>', 'only tests with this in their names; * stands for anything, case does not matter')
    .option('--json', 'for machines')
    .action(async (path: string, { name, json = false }: TestOptions) => {
      const loaded = await loadCatalog(path, parts.cwd);
      if (!loaded.ok) return reportFaults({ parts, exit }, loaded, json);
      const tests = loaded.catalog.tests.filter((test) => name === undefined || matches(test.name, name));
      if (tests.length === 0 && name !== undefined) {
        command.error(`${path} has no test with "${name}" in its name.`, { exitCode: EXIT.usage });
      }
      const validate = scenarioValidator(loaded.catalog);
      const results = tests.map((test) => ({ test, differences: runScenario(loaded.catalog, test, validate) }));
      if (json) printJson(parts, resultsJson(loaded.catalog.name, loaded, results));
      else parts.output.stdout(`${resultsText(path, loaded.catalog.name, loaded, results)}\n`);
      if (results.some(({ differences }) => differences.length > 0)) exit(EXIT.faults);
    });
}

/** Whether a name holds the pieces of a pattern one after another. */
function matches(name: string, pattern: string): boolean {
  let at = 0;
  for (const piece of pattern.toLowerCase().split('*')) {
    const found = name.toLowerCase().indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return true;
}

function resultsText(path: string, name: string, input: CatalogInput, results: readonly TestResult[]): string {
  if (results.length === 0) return `${path}: ${name} has no tests.`;
  const lines = results.flatMap(({ test, differences }) => [
    `${differences.length === 0 ? 'pass' : 'FAIL'}  ${oneLine(test.name)}`,
    ...differences.flatMap((difference) =>
      pointAt(input, difference.place, inWords(difference))
        .split('\n')
        .map((line) => `      ${line}`),
    ),
  ]);
  const failed = results.filter(({ differences }) => differences.length > 0).length;
  const verdict =
    failed === 0
      ? `${count(results.length, 'test')} passed.`
      : `${failed} of ${count(results.length, 'test')} failed, ${results.length - failed} passed.`;
  return [`${path}: ${name}`, ...lines, verdict].join('\n');
}

function resultsJson(name: string, input: CatalogInput, results: readonly TestResult[]) {
  const failed = results.filter(({ differences }) => differences.length > 0).length;
  return {
    valid: true,
    name,
    passed: results.length - failed,
    failed,
    tests: results.map(({ test, differences }) => ({
      name: test.name,
      ...placeJson(input, test.place),
      passed: differences.length === 0,
      differences: differences.map((difference) => ({
        ...placeJson(input, difference.place),
        what: difference.what,
        expected: difference.expected,
        actual: difference.actual,
        message: inWords(difference),
      })),
    })),
  };
}

function placeJson(input: CatalogInput, { file, line, column }: ScenarioTest['place']) {
  return { file: input.shown(file), line, column };
}

/** What differs, as one would say it. */
function inWords({ what, expected, actual }: ScenarioDifference): string {
  const wanted = listOf(expected);
  const held = listOf(actual);
  const missing = wanted.filter((key) => !held.includes(key));
  if (what === 'unlocked')
    return `should be unlocked: ${missing.join(', ')}; unlocked: ${held.join(', ') || 'nothing'}`;
  if (what === 'locked') return `should be locked: ${wanted.filter((key) => held.includes(key)).join(', ')}`;
  if (what === 'onlyUnlocked') {
    const more = held.filter((key) => !wanted.includes(key));
    return [
      missing.length > 0 ? `should be unlocked: ${missing.join(', ')}` : [],
      more.length > 0 ? `should be locked: ${more.join(', ')}` : [],
    ]
      .flat()
      .join('; ');
  }
  return `${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
}

function listOf(value: Json): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
