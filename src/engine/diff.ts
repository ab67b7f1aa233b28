import type { Catalog, Metric } from './catalog.ts';
import { type Rename, renamedCatalog, renamesOf } from './renames.ts';

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
  /** Events are counted in other windows for a limit or a velocity, so the cells of these differ; another number is none. */
  readonly changesWindows: boolean;
  /** Metrics that must be filled from the log: new ones, those that count otherwise, those that a moved season cuts. Inline ones too. */
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

/** Compares two catalogs, definition by definition, by the renames between them. Before the first version compare with null. */
export function diffCatalogs(
  before: Catalog | null,
  after: Catalog,
  renames: readonly Rename[] = renamesOf(before, after, []),
): CatalogDiff {
  const told = before === null ? [] : renames.filter(({ from, onlyOwn }) => !onlyOwn && before.achievements.has(from));
  const newKeys = new Map(told.map(({ from, to }) => [from, to[0] ?? from]));
  const known = before === null ? null : renamedCatalog(before, (key) => newKeys.get(key) ?? key);
  const definitions = SECTIONS.flatMap((section) =>
    diffSection(section, known, after, section === 'achievements' ? newKeys : NO_KEYS),
  );
  return {
    definitions,
    changesLevels: shape(before?.levels.thresholds ?? null) !== shape(after.levels.thresholds),
    changesWindows: shape(windowsOf(before)) !== shape(windowsOf(after)),
    metricsToFill: metricsToFill(before, after),
    achievementsToJudge: definitions
      .filter((one) => one.section === 'achievements' && one.kind !== 'archived' && one.changesRule)
      .map((one) => one.key),
  };
}

const NO_KEYS: ReadonlyMap<string, string> = new Map();

/** `newKeys` are those of renamed definitions, by the keys they had; `before` has the new ones. */
function diffSection(
  section: Section,
  before: Catalog | null,
  after: Catalog,
  newKeys: ReadonlyMap<string, string>,
): DefinitionChange[] {
  const old: ReadonlyMap<string, object> = before?.[section] ?? new Map();
  const now: ReadonlyMap<string, object> = after[section];
  const changes: DefinitionChange[] = [];
  for (const [key, definition] of now) {
    if (/[~@]/.test(key)) continue;
    const formerKeys = [...newKeys].flatMap(([from, to]) => (to === key && !old.has(from) ? from : []));
    const formerly = formerKeys[0] ?? null;
    const previous = old.get(key);
    const fields = previous === undefined ? [] : changedFields(previous, definition);
    const changesRule = previous === undefined || fields.some((field) => RULE_FIELDS.has(field));
    const kind = previous === undefined ? 'added' : formerly !== null ? 'renamed' : 'changed';
    if (kind !== 'changed' || fields.length > 0) changes.push({ section, key, kind, formerly, fields, changesRule });
  }
  for (const key of old.keys()) {
    if (now.has(key) || /[~@]/.test(key)) continue;
    const heir = newKeys.get(key);
    // One of several that become one: the others are told with the first.
    if (heir !== undefined)
      changes.push({ section, key: heir, kind: 'renamed', formerly: key, fields: [], changesRule: false });
    else {
      const kind = section === 'achievements' ? 'archived' : 'removed';
      changes.push({ section, key, kind, formerly: null, fields: [], changesRule: true });
    }
  }
  return changes;
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
  const seasons = movedSeasons(before, after);
  return [...after.metrics].flatMap(([key, metric]) => {
    const known = before?.metrics.get(key);
    const differs = known === undefined || changedFields(known, metric).some((field) => !SHOWN_FIELDS.has(field));
    return differs || isCutBy(metric, seasons) ? [key] : [];
  });
}

/** The windows in which events of each type are counted, by type; of an undeclared one none are. */
function windowsOf(catalog: Catalog | null): (readonly [string, string | null, string | null])[] {
  const types = [...(catalog?.eventTypes.values() ?? [])].filter(({ limit, velocity }) => limit ?? velocity);
  return types
    .map(({ key, limit, velocity }) => [key, limit?.per ?? null, velocity?.per ?? null] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
}

/** Seasons that begin or end at another instant; new ones and those that are gone too. */
function movedSeasons(before: Catalog | null, after: Catalog): ReadonlySet<string> {
  const cut = (catalog: Catalog | null, key: string): string => {
    const season = catalog?.seasons.get(key);
    return shape([season?.startsAt, season?.endsAt]);
  };
  const keys = [...(before?.seasons.keys() ?? []), ...after.seasons.keys()];
  return new Set(keys.filter((key) => cut(before, key) !== cut(after, key)));
}

/** Whether what a metric keeps depends on when these seasons are: it counts in one of them, or keeps a value for each. */
function isCutBy({ season, periods }: Metric, seasons: ReadonlySet<string>): boolean {
  if (seasons.size === 0) return false;
  return periods.some(({ unit }) => unit === 'season') || (season !== null && seasons.has(season));
}

/** What a value says, without its functions: conditions are compared by their text. Which achievements count is left out. */
export function shape(value: unknown): string {
  return JSON.stringify(value ?? null, (key, inner: unknown) => {
    if (key === 'eligible' || typeof inner === 'function') return undefined;
    if (inner instanceof Map) return [...inner];
    return inner === Number.POSITIVE_INFINITY ? 'inf' : inner === Number.NEGATIVE_INFINITY ? '-inf' : inner;
  });
}
