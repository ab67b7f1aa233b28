import type { Achievement, Catalog } from './catalog.ts';
import { buildIndex } from './compile-index.ts';
import type { Criterion } from './criterion.ts';
import type { Unlock } from './state.ts';

/** A key of achievements whose holders a version brings to another one. */
export interface Rename {
  readonly from: string;
  /** Where its unlocks go, the first choice first. Several: each goes where it was unlocked once, where the ledger knows. */
  readonly to: readonly string[];
  /** `from` is still declared: only what was unlocked under one of `to` goes. */
  readonly onlyOwn: boolean;
}

/** The renames that came with one version. */
export interface VersionRenames {
  readonly version: number;
  readonly renames: readonly Rename[];
}

/** An unlock that goes to another key. */
export interface Move {
  readonly from: string;
  readonly to: string;
  readonly tier: number;
  readonly period: string;
}

/**
 * What a version renames. A key that is not declared any more belongs to the achievement that names it under `formerly`; else, where
 * an earlier version had renamed a key that this one declares anew (a rollback), to that key.
 */
export function renamesOf(before: Catalog | null, after: Catalog, history: readonly VersionRenames[]): Rename[] {
  const known = claimsOf(before);
  const claims = claimsOf(after);
  const edges = history.flatMap(({ renames }) => renames);
  const isDone = (from: string, to: string): boolean =>
    known.get(from) === to && edges.some((edge) => edge.from === from && edge.to.includes(to));
  const forth = [...claims].flatMap(([from, to]) => (isDone(from, to) ? [] : [{ from, to: [to], onlyOwn: false }]));
  const back = new Map<string, { readonly to: string; readonly distance: number }[]>();
  for (const key of before === null ? [] : after.achievements.keys()) {
    if (before?.achievements.has(key)) continue;
    for (const [heir, distance] of heirsOf(key, edges)) {
      if (!claims.has(heir)) back.set(heir, [...(back.get(heir) ?? []), { to: key, distance }]);
    }
  }
  return [
    ...forth,
    ...[...back].flatMap(([from, found]): Rename[] => {
      const nearest = found.toSorted((one, two) => one.distance - two.distance).map(({ to }) => to);
      const heir = after.achievements.get(from);
      if (heir === undefined) return [{ from, to: nearest, onlyOwn: false }];
      const given = nearest.filter(
        (key) => before?.achievements.get(from)?.formerly.includes(key) && !heir.formerly.includes(key),
      );
      return given.length === 0 ? [] : [{ from, to: given, onlyOwn: true }];
    }),
  ];
}

/** Former keys that a catalog no longer declares, with the achievement that names each. */
function claimsOf(catalog: Catalog | null): Map<string, string> {
  const claims = new Map<string, string>();
  for (const { key, formerly } of catalog?.achievements.values() ?? []) {
    for (const from of formerly) if (!catalog?.achievements.has(from)) claims.set(from, key);
  }
  return claims;
}

/** The keys to which the unlocks of a key may have gone, with the number of renames on the way. */
function heirsOf(key: string, edges: readonly Rename[]): Map<string, number> {
  const found = new Map([[key, 0]]);
  for (const [from, distance] of found) {
    for (const edge of edges.filter((one) => one.from === from)) {
      for (const to of edge.to) if (!found.has(to)) found.set(to, distance + 1);
    }
  }
  found.delete(key);
  return found;
}

/** The key that an achievement of some version has after the renames that came since. */
export function keyAfter(key: string, steps: readonly VersionRenames[], since: number): string {
  let now = key;
  for (const { version, renames } of steps) {
    if (version > since) now = renames.find(({ from, onlyOwn }) => from === now && !onlyOwn)?.to[0] ?? now;
  }
  return now;
}

/** A catalog with what every version up to it renamed, in order. */
export interface Lineage {
  readonly catalog: Catalog;
  readonly renames: readonly VersionRenames[];
}

/** The key that an achievement has now: of one that is not declared any more the one it was renamed to. */
export function currentKey({ catalog, renames }: Lineage, key: string): string {
  return catalog.achievements.has(key) ? key : keyAfter(key, renames, 0);
}

/** The keys that achievements had and nothing else has now, each with the key of today. */
export function currentKeys(lineage: Lineage): ReadonlyMap<string, string> {
  const known = new Set(lineage.renames.flatMap(({ renames }) => renames.map(({ from }) => from)));
  const pairs = Array.from(known, (former) => [former, currentKey(lineage, former)] as const);
  return new Map(pairs.filter(([former, key]) => former !== key));
}

/** The keys that an achievement had, as far as nothing else has them now. */
export function formerKeys(lineage: Lineage, key: string): string[] {
  return [...currentKeys(lineage)].flatMap(([former, now]) => (now === key ? former : []));
}

/**
 * The unlocks of one user that go with a version's renames. One goes only where its place (tier, period) is free; what is held goes
 * before what was taken, the older before the newer. `wasUnlockedAs` tells whether the user once unlocked a place under a key.
 */
export function movesOf(
  renames: readonly Rename[],
  rows: readonly Unlock[],
  wasUnlockedAs: (place: Omit<Move, 'from' | 'to'>, key: string) => boolean,
): Move[] {
  const byFrom = new Map(renames.map((rename) => [rename.from, rename]));
  const taken = new Set(rows.map((row) => placeOf(row, row.achievement)));
  const going = rows
    .filter(({ achievement }) => byFrom.has(achievement))
    .toSorted(
      (one, two) => Number(one.revokedAt !== null) - Number(two.revokedAt !== null) || one.unlockedAt - two.unlockedAt,
    );
  return going.flatMap((row): Move[] => {
    const { achievement: from, tier, period } = row;
    const { to: keys, onlyOwn } = byFrom.get(from) ?? { to: [], onlyOwn: true };
    const free = keys.filter((key) => !taken.has(placeOf(row, key)));
    const own = keys.length > 1 || onlyOwn ? free.find((key) => wasUnlockedAs({ tier, period }, key)) : undefined;
    const to = own ?? (onlyOwn ? undefined : free[0]);
    if (to === undefined) return [];
    taken.add(placeOf(row, to));
    return [{ from, to, tier, period }];
  });
}

/** The rows after those went. */
export function moved(rows: readonly Unlock[], moves: readonly Move[]): readonly Unlock[] {
  const keys = new Map(moves.map((move) => [placeOf(move, move.from), move.to]));
  return rows.map((row) => ({ ...row, achievement: keys.get(placeOf(row, row.achievement)) ?? row.achievement }));
}

function placeOf({ tier, period }: { readonly tier: number; readonly period: string }, key: string): string {
  return `${key}\u0000${tier}\u0000${period}`;
}

/** A catalog in the keys of the next one. */
export function inKeysAfter(catalog: Catalog, renames: readonly Rename[]): Catalog {
  return renamedCatalog(catalog, (key) => keyAfter(key, [{ version: 1, renames }], 0));
}

/** A catalog of the past in the keys of another; an achievement whose new key is another one's keeps its own. */
export function renamedCatalog(catalog: Catalog, newKeyOf: (key: string) => string): Catalog {
  const keys = new Map<string, string>();
  for (const key of catalog.achievements.keys()) {
    const now = newKeyOf(key);
    if (now !== key && !catalog.achievements.has(now) && ![...keys.values()].includes(now)) keys.set(key, now);
  }
  if (keys.size === 0) return catalog;
  const rename = (key: string): string => keys.get(key) ?? key;
  const achievements = new Map(
    Array.from(catalog.achievements.values(), (one): [string, Achievement] => {
      const key = rename(one.key);
      return [key, { ...one, key, requires: one.requires.map(rename), when: renamedRule(one.when, rename) }];
    }),
  );
  const { metrics, streaks, eventTypes } = catalog;
  return { ...catalog, achievements, index: buildIndex(metrics, streaks, achievements, eventTypes.keys()) };
}

function renamedRule(rule: Criterion, rename: (key: string) => string): Criterion {
  switch (rule.kind) {
    case 'all':
    case 'any':
    case 'atLeast':
      return { ...rule, of: rule.of.map((child) => renamedRule(child, rename)) };
    case 'not':
      return { ...rule, of: renamedRule(rule.of, rename) };
    case 'achievement':
      return { ...rule, achievement: rename(rule.achievement) };
    case 'achievements':
      return { ...rule, eligible: rule.eligible.map(rename) };
    default:
      return rule;
  }
}
