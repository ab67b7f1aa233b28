import type { Achievement, Category, Per, Tier } from './catalog.ts';
import { atLeast } from './compile-bounds.ts';
import { type CriterionScope, canTier, compileCriterion } from './compile-criteria.ts';
import {
  type CompileContext,
  type MapReader,
  openMap,
  readChoice,
  readNumber,
  readString,
  readWords,
  report,
  reportUnknown,
} from './compile-reader.ts';
import { readInstant } from './compile-sections.ts';
import { keyInWords, readText } from './compile-texts.ts';
import { type AchievementsLeaf, type Criterion, leavesOf } from './criterion.ts';
import { CHOICES, KEYWORDS } from './keywords.ts';
import { scaleValue } from './numbers.ts';
import { plainValue, type SourceEntry, type SourceNode } from './source.ts';

const MAX_POINTS = 1_000_000_000_000;
const MAX_TIERS = 100;
const MAX_ACHIEVEMENTS = 5_000;
const NO_RULE: Criterion = { kind: 'manual' };

/** What achievements are compiled against. */
export interface AchievementScope extends Omit<CriterionScope, 'achievements' | 'season' | 'tiered'> {
  readonly categories: ReadonlyMap<string, Category>;
}

/** The same, with the former keys that were read so far and who names each. */
interface OwnScope extends AchievementScope {
  readonly claimed: Map<string, string>;
}

/** Compiles `achievements`. */
export function compileAchievements(
  context: CompileContext,
  node: SourceNode | undefined,
  scope: AchievementScope,
): Map<string, Achievement> {
  const entries = openMap(context, node, 'achievements')?.entries ?? [];
  if (entries.length > MAX_ACHIEVEMENTS && node !== undefined) {
    report(context, node.place, 'tooLarge', `At most ${MAX_ACHIEVEMENTS} achievements`);
    return new Map();
  }
  const names = new Map(entries.map((entry) => [entry.key, tierCount(entry)]));
  const found = new Map<string, Achievement>();
  const own: OwnScope = { ...scope, claimed: new Map() };
  for (const entry of entries) {
    if (!/^[\w.-]{1,64}$/.test(entry.key))
      report(context, entry.keyPlace, 'outOfRange', 'An achievement is named with letters, digits, _, - and .');
    const reader = openMap(context, entry.value, `The achievement "${entry.key}"`, KEYWORDS.achievement);
    const achievement = reader === null ? null : compileAchievement(context, entry, reader, names, own, found.size);
    if (achievement !== null) found.set(entry.key, achievement);
  }
  const candidates = Array.from(found.values(), (achievement) => ({ achievement, isCounted: isCounted(achievement) }));
  for (const achievement of found.values()) {
    found.set(achievement.key, { ...achievement, when: fillEligible(achievement, achievement.when, candidates) });
  }
  return found;
}

function tierCount(entry: SourceEntry): number {
  const tiers =
    entry.value.kind === 'map' ? entry.value.entries.find((item) => item.key === 'tiers')?.value : undefined;
  return tiers?.kind === 'list' ? tiers.items.length : 0;
}

function compileAchievement(
  context: CompileContext,
  entry: SourceEntry,
  reader: MapReader,
  names: ReadonlyMap<string, number>,
  scope: OwnScope,
  ordinal: number,
): Achievement | null {
  const { key } = entry;
  const season = readName(context, reader, 'season', 'season', scope.seasons);
  const hasTiers = reader.get('tiers') !== undefined;
  const whenEntry = reader.get('when');
  if (whenEntry === undefined) report(context, entry.keyPlace, 'missing', `The achievement "${key}" needs "when"`);
  const raw =
    whenEntry === undefined
      ? null
      : compileCriterion(context, whenEntry.value, { ...scope, achievements: names, season, tiered: hasTiers });
  // Where the rule is wrong the rest is read all the same, for its own faults.
  const when = raw ?? NO_RULE;
  const decimals = when.kind === 'metric' ? (scope.metrics.get(when.metric)?.decimals ?? 0) : 0;
  const tiers = readTiers(context, reader, raw === null ? null : decimals);
  if (hasTiers && raw !== null && !canTier(raw))
    report(context, reader.place, 'conflict', 'Tiers need a rule of one counted leaf');
  const startsAt = readInstant(context, reader, 'startsAt', 'UTC');
  const endsAt = readInstant(context, reader, 'endsAt', 'UTC');
  if (startsAt !== null && endsAt !== null && endsAt <= startsAt) {
    report(context, reader.get('endsAt')?.value.place ?? reader.place, 'badTime', 'It ends before it starts');
  }
  const achievement: Achievement = {
    key,
    ordinal,
    ...shownFields(context, reader, key, scope),
    tiers,
    when: tieredRule(when, tiers, decimals),
    requires: readRequires(context, reader, key, names),
    startsAt,
    endsAt,
    season,
    repeat: readRepeat(context, reader, when, scope),
    notifyAt: readNotifyAt(context, reader),
    retroactive: readChoice(context, reader, 'retroactive', CHOICES.retroactive, 'silent'),
    onChange: readChoice(context, reader, 'onChange', CHOICES.onChange, 'keep'),
    formerly: readFormerly(context, reader, key, scope),
  };
  return raw === null ? null : achievement;
}

/** Holders go to one achievement, so two cannot have been the same one. */
function readFormerly(context: CompileContext, reader: MapReader, key: string, { claimed }: OwnScope): string[] {
  return readWords(context, reader.get('formerly')).map(({ word, place }) => {
    const other = claimed.get(word);
    if (other !== undefined && other !== key)
      report(context, place, 'conflict', `"${other}" was formerly "${word}" already`);
    claimed.set(word, key);
    return word;
  });
}

function shownFields(context: CompileContext, reader: MapReader, key: string, scope: AchievementScope) {
  const data = reader.get('data');
  const platforms: Record<string, string> = {};
  const map = openMap(context, reader.get('platforms')?.value, 'platforms');
  for (const entry of map?.entries ?? []) {
    const id = map === null ? undefined : readString(context, map, entry.key);
    if (id !== undefined) platforms[entry.key] = id;
  }
  return {
    name: readText(context, reader, 'name', keyInWords(key)),
    description: readText(context, reader, 'description', ''),
    category: readName(context, reader, 'category', 'category', scope.categories),
    order: readNumber(context, reader, 'order', { least: 0 }) ?? 0,
    icon: readString(context, reader, 'icon') ?? null,
    iconLocked: readString(context, reader, 'iconLocked') ?? null,
    rarity: readChoice(context, reader, 'rarity', CHOICES.rarity, 'common'),
    points: readNumber(context, reader, 'points', { least: 0, most: MAX_POINTS }) ?? 0,
    xp: readNumber(context, reader, 'xp', { least: 0, most: MAX_POINTS }) ?? 0,
    data: data === undefined ? null : plainValue(data.value),
    platforms,
    visibility: readChoice(context, reader, 'visibility', CHOICES.visibility, 'public'),
    status: readChoice(context, reader, 'status', CHOICES.status, 'live'),
  };
}

/** A name of another section, with a fault when it is not there. */
function readName(
  context: CompileContext,
  reader: MapReader,
  key: string,
  what: string,
  known: ReadonlyMap<string, unknown>,
): string | null {
  const name = readString(context, reader, key);
  if (name === undefined) return null;
  if (known.has(name)) return name;
  reportUnknown(context, reader.get(key)?.value.place ?? reader.place, 'unknownName', what, name, known.keys());
  return null;
}

function readRequires(
  context: CompileContext,
  reader: MapReader,
  key: string,
  names: ReadonlyMap<string, number>,
): string[] {
  return readWords(context, reader.get('requires')).flatMap(({ word, place }) => {
    if (word === key) report(context, place, 'cycle', `"${key}" requires itself`);
    else if (!names.has(word)) reportUnknown(context, place, 'unknownName', 'achievement', word, names.keys());
    else return [word];
    return [];
  });
}

/** Reads `tiers`; `decimals` are those of the rule's value, null where it is not known. */
function readTiers(context: CompileContext, reader: MapReader, decimals: number | null): Tier[] {
  const entry = reader.get('tiers');
  if (entry === undefined) return [];
  const items = entry.value.kind === 'list' ? entry.value.items : [];
  if (items.length === 0 || items.length > MAX_TIERS) {
    report(context, entry.value.place, 'wrongType', '"tiers" is a list such as [ { at: 5, points: 10 } ]');
  }
  const tiers: Tier[] = [];
  for (const item of items.slice(0, MAX_TIERS)) {
    const tier = openMap(context, item, 'A tier', KEYWORDS.tier);
    if (tier === null) continue;
    const at = readNumber(context, tier, 'at', { least: 0, integer: decimals === 0 });
    if (tier.get('at') === undefined) report(context, tier.place, 'missing', 'A tier needs "at"');
    if (at !== undefined && at <= (tiers.at(-1)?.at ?? Number.NEGATIVE_INFINITY))
      report(context, tier.place, 'outOfRange', 'Tiers must rise');
    const points = readNumber(context, tier, 'points', { least: 0, most: MAX_POINTS }) ?? 0;
    const xp = readNumber(context, tier, 'xp', { least: 0, most: MAX_POINTS }) ?? 0;
    if (at !== undefined) tiers.push({ tier: tiers.length + 1, at, points, xp });
  }
  return tiers;
}

/** A tiered rule holds from its first tier on. */
function tieredRule(raw: Criterion, tiers: readonly Tier[], decimals: number): Criterion {
  const [first] = tiers;
  if (first === undefined || !canTier(raw)) return raw;
  return { ...raw, bounds: atLeast(first.at, scaleValue(first.at, decimals) ?? 0) };
}

/** The window of `repeat` is cut in the zone of the rule's own metric of that window, else in UTC. */
function readRepeat(context: CompileContext, reader: MapReader, when: Criterion, scope: AchievementScope): Per | null {
  const entry = reader.get('repeat');
  if (entry === undefined) return null;
  const unit = readChoice(context, reader, 'repeat', CHOICES.repeat, 'day');
  const pers = leavesOf(when).flatMap(({ leaf }) =>
    leaf.kind === 'metric' ? (scope.metrics.get(leaf.metric)?.per ?? []) : [],
  );
  if (unit === 'season' && scope.seasons.size === 0)
    report(context, entry.value.place, 'badPeriod', 'The catalog declares no seasons');
  return { unit, timezone: pers.find((per) => per.unit === unit)?.timezone ?? 'UTC' };
}

function readNotifyAt(context: CompileContext, reader: MapReader): number[] {
  const progress = openMap(context, reader.get('progress')?.value, 'progress', KEYWORDS.progress);
  const words = readWords(context, progress?.get('notifyAt'));
  const shares = words.flatMap(({ word, place }) => {
    const match = /^(\d{1,2}(?:\.\d+)?)%$/.exec(word);
    if (match !== null && Number(match[1]) > 0) return [Number(match[1]) / 100];
    report(context, place, 'outOfRange', 'notifyAt takes shares such as 50%, above 0% and below 100%');
    return [];
  });
  return [...new Set(shares)].sort((one, two) => one - two);
}

/** Fills `achievements` leaves: which ones count, and how many are all of them. */
function fillEligible(self: Achievement, rule: Criterion, candidates: readonly Candidate[]): Criterion {
  if (rule.kind === 'all' || rule.kind === 'any' || rule.kind === 'atLeast') {
    return { ...rule, of: rule.of.map((child) => fillEligible(self, child, candidates)) };
  }
  if (rule.kind === 'not') return { ...rule, of: fillEligible(self, rule.of, candidates) };
  if (rule.kind !== 'achievements') return rule;
  const eligible = candidates
    .filter((one) => one.achievement.key !== self.key && fits(one, rule))
    .map((one) => one.achievement.key);
  return { ...rule, eligible, count: rule.count > 0 ? rule.count : Math.max(1, eligible.length) };
}

/** An achievement, and whether `achievements: all` counts it. */
interface Candidate {
  readonly achievement: Achievement;
  readonly isCounted: boolean;
}

function fits({ achievement, isCounted }: Candidate, leaf: AchievementsLeaf): boolean {
  return leaf.rarity === null ? isCounted : achievement.rarity === leaf.rarity;
}

/** Left out of `all`: those given by hand, repeatable, limited in time, drafts, and those that count others. */
function isCounted(one: Achievement): boolean {
  const leaves = leavesOf(one.when);
  const isTimeLimited = one.startsAt !== null || one.endsAt !== null || one.season !== null;
  const isApart = leaves.some(({ leaf: other }) => other.kind === 'manual' || other.kind === 'achievements');
  return one.repeat === null && !isTimeLimited && !isApart && one.status !== 'draft';
}
