import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { buildSchema, isObjectType } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { cacheKeys } from '../../src/client/cache-keys.ts';
import { readOptions, userKey } from '../../src/client/options.ts';

const root = resolve(import.meta.dirname, '..', '..');
const run = promisify(execFile);

describe('the package that games import', () => {
  beforeAll(() =>
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.client.json'], { cwd: root }),
  );

  it('loads in plain Node by its name', async () => {
    const script = "import('laurel/client').then((laurel) => console.log(Object.keys(laurel).sort().join(' ')))";
    const { stdout } = await run(process.execPath, ['-e', script], { cwd: root });
    expect(stdout.trim()).toBe('LaurelError cacheKeys createLaurel memoryStorage');
  });

  it('imports nothing but graphql-ws, and names nothing of Node', () => {
    const folder = join(root, 'dist/client');
    const names = new Set<string>();
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.js'))) {
      const text = readFileSync(join(folder, file), 'utf8');
      for (const [, name] of text.matchAll(/(?:from|import)\s*\(?'([^']+)'/g)) {
        if (name !== undefined && !name.startsWith('./')) names.add(name);
      }
      expect(text).not.toMatch(/\b(?:process\.|Buffer\.|require\(|setImmediate\(|__dirname)/);
    }
    expect([...names]).toEqual(['graphql-ws/client']);
  });

  it('has a cache key for every type of the schema without an id, and for no other', () => {
    const schema = buildSchema(readFileSync(join(root, 'schema.graphql'), 'utf8'));
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const withoutId = Object.values(schema.getTypeMap())
      .filter((type) => isObjectType(type) && !type.name.startsWith('__') && !roots.includes(type))
      .filter((type) => isObjectType(type) && type.getFields()['id'] === undefined)
      .map(({ name }) => name);
    expect(Object.keys(cacheKeys).sort()).toEqual(withoutId.sort());
    expect(cacheKeys['Season']?.({ key: 'winter' })).toBe('winter');
    expect(cacheKeys['LevelProgress']?.({ level: 3 })).toBeNull();
  });

  it('refuses a player who is named by none or by two fields', () => {
    const url = 'http://127.0.0.1:4000/graphql';
    expect(() => readOptions({ url, user: {} })).toThrow(TypeError);
    expect(() => readOptions({ url, user: { id: 'a', username: 'b' } })).toThrow(TypeError);
    expect(() => readOptions({ url, user: { username: 'b' }, queueLimit: 0 })).toThrow(TypeError);
    expect(userKey({ externalId: 'hero-1', username: '' })).toBe('externalId:hero-1');
  });

  it('names events also where there is no randomUUID', () => {
    const { uuid } = readOptions({ url: '', user: { username: 'b' }, random: () => 0.5 });
    expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
