import type { Achievement, Catalog } from './catalog.ts';

/** A part of a catalog whose definitions have keys. */
export type Section = 'eventTypes' | 'metrics' | 'seasons' | 'streaks' | 'categories' | 'achievements' | 'leaderboards';

/** One definition that two versions do not share. */
export interface DefinitionChange {
  readonly section: Section;
  readonly key: string;
  /** An achievement that is gone is archived: holders keep it. */
  readonly kind: 'added' | 'changed' | 'removed' | 'archived' | 'renamed';
  /** The key it had before, of a renamed one. */
  readonly formerly: string | null;
  /** The fields that differ, in the order of the definition. */
  readonly fields: readonly string[];
  /** The rule itself differs: who would not earn it now must be looked for. */
  readonly changesRule: boolean;
}

/** What differs between two catalogs. */
export interface CatalogDiff {
  readonly definitions: readonly DefinitionChange[];
  /** The XP thresholds differ, so levels move. */
  readonly changesLevels: boolean;
  /** Metrics that must be filled from the log: new ones, and those that count otherwise. Inline ones too. */
  readonly metricsToFill: readonly string[];
  /** Achievements to be judged over the log: new ones, and those with another rule. */
  readonly achievementsToJudge: readonly string[];
}

const SECTIONS: readonly Section[] = [
  'eventTypes',
  'metrics',
  'seasons',
  'streaks',
  'categories',
  'achievements',
  'leaderboards',
];
const RULE_FIELDS = new Set(['when', 'tiers', 'requires', 'startsAt', 'endsAt', 'season', 'repeat', 'status']);
const SHOWN_FIELDS = new Set(['name', 'unit', 'ordinal', 'lifetime']);

/** Compares two catalogs, definition by definition. Before the first version compare with null. */
export function diffCatalogs(before: Catalog | null, after: Catalog): CatalogDiff {
  const definitions = SECTIONS.flatMap((section) => diffSection(section, before, after));
  return {
    definitions,
    changesLevels: shape(before?.levels.thresholds ?? null) !== shape(after.levels.thresholds),
    metricsToFill: metricsToFill(before, after),
    achievementsToJudge: definitions
      .filter((one) => one.section === 'achievements' && one.kind !== 'archived' && one.changesRule)
      .map((one) => one.key),
  };
}

function diffSection(section: Section, before: Catalog | null, after: Catalog): DefinitionChange[] {
  const old: ReadonlyMap<string, object> = before?.[section] ?? new Map();
  const now: ReadonlyMap<string, object> = after[section];
  const renamed = new Set<string>();
  const changes: DefinitionChange[] = [];
  for (const [key, definition] of now) {
    if (/[~@]/.test(key)) continue;
    const formerly = old.has(key) ? null : formerKey(definition, old, now);
    if (formerly !== null) renamed.add(formerly);
    const previous = old.get(formerly ?? key);
    const fields = previous === undefined ? [] : changedFields(previous, definition);
    const changesRule = previous === undefined || fields.some((field) => RULE_FIELDS.has(field));
    const kind = previous === undefined ? 'added' : formerly !== null ? 'renamed' : 'changed';
    if (kind !== 'changed' || fields.length > 0) changes.push({ section, key, kind, formerly, fields, changesRule });
  }
  for (const key of old.keys()) {
    if (now.has(key) || renamed.has(key) || /[~@]/.test(key)) continue;
    const kind = section === 'achievements' ? 'archived' : 'removed';
    changes.push({ section, key, kind, formerly: null, fields: [], changesRule: true });
  }
  return changes;
}

function formerKey(
  definition: object,
  old: ReadonlyMap<string, object>,
  now: ReadonlyMap<string, object>,
): string | null {
  const { formerly } = definition as Partial<Achievement>;
  return formerly?.find((key) => old.has(key) && !now.has(key)) ?? null;
}

function changedFields(before: object, after: object): string[] {
  const one = before as Readonly<Record<string, unknown>>;
  const two = after as Readonly<Record<string, unknown>>;
  const keys = new Set([...Object.keys(one), ...Object.keys(two)]);
  return [...keys].filter(
    (key) => key !== 'ordinal' && key !== 'key' && key !== 'formerly' && shape(one[key]) !== shape(two[key]),
  );
}

function metricsToFill(before: Catalog | null, after: Catalog): string[] {
  return [...after.metrics].flatMap(([key, metric]) => {
    const known = before?.metrics.get(key);
    const differs = known === undefined || changedFields(known, metric).some((field) => !SHOWN_FIELDS.has(field));
    return differs ? [key] : [];
  });
}

/** What a value says, without its functions: conditions are compared by their text. Which achievements count is left out. */
export function shape(value: unknown): string {
  return JSON.stringify(value ?? null, (key, inner: unknown) => {
    if (key === 'eligible' || typeof inner === 'function') return undefined;
    if (inner instanceof Map) return [...inner];
    return inner === Number.POSITIVE_INFINITY ? 'inf' : inner === Number.NEGATIVE_INFINITY ? '-inf' : inner;
  });
}
