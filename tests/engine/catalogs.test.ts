import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileCatalog } from '../../src/engine/compile.ts';
import { catalogJsonSchema } from '../../src/engine/json-schema.ts';
import { runScenarios } from '../../src/engine/scenario.ts';
import type { DetailsValidator } from '../../src/engine/scenario-world.ts';
import { parseCatalog } from '../../src/features/catalog/parse.ts';
import { readCatalogFiles } from '../../src/features/catalog/read-files.ts';
import { catalogOf } from './support.ts';

const folder = path.join(import.meta.dirname, '../../catalogs');
const ajv = new Ajv2020({ strict: false });

const validate: DetailsValidator = (type, details) =>
  ajv.validate(type.detailsSchema, details) ? null : ajv.errorsText();

async function load(file: string) {
  const files = await readCatalogFiles(path.join(folder, file));
  const parsed = parseCatalog(files);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const compiled = compileCatalog(parsed.source, { strict: true });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled.catalog;
}

describe.each(['game.yaml', 'students.yaml', 'racing.yaml'])('the catalog %s', (file) => {
  test('compiles, with every text in every locale, and passes all its own tests', async () => {
    const reports = runScenarios(await load(file), validate);
    expect(reports.length).toBeGreaterThanOrEqual(7);
    expect(reports.filter((report) => report.differences.length > 0)).toEqual([]);
  });

  test('fits the JSON Schema for editors', () => {
    const check = ajv.compile(catalogJsonSchema());
    const source: unknown = parse(readFileSync(path.join(folder, file), 'utf8'));
    expect(check(source) ? [] : check.errors).toEqual([]);
  });
});

test('the JSON Schema refuses an unknown keyword and a rule of a wrong shape', () => {
  const check = ajv.compile(catalogJsonSchema());
  const base = { laurel: 1, eventTypes: { login: { points: 5 } } };
  expect(check(base)).toBe(true);
  expect(check({ ...base, eventTypes: { login: { point: 5 } } })).toBe(false);
  expect(check({ ...base, achievements: { a: { when: { metric: 'x', atleast: 1 } } } })).toBe(false);
  expect(check({ ...base, achievements: { a: { points: 5 } } })).toBe(false);
});

test('the default catalog holds the ten achievements with their points', async () => {
  const { achievements, eventTypes } = await load('game.yaml');
  expect([...achievements.values()].map(({ key, points }) => [key, points])).toEqual([
    ['newcomer', 5],
    ['regular', 25],
    ['veteran', 50],
    ['explorer', 30],
    ['treasure_hunter', 100],
    ['secret_master', 250],
    ['beginner', 10],
    ['achiever', 75],
    ['master', 200],
    ['champion', 500],
  ]);
  expect([...eventTypes.values()].map(({ key, pointsText }) => [key, pointsText])).toEqual([
    ['login', '5'],
    ['complete_level', '20'],
    ['find_secret', '50'],
  ]);
});

test('a test that fails tells what was expected, what was there, and where it stands', () => {
  const catalog = catalogOf(`
eventTypes: { login: { points: 5 } }
metrics: { logins: { count: login } }
achievements: { a: { when: { metric: logins, atLeast: 2 } }, b: { when: manual } }
tests:
  - name: wrong
    given: [login]
    expect: { score: 6, unlocked: [a], locked: [b], metrics: { logins: 1 }, progress: { a: [1, 3] } }
`);
  const [report] = runScenarios(catalog, () => null);
  expect(report?.differences.map(({ what, expected, actual, place }) => [what, expected, actual, place.line])).toEqual([
    ['score', 6, 5, 9],
    ['unlocked', ['a'], [], 9],
    ['progress.a', [1, 3], [1, 2], 9],
  ]);
});

test('a scenario refuses details that do not fit and events that are too old', () => {
  const catalog = catalogOf(`
eventTypes: { lap: { points: 1, details: { seconds: number }, maxLateness: 1d } }
tests:
  - name: refusals
    given: [lap, { lap: { seconds: 1 } }, { wait: 2d }, { lap: { seconds: 1 }, at: 2026-01-01T12:00:00Z }]
    expect: { score: 1, refused: [INVALID_EVENT_DETAILS, EVENT_TIME] }
`);
  expect(runScenarios(catalog, validate)[0]?.differences).toEqual([]);
});
