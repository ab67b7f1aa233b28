import { describe, expect, test } from 'vitest';
import { diffCatalogs } from '../../src/engine/diff.ts';
import {
  currentKey,
  formerKeys,
  inKeysAfter,
  keyAfter,
  moved,
  movesOf,
  type Rename,
  renamesOf,
  type VersionRenames,
} from '../../src/engine/renames.ts';
import { changedRules } from '../../src/engine/rule-changes.ts';
import type { Unlock } from '../../src/engine/state.ts';
import { catalogOf, faultsOf } from './support.ts';

/** A catalog of manual achievements: `b<a` was formerly a. */
const of = (text: string) =>
  catalogOf(
    `achievements:\n${text
      .split(' ')
      .map((word) => {
        const [key = '', ...formerly] = word.split('<');
        return `  ${key}: { when: manual, formerly: [${formerly.join(', ')}] }`;
      })
      .join('\n')}\n`,
  );

/** What the last of the versions renames, after all the others. */
function last(...versions: string[]): string[] {
  const steps = stepsOf(versions);
  const renames = steps.find(({ version }) => version === versions.length)?.renames ?? [];
  return renames.map(({ from, to, onlyOwn }) => `${from}>${to.join('|')}${onlyOwn ? ' own' : ''}`);
}

function stepsOf(versions: readonly string[]): VersionRenames[] {
  const catalogs = versions.map(of);
  const steps: VersionRenames[] = [];
  for (const [index, catalog] of catalogs.entries()) {
    const renames = renamesOf(catalogs[index - 1] ?? null, catalog, steps);
    if (renames.length > 0) steps.push({ version: index + 1, renames });
  }
  return steps;
}

describe('what a version renames', () => {
  test.each([
    ['the former key of an achievement, once that is gone', ['a', 'b<a'], ['a>b']],
    ['nothing while the former key is declared', ['a', 'a b<a'], []],
    ['it when it goes later', ['a', 'a b<a', 'b<a'], ['a>b']],
    ['once: the next version renames nothing', ['a', 'b<a', 'b<a c'], []],
    ['a key that was archived before', ['a', 'c', 'c b<a'], ['a>b']],
    ['into an achievement that was there', ['a b', 'b<a'], ['a>b']],
    ['several into one', ['x y', 'b<x<y'], ['x>b', 'y>b']],
    ['back at a rollback', ['a', 'b<a', 'a'], ['b>a']],
    ['back over two renames', ['a', 'b<a', 'c<b', 'a'], ['b>a', 'c>a']],
    ['back and forth, also when the list of former keys is short', ['a', 'b<a', 'c<b', 'a', 'c<b'], ['b>c', 'a>c']],
    ['back what was archived since', ['a', 'b<a', 'z', 'a z'], ['b>a']],
    ['back each of several', ['x y', 'b<x<y', 'x y'], ['b>x|y']],
    ['back out of an achievement that stays only what was its own', ['x y', 'y<x', 'x y'], ['y>x own']],
    ['nothing where an old key is declared beside its heir, for another achievement', ['a', 'b<a', 'a b<a'], []],
    ['nothing there either when the former key was left out before', ['a', 'b<a', 'b', 'a b'], []],
  ])('%s', (_what, versions, told) => {
    expect(last(...versions)).toEqual(told);
  });

  test('what no version has done yet, though the live one says it: of a Laurel that did not rename', () => {
    expect(renamesOf(of('b<a'), of('b<a c'), [])).toEqual([{ from: 'a', to: ['b'], onlyOwn: false }]);
  });

  test('two achievements cannot have been the same one', () => {
    const text =
      'laurel: 1\nachievements:\n  b: { formerly: [a], when: manual }\n  c: { formerly: [x, a], when: manual }\n';
    expect(faultsOf(text).map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`)).toEqual([
      '4:22 conflict "b" was formerly "a" already',
    ]);
  });
});

describe('the key that an achievement has now', () => {
  const versions = ['a z', 'b<a z', 'c<b z', 'c<b a z'];
  const lineage = { catalog: of(versions.at(-1) ?? ''), renames: stepsOf(versions) };

  test('follows the renames since a version', () => {
    expect([1, 2, 3, 4].map((since) => keyAfter('a', lineage.renames, since))).toEqual(['c', 'a', 'a', 'a']);
    expect([1, 2, 3].map((since) => keyAfter('b', lineage.renames, since))).toEqual(['c', 'c', 'b']);
  });

  test('is its own while it is declared', () => {
    expect(['a', 'b', 'c', 'z', 'nothing'].map((key) => currentKey(lineage, key))).toEqual([
      ...['a', 'c', 'c', 'z', 'nothing'],
    ]);
    expect([formerKeys(lineage, 'c'), formerKeys(lineage, 'a')]).toEqual([['b'], []]);
  });

  test('is that of before again after a rollback', () => {
    const back = ['a', 'b<a', 'a'];
    const rolled = { catalog: of('a'), renames: stepsOf(back) };
    expect([currentKey(rolled, 'b'), currentKey(rolled, 'a'), keyAfter('b', rolled.renames, 2)]).toEqual([
      'a',
      'a',
      'a',
    ]);
  });
});

describe('the unlocks that go', () => {
  const row = (achievement: string, more: Partial<Unlock> = {}): Unlock => ({
    ...{ achievement, tier: 0, period: '', unlockedAt: 0, eventId: null, points: 1, xp: 0 },
    ...{ source: 'rule', revokedAt: null },
    ...more,
  });
  const to = (...keys: string[]): Pick<Rename, 'to' | 'onlyOwn'> => ({ to: keys, onlyOwn: false });
  const told = (renames: readonly Rename[], rows: readonly Unlock[], ...known: string[]): string[] => {
    const moves = movesOf(renames, rows, ({ tier }, key) => known.includes(`${key} ${tier}`));
    return moved(rows, moves).map(({ achievement, tier }) => `${achievement} ${tier}`);
  };

  test('keep all but their key', () => {
    const own = row('a', { tier: 2, period: '2026-11', unlockedAt: 5, eventId: 'e', points: 7, xp: 8, revokedAt: 9 });
    const moves = movesOf([{ from: 'a', ...to('b') }], [own, row('z')], () => false);
    expect(moved([own, row('z')], moves)).toEqual([{ ...own, achievement: 'b' }, row('z')]);
  });

  test('go only where their place is free', () => {
    const rows = [row('a'), row('a', { tier: 1 }), row('b', { tier: 1 })];
    expect(told([{ from: 'a', ...to('b') }], rows)).toEqual(['b 0', 'a 1', 'b 1']);
    expect(told([{ from: 'a', ...to('b') }], [row('a'), row('b', { revokedAt: 1 })])).toEqual(['a 0', 'b 0']);
  });

  test('of several keys: what is held before what was taken, the older before the newer', () => {
    const renames = ['x', 'y'].map((from) => ({ from, ...to('b') }));
    expect(told(renames, [row('x', { unlockedAt: 2 }), row('y', { unlockedAt: 1 })])).toEqual(['x 0', 'b 0']);
    expect(told(renames, [row('x', { unlockedAt: 1, revokedAt: 3 }), row('y', { unlockedAt: 2 })])).toEqual([
      ...['x 0', 'b 0'],
    ]);
  });

  test('go back where they were unlocked, else to the first', () => {
    const back = [{ from: 'b', ...to('x', 'y') }];
    const rows = [row('b'), row('b', { tier: 1 })];
    expect(told(back, rows, 'y 1')).toEqual(['x 0', 'y 1']);
    expect(told([{ from: 'b', to: ['x'], onlyOwn: true }], rows, 'x 1')).toEqual(['b 0', 'x 1']);
  });
});

describe('a rename alone', () => {
  const TEXT = `
eventTypes: { dig: { points: 1 } }
achievements:
  digger: { when: { count: dig, atLeast: 3 } }
  famous: { onChange: revoke, requires: [digger], when: { all: [{ achievement: digger }, { count: dig, atLeast: 4 }] } }
`;
  const before = catalogOf(TEXT);
  const after = catalogOf(TEXT.replaceAll('digger', 'miner').replace('miner: {', 'miner: { formerly: [digger],'));

  test('is no other rule, neither of the achievement nor of those that look at it', () => {
    const renames = renamesOf(before, after, []);
    expect([...changedRules(inKeysAfter(before, renames), after)]).toEqual([]);
    const { definitions, achievementsToJudge } = diffCatalogs(before, after);
    expect(definitions.map(({ key, kind, formerly, fields }) => ({ key, kind, formerly, fields }))).toEqual([
      { key: 'miner', kind: 'renamed', formerly: 'digger', fields: ['name'] },
    ]);
    expect(achievementsToJudge).toEqual([]);
  });

  test('of several into one tells each', () => {
    const { definitions } = diffCatalogs(of('x y'), of('b<x<y'));
    expect(definitions.map(({ key, kind, formerly }) => `${key} ${kind} ${formerly}`)).toEqual([
      'b renamed x',
      'b renamed y',
    ]);
  });
});
