import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { plainValue } from '../../../src/engine/source.ts';
import { parseCatalog } from '../../../src/features/catalog/parse.ts';
import { readCatalogFiles } from '../../../src/features/catalog/read-files.ts';
import { CATALOGS, runCatalog } from './support.ts';

const committed = path.join(CATALOGS, 'catalog.schema.json');

async function validator() {
  return new Ajv2020({ strict: true, allowUnionTypes: true }).compile(JSON.parse(await readFile(committed, 'utf8')));
}

describe('laurel catalog schema', () => {
  it('prints catalogs/catalog.schema.json; if not: npx laurel catalog schema > catalogs/catalog.schema.json', async () => {
    const { status, stdout, stderr } = await runCatalog(CATALOGS, 'schema');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(await readFile(committed, 'utf8'));
  });

  it.each(['game.yaml', 'students.yaml', 'racing.yaml'])(
    'accepts %s, the file and all that it includes',
    async (file) => {
      const validate = await validator();
      const text = await readFile(path.join(CATALOGS, file), 'utf8');
      expect(validate(parse(text)) ? [] : validate.errors).toEqual([]);
      const parsed = parseCatalog(await readCatalogFiles(path.join(CATALOGS, file)));
      if (!parsed.ok) throw new Error(`${file} cannot be read`);
      expect(validate(plainValue(parsed.source)) ? [] : validate.errors).toEqual([]);
    },
  );

  it.each([
    ['an unknown section', 'achievments', (game: Game) => ({ ...game, achievments: {} })],
    ['no version', 'required', ({ laurel: _, ...game }: Game) => game],
    ['an unknown keyword of an event', 'pionts', (game: Game) => ({ ...game, eventTypes: { login: { pionts: 5 } } })],
    ['an achievement without a rule', 'when', (game: Game) => ({ ...game, achievements: { a: { points: 5 } } })],
    [
      'points that are no integer',
      '/achievements/a/points',
      (game: Game) => ({ ...game, achievements: { a: { points: 1.5, when: 'manual' } } }),
    ],
    [
      'a rarity that does not exist',
      '/achievements/a/rarity',
      (game: Game) => ({ ...game, achievements: { a: { rarity: 'mythic', when: 'manual' } } }),
    ],
    [
      'a duration that is none',
      '/eventTypes/login/maxLateness',
      (game: Game) => ({ ...game, eventTypes: { login: { maxLateness: 'long' } } }),
    ],
  ])('refuses %s', async (_, named, change) => {
    const validate = await validator();
    const game: Game = parse(await readFile(path.join(CATALOGS, 'game.yaml'), 'utf8'));
    expect(validate(change(game))).toBe(false);
    expect(JSON.stringify(validate.errors)).toContain(named);
  });
});

interface Game {
  readonly laurel: number;
  readonly eventTypes: object;
  readonly achievements: object;
}
