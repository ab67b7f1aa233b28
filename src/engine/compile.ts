import type { Catalog } from './catalog.ts';
import { compileAchievements } from './compile-achievements.ts';
import { compileBoards } from './compile-boards.ts';
import { compileEventTypes, compileUsers } from './compile-events.ts';
import { buildIndex } from './compile-index.ts';
import { compileLevels } from './compile-levels.ts';
import { compileMetrics } from './compile-metrics.ts';
import {
  type CompileContext,
  type MapReader,
  numberOf,
  openMap,
  readString,
  report,
  stringOf,
} from './compile-reader.ts';
import { checkRules } from './compile-rules.ts';
import { compileCategories, compileSeasons, compileStreaks } from './compile-sections.ts';
import { compileTests } from './compile-tests.ts';
import { KEYWORDS } from './keywords.ts';
import type { Fault, SourceNode } from './source.ts';

/** A catalog, or everything that is wrong with it. */
export type CompileResult =
  | { readonly ok: true; readonly catalog: Catalog }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** How hard to look. */
export interface CompileOptions {
  /** A text missing in any locale is a fault, not only in the first one. */
  readonly strict?: boolean;
}

/** Compiles a source tree into a catalog, or tells every fault in one run, in the order of the files. Total and pure. */
export function compileCatalog(source: SourceNode, options: CompileOptions = {}): CompileResult {
  const faults: Fault[] = [];
  const locales = readLocales(source);
  const context: CompileContext = { faults, locales, strict: options.strict ?? false };
  const root = openMap(context, source, 'The catalog', KEYWORDS.root);
  const catalog = root === null ? null : compileRoot(context, root, locales);
  if (faults.length === 0 && catalog !== null) return { ok: true, catalog };
  return { ok: false, faults: sortFaults(faults) };
}

function sortFaults(faults: readonly Fault[]): Fault[] {
  const files = [...new Set(faults.map((fault) => fault.file))];
  return faults.toSorted(
    (one, two) => files.indexOf(one.file) - files.indexOf(two.file) || one.line - two.line || one.column - two.column,
  );
}

function compileRoot(context: CompileContext, root: MapReader, locales: readonly [string, ...string[]]): Catalog {
  checkHeader(context, root);
  const at = (key: string): SourceNode | undefined => {
    const node = root.get(key)?.value;
    return node?.kind === 'scalar' && node.value === null ? undefined : node;
  };
  const { users, fields: userFields } = compileUsers(context, at('users'));
  const eventTypes = compileEventTypes(context, at('eventTypes'), userFields);
  const seasons = compileSeasons(context, at('seasons'));
  const scope = { eventTypes, userFields, seasons };
  const metrics = compileMetrics(context, at('metrics'), scope);
  const streaks = compileStreaks(context, at('streaks'), scope);
  const categories = compileCategories(context, at('categories'));
  const levels = compileLevels(context, at('levels'));
  const achievements = compileAchievements(context, at('achievements'), { ...scope, metrics, streaks, categories });
  const leaderboards = compileBoards(context, at('leaderboards'), metrics, seasons);
  checkRules(context, at('achievements'), { achievements, metrics, levels });
  const index = buildIndex(metrics, streaks, achievements, eventTypes.keys());
  const named = { eventTypes, metrics, streaks, achievements, leaderboards };
  const tests = compileTests(context, at('tests'), named);
  const name = readString(context, root, 'name') ?? 'Laurel';
  return { name, locales, users, ...named, seasons, categories, levels, tests, index };
}

function checkHeader(context: CompileContext, root: MapReader): void {
  const version = root.get('laurel');
  if (version === undefined)
    report(context, root.place, 'missing', 'A catalog begins with "laurel: 1", the version of its format');
  else if (numberOf(version.value) !== 1)
    report(context, version.value.place, 'outOfRange', 'This Laurel reads format version 1');
  const locales = root.get('locales');
  if (locales === undefined) return;
  const items = locales.value.kind === 'list' ? locales.value.items : [];
  if (items.length === 0) report(context, locales.value.place, 'wrongType', '"locales" is a list such as [en, ru]');
  const seen = new Set<string>();
  for (const item of items) {
    const code = stringOf(item) ?? '';
    if (!/^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/.test(code))
      report(context, item.place, 'outOfRange', 'A locale is a code such as en, ru or pt-BR');
    else if (seen.has(code)) report(context, item.place, 'duplicateKey', `"${code}" stands here twice`);
    seen.add(code);
  }
}

function readLocales(source: SourceNode): readonly [string, ...string[]] {
  const node = source.kind === 'map' ? source.entries.find((entry) => entry.key === 'locales')?.value : undefined;
  const codes = node?.kind === 'list' ? node.items.flatMap((item) => stringOf(item) ?? []) : [];
  const [first, ...rest] = codes;
  return first === undefined ? ['en'] : [first, ...rest];
}
