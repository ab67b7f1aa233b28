import type { EventType, FieldRef, LocalText, Metric, MetricKind, Season } from './catalog.ts';
import { compilePer } from './compile-per.ts';
import {
  type CompileContext,
  type MapReader,
  openMap,
  readDuration,
  readNumber,
  readString,
  readWords,
  report,
  reportUnknown,
} from './compile-reader.ts';
import { keyInWords, readText } from './compile-texts.ts';
import { compileWhere } from './compile-where.ts';
import type { ExpressionFields } from './expression.ts';
import type { DetailField } from './expression-types.ts';
import { BUILT_IN_METRICS, KEYWORDS, RESERVED_METRICS } from './keywords.ts';
import type { Place, SourceEntry, SourceNode } from './source.ts';
import { DAY_MS } from './zones.ts';

const MAX_WITHIN_MS = 31 * DAY_MS;
const DEFAULT_MAX_KEYS = 1000;

/** What metrics and criteria are compiled against. */
export interface MetricScope {
  readonly eventTypes: ReadonlyMap<string, EventType>;
  readonly userFields: ReadonlyMap<string, DetailField>;
  readonly seasons: ReadonlyMap<string, Season>;
}

/** Compiles `metrics`, and adds the built-in ones after them. */
export function compileMetrics(
  context: CompileContext,
  node: SourceNode | undefined,
  scope: MetricScope,
): Map<string, Metric> {
  const metrics = new Map<string, Metric>();
  const keywords = ['name', ...KEYWORDS.metricKinds, ...KEYWORDS.metricOptions];
  for (const entry of openMap(context, node, 'metrics')?.entries ?? []) {
    if (RESERVED_METRICS.includes(entry.key)) {
      report(context, entry.keyPlace, 'reservedName', `"${entry.key}" is built in; call the metric something else`);
      continue;
    }
    if (!/^[A-Za-z0-9][\w.-]{0,63}$/.test(entry.key)) {
      report(context, entry.keyPlace, 'outOfRange', 'A metric is named with letters, digits, _, - and .');
    }
    const reader = openMap(context, entry.value, `The metric "${entry.key}"`, keywords);
    const name = reader === null ? {} : readText(context, reader, 'name', keyInWords(entry.key));
    const metric = reader === null ? null : compileMetric(context, reader, entry.key, name, scope);
    if (metric !== null) metrics.set(entry.key, metric);
  }
  for (const key of BUILT_IN_METRICS) metrics.set(key, builtIn(context, key));
  return metrics;
}

function builtIn(context: CompileContext, key: string): Metric {
  const words = { score: 'Score', xp: 'XP', totalPoints: 'Total points', achievements: 'Achievements' }[key] ?? key;
  return { ...BLANK, key, name: Object.fromEntries(context.locales.map((locale) => [locale, words])), kind: 'builtIn' };
}

const BLANK: Omit<Metric, 'key' | 'name' | 'kind'> = {
  of: [],
  brokenBy: [],
  value: null,
  where: null,
  by: null,
  maxKeys: DEFAULT_MAX_KEYS,
  keepMs: null,
  decimals: 0,
  unit: null,
  per: null,
  periods: [],
  withinMs: null,
  season: null,
  lifetime: false,
};

/** Compiles one metric, named or inline. Null when it has no kind, or its events are unknown. */
export function compileMetric(
  context: CompileContext,
  reader: MapReader,
  key: string,
  name: LocalText,
  scope: MetricScope,
): Metric | null {
  const kind = findKind(context, reader);
  if (kind === null) return null;
  const ofEntry = kind.key === 'count' || kind.key === 'run' ? kind.entry : reader.get('of');
  if (ofEntry === undefined) {
    report(context, kind.entry.keyPlace, 'missing', `"${kind.key}" needs "of", the event type it reads`);
    return null;
  }
  const of = knownTypes(context, ofEntry, scope);
  const fields = fieldsOf(of, scope);
  const where = reader.get('where');
  const per = compilePer(context, reader, scope.seasons);
  const metric: Metric = {
    ...BLANK,
    key,
    name,
    kind: kind.key,
    of,
    brokenBy: knownTypes(context, reader.get('brokenBy'), scope),
    value: kind.key === 'count' || kind.key === 'run' ? null : compileField(context, kind.entry, fields, kind.key),
    where: where === undefined ? null : compileWhere(context, where.value, fields),
    by: compileField(context, reader.get('by'), fields, 'by'),
    maxKeys: readNumber(context, reader, 'maxKeys', { least: 1, most: 100_000 }) ?? DEFAULT_MAX_KEYS,
    keepMs: readDuration(context, reader, 'keep', 3660 * DAY_MS) ?? null,
    decimals: readNumber(context, reader, 'decimals', { least: 0, most: 6 }) ?? 0,
    unit: readString(context, reader, 'unit') ?? null,
    per,
    periods: per === null ? [] : [per],
    withinMs: readDuration(context, reader, 'within', MAX_WITHIN_MS) ?? null,
    lifetime: true,
  };
  checkOptions(context, reader, metric, ofEntry.keyPlace);
  return of.length === 0 ? null : metric;
}

function findKind(
  context: CompileContext,
  reader: MapReader,
): { readonly key: MetricKind; readonly entry: SourceEntry } | null {
  const kinds = KEYWORDS.metricKinds.flatMap((key) => {
    const entry = reader.get(key);
    return entry === undefined ? [] : [{ key, entry }];
  });
  const [first, second] = kinds;
  if (first === undefined)
    report(context, reader.place, 'missing', `A metric needs one of ${KEYWORDS.metricKinds.join(', ')}`);
  if (second !== undefined)
    report(context, second.entry.keyPlace, 'conflict', `A metric has one kind; this one is "${first?.key}"`);
  return first ?? null;
}

/** Event types named by an entry; unknown ones are reported and left out. */
export function knownTypes(
  context: CompileContext,
  entry: SourceEntry | undefined,
  scope: Pick<MetricScope, 'eventTypes'>,
): string[] {
  const found = new Set<string>();
  for (const { word, place } of readWords(context, entry)) {
    if (scope.eventTypes.has(word)) found.add(word);
    else reportUnknown(context, place, 'unknownName', 'event type', word, scope.eventTypes.keys());
  }
  return [...found];
}

/** The fields all these event types offer: one that is absent in some is optional, one of two types is neither. */
function fieldsOf(types: readonly string[], scope: MetricScope): ExpressionFields {
  const details = new Map<string, DetailField>();
  for (const type of types) {
    for (const [name, field] of scope.eventTypes.get(type)?.fields ?? []) {
      const known = details.get(name);
      const same = known === undefined || known.type === field.type;
      details.set(name, same ? field : { type: 'other', optional: true });
    }
  }
  for (const [name, field] of details) {
    if (types.some((type) => scope.eventTypes.get(type)?.fields.has(name) !== true))
      details.set(name, { ...field, optional: true });
  }
  return { details, user: scope.userFields };
}

function compileField(
  context: CompileContext,
  entry: SourceEntry | undefined,
  fields: ExpressionFields,
  use: string,
): FieldRef | null {
  if (entry === undefined) return null;
  const { value } = entry;
  const text = value.kind === 'scalar' && typeof value.value === 'string' ? value.value : '';
  const match = /^(details|user)\.(.+)$/.exec(text);
  const [, root, name] = match ?? [];
  if ((root !== 'details' && root !== 'user') || name === undefined) {
    report(context, value.place, 'wrongType', `"${use}" takes a field such as details.seconds`);
    return null;
  }
  const field = fields[root].get(name);
  if (field === undefined) {
    reportUnknown(context, value.place, 'unknownName', 'field', name, fields[root].keys());
    return null;
  }
  const numeric = use === 'sum' || use === 'min' || use === 'max' || use === 'latest';
  if (numeric && field.type !== 'number' && field.type !== 'integer' && field.type !== 'other') {
    report(context, value.place, 'wrongType', `"${use}" needs a number; ${text} is a ${field.type}`);
  }
  return { root, name };
}

function checkOptions(context: CompileContext, reader: MapReader, metric: Metric, place: Place): void {
  const { kind } = metric;
  const at = (key: string): Place => reader.get(key)?.keyPlace ?? place;
  const refuse = (key: string, message: string): void => report(context, at(key), 'conflict', message);
  if (reader.get('brokenBy') !== undefined && kind !== 'run') refuse('brokenBy', '"brokenBy" belongs to "run"');
  if ((kind === 'count' || kind === 'run') && reader.get('of') !== undefined)
    refuse('of', `"${kind}" names its events itself; leave "of" out`);
  if (metric.by === null && reader.get('maxKeys') !== undefined) refuse('maxKeys', '"maxKeys" belongs to "by"');
  if (metric.by === null && metric.keepMs !== null) refuse('keep', '"keep" belongs to "by"');
  if (metric.withinMs !== null) {
    if (kind !== 'count' && kind !== 'sum' && kind !== 'distinct')
      refuse('within', '"within" works with count, sum and distinct');
    if (metric.per !== null) refuse('within', 'A metric has "per" or "within", not both');
  }
  const fractions = kind === 'sum' || kind === 'min' || kind === 'max' || kind === 'latest';
  if (metric.decimals > 0 && !fractions) refuse('decimals', `"${kind}" has no decimals`);
}
