import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The house of the architecture: who may import whom. Checked by reading the imports, type imports too. */
const root = resolve(import.meta.dirname, '..', 'src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('generated'))
  .map((file) => file.replaceAll('\\', '/'));
const imports = new Map(files.map((file) => [file, importsOf(file)]));

interface Imports {
  /** Files of ours, relative to src. */
  readonly own: readonly string[];
  readonly packages: readonly string[];
}

function importsOf(file: string): Imports {
  const text = readFileSync(join(root, file), 'utf8');
  const named = [...text.matchAll(/^(?:import|export)\s(?:[^'";]*?from\s)?'([^']+)';/gm)].flatMap(
    (match) => match[1] ?? [],
  );
  const dynamic = [...text.matchAll(/import\('([^']+)'\)/g)].flatMap((match) => match[1] ?? []);
  const all = [...named, ...dynamic];
  return {
    own: all.filter((name) => name.startsWith('.')).map((name) => relative(root, resolve(root, dirname(file), name))),
    packages: all.filter((name) => !name.startsWith('.')),
  };
}

const roomOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : file);
const featureOf = (file: string): string | null => /^features\/([^/]+)\//.exec(file)?.[1] ?? null;
const isStore = (file: string): boolean => /(^|[/-])store\.ts$/.test(file);

/** Imports of ours that break a rule, as `from -> to`. */
function breaches(breaks: (from: string, to: string) => boolean): string[] {
  return [...imports].flatMap(([from, { own }]) =>
    own.filter((to) => breaks(from, to)).map((to) => `${from} -> ${to}`),
  );
}

describe('the import law', () => {
  it('reads imports at all', () => {
    expect(imports.size).toBeGreaterThan(50);
    expect(imports.get('composition/services.ts')?.own).toContain('features/ingest/service.ts');
  });

  it('keeps the engine pure: nothing of ours outside it, only its expression and time libraries', () => {
    const inside = [...imports].filter(([file]) => roomOf(file) === 'engine');
    expect(inside.length).toBeGreaterThan(10);
    const foreign = inside.flatMap(([file, { own, packages }]) => [
      ...own.filter((to) => roomOf(to) !== 'engine').map((to) => `${file} -> ${to}`),
      ...packages
        .filter((name) => !['@marcbachmann/cel-js', 'temporal-polyfill'].includes(name))
        .map((name) => `${file} -> ${name}`),
    ]);
    expect(foreign).toEqual([]);
  });

  it('keeps the client for games apart: no package but graphql-ws, and a type', () => {
    const inside = [...imports].filter(([file]) => roomOf(file) === 'client');
    expect(inside.length).toBeGreaterThan(10);
    const packages = new Set(inside.flatMap(([, imported]) => imported.packages));
    expect([...packages].sort()).toEqual(['@graphql-typed-document-node/core', 'graphql-ws/client']);
  });

  it('lets no room but the features themselves see a store, and no feature that of another', () => {
    expect(breaches((from, to) => isStore(to) && featureOf(to) !== null && featureOf(to) !== featureOf(from))).toEqual(
      [],
    );
  });

  it('gives each room only the rooms it may know', () => {
    const ROOT = ['features', 'graphql', 'http', 'jobs', 'platform', 'ranking', 'realtime', 'config.ts'];
    const allowed: Readonly<Record<string, readonly string[]>> = {
      engine: ['engine'],
      platform: ['platform', 'generated'],
      realtime: ['realtime', 'platform'],
      ranking: ['ranking', 'engine', 'platform'],
      features: ['features', 'engine', 'platform', 'ranking', 'realtime', 'graphql', 'generated', 'config.ts'],
      graphql: ['graphql', 'features', 'engine', 'platform', 'realtime', 'generated'],
      http: ['http', 'web', 'graphql', 'platform', 'features', 'config.ts'],
      web: ['web', 'platform'],
      jobs: ['jobs', 'features', 'platform', 'realtime'],
      commands: [
        'commands',
        'features',
        'jobs',
        'engine',
        'graphql',
        'platform',
        'ranking',
        'realtime',
        'config.ts',
        'app.ts',
      ],
      client: ['client'],
      'config.ts': [],
      composition: ['composition', ...ROOT],
      'app.ts': ['composition', ...ROOT],
      'main.ts': ['commands', 'platform', 'config.ts', 'app.ts'],
      'print-schema.ts': ['graphql'],
    };
    expect(breaches((from, to) => !(allowed[roomOf(from)] ?? []).includes(roomOf(to)))).toEqual([]);
  });

  it('has no cycles', () => {
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      state.set(file, 'open');
      for (const to of imports.get(file)?.own ?? []) visit(to, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('reads the environment in one place and the time of day in one place', () => {
    const using = (pattern: RegExp): string[] =>
      files.filter((file) => pattern.test(readFileSync(join(root, file), 'utf8')));
    expect(using(/process\.env/)).toEqual(['main.ts']);
    expect(using(/Date\.now\(\)|new Date\(\)/)).toEqual(['platform/clock.ts']);
  });
});
