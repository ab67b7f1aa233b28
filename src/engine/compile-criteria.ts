import { type Metric, RARITIES, type Streak } from './catalog.ts';
import { atLeast, readBounds } from './compile-bounds.ts';
import { compileMetric, type MetricScope } from './compile-metrics.ts';
import {
  type CompileContext,
  type MapReader,
  openMap,
  readNumber,
  readString,
  report,
  reportUnknown,
  stringOf,
} from './compile-reader.ts';
import { keyInWords } from './compile-texts.ts';
import type { AchievementsLeaf, Criterion, Leaf, MetricLeaf } from './criterion.ts';
import { nearest } from './format-fault.ts';
import { shortHash } from './hash.ts';
import { KEYWORDS } from './keywords.ts';
import { plainValue, type SourceEntry, type SourceNode } from './source.ts';

/** What a rule is compiled against. `metrics` grows by the inline ones, and by those restricted to a season. */
export interface CriterionScope extends MetricScope {
  readonly metrics: Map<string, Metric>;
  readonly streaks: ReadonlyMap<string, Streak>;
  /** The keys of all achievements, with the number of their tiers. */
  readonly achievements: ReadonlyMap<string, number>;
  /** Counts only what happened in this season. */
  readonly season: string | null;
  /** Its one leaf takes its comparison from the tiers. */
  readonly tiered: boolean;
}

const MAX_LEAVES = 200;
const INLINE_KEYWORDS: readonly string[] = [
  ...KEYWORDS.metricKinds,
  ...KEYWORDS.metricOptions,
  ...KEYWORDS.comparisons,
  'key',
  'keys',
];

/** Compiles `when`. Null when it cannot be read (reported). */
export function compileCriterion(context: CompileContext, node: SourceNode, scope: CriterionScope): Criterion | null {
  if (stringOf(node) === 'manual') return { kind: 'manual' };
  if (node.kind !== 'map') {
    report(
      context,
      node.place,
      'wrongType',
      'A rule is a map such as { metric: laps, atLeast: 10 }, or the word manual',
    );
    return null;
  }
  const reader = openMap(context, node, 'A rule');
  if (reader === null) return null;
  if (KEYWORDS.metricKinds.some((kind) => reader.get(kind) !== undefined)) return inlineLeaf(context, reader, scope);
  for (const [word, compile] of FORMS) {
    const entry = reader.get(word);
    if (entry !== undefined) return compile(context, reader, entry, scope);
  }
  const known = [...KEYWORDS.criteria, ...KEYWORDS.metricKinds];
  const [first] = reader.entries;
  if (first === undefined) report(context, node.place, 'missing', 'The rule is empty');
  else reportUnknown(context, first.keyPlace, 'unknownKey', 'A rule', first.key, known);
  return null;
}

type Form = (context: CompileContext, reader: MapReader, entry: SourceEntry, scope: CriterionScope) => Criterion | null;

const FORMS: readonly (readonly [string, Form])[] = [
  ['metric', metricLeaf],
  ['streak', streakLeaf],
  ['level', levelLeaf],
  ['points', pointsLeaf],
  ['achievement', achievementLeaf],
  ['achievements', achievementsLeaf],
  ['all', (context, reader, entry, scope) => group(context, reader, entry, scope, 'all')],
  ['any', (context, reader, entry, scope) => group(context, reader, entry, scope, 'any')],
  ['not', notRule],
  ['of', atLeastOf],
];

function onlyKeys(context: CompileContext, reader: MapReader, what: string, keywords: readonly string[]): void {
  for (const entry of reader.entries) {
    if (!keywords.includes(entry.key)) reportUnknown(context, entry.keyPlace, 'unknownKey', what, entry.key, keywords);
  }
}

function metricLeaf(
  context: CompileContext,
  reader: MapReader,
  entry: SourceEntry,
  scope: CriterionScope,
): Criterion | null {
  onlyKeys(context, reader, 'This rule', ['metric', 'key', 'keys', ...KEYWORDS.comparisons]);
  const name = stringOf(entry.value) ?? '';
  const metric = name.startsWith('~') ? undefined : scope.metrics.get(name);
  if (metric === undefined || name.includes('@')) {
    const known = [...scope.metrics.keys()].filter((key) => !key.startsWith('~') && !key.includes('@'));
    reportUnknown(context, entry.value.place, 'unknownName', 'metric', name, known);
    readBounds(context, reader, 0);
    return null;
  }
  return leafOn(context, reader, inSeason(scope, metric), scope);
}

/** The metric restricted to the rule's season; made on demand. */
function inSeason(scope: CriterionScope, metric: Metric): Metric {
  if (scope.season === null || metric.kind === 'builtIn' || metric.season !== null) return metric;
  const key = `${metric.key}@${scope.season}`;
  const known = scope.metrics.get(key);
  if (known !== undefined) return known;
  const periods = metric.per === null ? [] : [metric.per];
  const restricted: Metric = { ...metric, key, season: scope.season, periods };
  scope.metrics.set(key, restricted);
  return restricted;
}

function inlineLeaf(context: CompileContext, reader: MapReader, scope: CriterionScope): Criterion | null {
  onlyKeys(context, reader, 'This rule', INLINE_KEYWORDS);
  const apart: readonly string[] = [...KEYWORDS.comparisons, 'key', 'keys'];
  const parts = reader.entries.filter((entry) => !apart.includes(entry.key));
  const shape = parts
    .map((entry) => [entry.key, plainValue(entry.value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const key = `~${shortHash(JSON.stringify(shape))}`;
  const known = scope.metrics.get(key);
  const name = Object.fromEntries(context.locales.map((locale) => [locale, keyInWords(key)]));
  const metric = known ?? compileMetric(context, reader, key, name, scope);
  if (metric === null) return null;
  if (known === undefined && scope.season === null) scope.metrics.set(key, metric);
  return leafOn(context, reader, inSeason(scope, metric), scope);
}

function leafOn(context: CompileContext, reader: MapReader, metric: Metric, scope: CriterionScope): MetricLeaf | null {
  const keys = readNumber(context, reader, 'keys', { least: 1, most: metric.maxKeys });
  const key = readString(context, reader, 'key');
  for (const word of ['key', 'keys']) {
    const entry = reader.get(word);
    if (entry !== undefined && metric.by === null)
      report(context, entry.keyPlace, 'conflict', `"${word}" needs a metric with "by"`);
  }
  if (keys !== undefined && key !== undefined)
    report(context, reader.place, 'conflict', 'A rule has "key" or "keys", not both');
  const bounds = readBounds(context, reader, metric.decimals);
  const isMisspelt = reader.entries.some((entry) => entry.key !== 'metric' && !INLINE_KEYWORDS.includes(entry.key));
  if (bounds === null && !scope.tiered) {
    if (isMisspelt) return null;
    report(context, reader.place, 'missing', `The rule needs one of ${KEYWORDS.comparisons.join(', ')}`);
    return null;
  }
  if (bounds !== null && scope.tiered)
    report(context, reader.place, 'conflict', 'The tiers say how much; leave the comparison out');
  const wanted = bounds ?? atLeast(0, 0);
  return { kind: 'metric', metric: metric.key, key: key ?? null, keys: keys ?? null, bounds: wanted };
}

function streakLeaf(
  context: CompileContext,
  reader: MapReader,
  entry: SourceEntry,
  scope: CriterionScope,
): Criterion | null {
  onlyKeys(context, reader, 'This rule', ['streak', ...KEYWORDS.comparisons]);
  const streak = stringOf(entry.value) ?? '';
  const bounds = readBounds(context, reader, 0);
  if (!scope.streaks.has(streak)) {
    reportUnknown(context, entry.value.place, 'unknownName', 'streak', streak, scope.streaks.keys());
    return null;
  }
  if (bounds === null && !scope.tiered) {
    report(context, reader.place, 'missing', 'The rule needs "atLeast", the days or weeks in a row');
    return null;
  }
  return { kind: 'streak', streak, bounds: bounds ?? atLeast(0, 0) };
}

function levelLeaf(context: CompileContext, reader: MapReader): Criterion | null {
  onlyKeys(context, reader, 'This rule', ['level']);
  const level = readNumber(context, reader, 'level', { least: 1, most: 10_000 });
  return level === undefined ? null : { kind: 'level', bounds: atLeast(level, level) };
}

function pointsLeaf(context: CompileContext, reader: MapReader): Criterion | null {
  onlyKeys(context, reader, 'This rule', ['points']);
  const points = readNumber(context, reader, 'points', { least: 0 });
  if (points === undefined) return null;
  return { kind: 'metric', metric: 'totalPoints', key: null, keys: null, bounds: atLeast(points, points) };
}

function achievementLeaf(
  context: CompileContext,
  reader: MapReader,
  entry: SourceEntry,
  scope: CriterionScope,
): Criterion | null {
  onlyKeys(context, reader, 'This rule', ['achievement', 'tier']);
  const achievement = stringOf(entry.value) ?? '';
  const tiers = scope.achievements.get(achievement);
  if (tiers === undefined) {
    reportUnknown(context, entry.value.place, 'unknownName', 'achievement', achievement, scope.achievements.keys());
    return null;
  }
  const tier = readNumber(context, reader, 'tier', { least: 1, most: Math.max(1, tiers) }) ?? 1;
  if (reader.get('tier') !== undefined && tiers === 0)
    report(context, reader.place, 'conflict', `"${achievement}" has no tiers`);
  return { kind: 'achievement', achievement, tier: tiers === 0 ? 0 : tier };
}

function achievementsLeaf(
  context: CompileContext,
  reader: MapReader,
  entry: SourceEntry,
  _scope: CriterionScope,
): Criterion | null {
  onlyKeys(context, reader, 'This rule', ['achievements', 'atLeast']);
  const given = readNumber(context, reader, 'atLeast', { least: 1, most: 100_000 });
  // The eligible ones, and the count of `all`, are filled in when every achievement is known.
  const leaf: AchievementsLeaf = { kind: 'achievements', rarity: null, eligible: [], count: given ?? 0 };
  if (stringOf(entry.value) === 'all') return leaf;
  const filter = entry.value.kind === 'map' ? openMap(context, entry.value, 'achievements', ['rarity']) : null;
  const word = filter?.get('rarity')?.value;
  const rarity = RARITIES.find((known) => known === stringOf(word));
  if (rarity !== undefined) return { ...leaf, rarity };
  // A map with another keyword was told of that already.
  if (word === undefined && filter !== null && filter.entries.length > 0) return null;
  report(
    context,
    (word ?? entry.value).place,
    'outOfRange',
    '"achievements" is all, or { rarity: one of common, uncommon, rare, epic, legendary }',
    nearest(stringOf(word) ?? '', RARITIES),
  );
  return null;
}

function children(context: CompileContext, entry: SourceEntry, scope: CriterionScope): Criterion[] {
  if (entry.value.kind !== 'list' || entry.value.items.length === 0) {
    report(context, entry.value.place, 'wrongType', `"${entry.key}" is a list of rules`);
    return [];
  }
  if (entry.value.items.length > MAX_LEAVES)
    report(context, entry.value.place, 'tooLarge', `At most ${MAX_LEAVES} rules in a list`);
  const inner = scope.tiered ? { ...scope, tiered: false } : scope;
  return entry.value.items.flatMap((item) => compileCriterion(context, item, inner) ?? []);
}

function group(
  context: CompileContext,
  reader: MapReader,
  entry: SourceEntry,
  scope: CriterionScope,
  kind: 'all' | 'any',
): Criterion {
  onlyKeys(context, reader, 'This rule', [kind]);
  return { kind, of: children(context, entry, scope) };
}

function notRule(
  context: CompileContext,
  reader: MapReader,
  entry: SourceEntry,
  scope: CriterionScope,
): Criterion | null {
  onlyKeys(context, reader, 'This rule', ['not']);
  const inner = compileCriterion(context, entry.value, scope);
  return inner === null ? null : { kind: 'not', of: inner };
}

function atLeastOf(
  context: CompileContext,
  reader: MapReader,
  entry: SourceEntry,
  scope: CriterionScope,
): Criterion | null {
  onlyKeys(context, reader, 'This rule', ['atLeast', 'of']);
  const of = children(context, entry, scope);
  const count = readNumber(context, reader, 'atLeast', { least: 1, most: Math.max(1, of.length) });
  if (reader.get('atLeast') === undefined)
    report(context, reader.place, 'missing', 'The rule needs "atLeast", how many of them');
  return count === undefined ? null : { kind: 'atLeast', count, of };
}

/** Whether a leaf can carry tiers: a threshold that counts up. */
export function canTier(criterion: Criterion): criterion is Leaf & { readonly kind: 'metric' | 'streak' } {
  return criterion.kind === 'metric' || criterion.kind === 'streak';
}
