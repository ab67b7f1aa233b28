import type { Achievement, Catalog, Metric } from './catalog.ts';
import { byKeyOf, contributionOf } from './contribution.ts';
import { judge, keyValues, metricValue } from './criteria.ts';
import { type Criterion, leavesOf, within } from './criterion.ts';
import { Draft } from './draft.ts';
import type { Moment } from './moment.ts';
import { unscale } from './numbers.ts';
import { countOf, progressNeeds, type Reader } from './progress.ts';
import { ruleText } from './rule-text.ts';
import type { FoldEvent, HistoryRef, Needs, Unlock, UserState } from './state.ts';
import { refusedBy } from './where.ts';
import { DAY_MS } from './zones.ts';

/** How far back events are looked for, and how many of the rule's types at most, so that a busy player costs no more. */
const SPAN_MS = 90 * DAY_MS;
const MOST_EVENTS = 1_000;

/** A part of a rule as it stands. */
export interface RuleView {
  readonly kind: Criterion['kind'];
  readonly text: string;
  readonly holds: boolean;
  /** Value and goal, as a player reads them; null where the leaf compares nothing. */
  readonly current: number | null;
  readonly target: number | null;
  readonly of: readonly RuleView[];
}

/** Something besides the rule that must be open. */
export interface GateView {
  readonly kind: 'status' | 'startsAt' | 'endsAt' | 'season' | 'requires' | 'blocked';
  /** The achievement, season or status in question; an instant as ISO 8601. */
  readonly what: string;
  readonly isOpen: boolean;
}

/** An event that counted, or the condition that refused it. */
export interface EventView {
  readonly eventId: string;
  readonly type: string;
  readonly occurredAt: number;
  readonly refusedBy: string | null;
}

/** Why an achievement was unlocked, or why not yet. */
export interface Explanation {
  readonly achievement: string;
  readonly state: 'unlocked' | 'revoked' | 'locked';
  /** The latest unlock, with the event that decided it. */
  readonly unlock: Unlock | null;
  readonly gates: readonly GateView[];
  readonly rule: RuleView;
  /** The newest event that counted for the rule, among the newest 1,000 of its types in the last 90 days. */
  readonly lastMatching: EventView | null;
  /** The newest of these that was of the right type and did not count. */
  readonly lastNearly: EventView | null;
}

/** What must be read to explain an achievement; one reading is enough. */
export function explainNeeds(catalog: Catalog, key: string, reader: Reader, now: number): Needs {
  const needs = progressNeeds(catalog, [key], reader, now);
  const achievement = catalog.achievements.get(key);
  if (achievement === undefined) return needs;
  const ref = historyOf(catalog, achievement, now);
  return {
    ...needs,
    achievements: [...new Set([...needs.achievements, ...achievement.requires])],
    history: ref === null ? needs.history : [...needs.history, ref],
  };
}

function historyOf(catalog: Catalog, achievement: Achievement, now: number): HistoryRef | null {
  const types = sourcesOf(catalog, achievement).flatMap(({ of }) => of);
  if (types.length === 0) return null;
  const end = Math.ceil(now / DAY_MS) * DAY_MS;
  return { types: [...new Set(types)].sort(), from: end - SPAN_MS, to: end, newest: MOST_EVENTS };
}

/** What feeds a leaf: the event types, and why one of them does not count (null: it does). */
interface Source {
  readonly of: readonly string[];
  readonly refusedBy: (event: FoldEvent) => string | null;
}

function sourcesOf(catalog: Catalog, achievement: Achievement): Source[] {
  return leavesOf(achievement.when).flatMap(({ leaf }): Source[] => {
    if (leaf.kind === 'streak') {
      const streak = catalog.streaks.get(leaf.streak);
      return streak === undefined ? [] : [{ of: streak.of, refusedBy: () => null }];
    }
    const metric = leaf.kind === 'metric' ? catalog.metrics.get(leaf.metric) : undefined;
    if (leaf.kind !== 'metric' || metric === undefined) return [];
    return [{ of: metric.of, refusedBy: (event) => refusedFor(catalog, metric, leaf.key, event) }];
  });
}

/** Why an event does not count for a key of a metric (null: any key): its season, its condition, a missing field, another key. */
function refusedFor(catalog: Catalog, metric: Metric, key: string | null, event: FoldEvent): string | null {
  const season = metric.season === null ? undefined : catalog.seasons.get(metric.season);
  if (season !== undefined && (event.occurredAt < season.startsAt || event.occurredAt >= season.endsAt))
    return `outside season ${season.key}`;
  const condition = refusedBy(metric.where, event);
  if (condition !== null) return condition;
  const { value, by } = metric;
  if (value !== null && contributionOf(catalog, metric, event) === null) return `no ${value.root}.${value.name}`;
  if (by === null) return null;
  const own = byKeyOf(metric, event);
  if (own === null) return `no ${by.root}.${by.name}`;
  return key === null || own === key ? null : `${by.root}.${by.name} is not ${key}`;
}

/** Explains an achievement from a state that holds what `explainNeeds` asked for. Null for an unknown one. */
export function explain(
  catalog: Catalog,
  key: string,
  state: UserState,
  reader: Reader,
  now: number,
): Explanation | null {
  const achievement = catalog.achievements.get(key);
  if (achievement === undefined) return null;
  const draft = new Draft(catalog, state, now);
  const moment: Moment = { at: now, zone: reader.timezone };
  const rows = draft.unlocks(key) ?? [];
  const held = rows.filter((row) => row.revokedAt === null);
  const latest = held.toSorted((one, two) => two.unlockedAt - one.unlockedAt || two.tier - one.tier)[0];
  const ref = historyOf(catalog, achievement, now);
  const events = ref === null ? [] : (draft.history(ref) ?? []);
  return {
    achievement: key,
    state: held.length > 0 ? 'unlocked' : rows.some((row) => row.revokedAt !== null) ? 'revoked' : 'locked',
    unlock: latest ?? null,
    gates: gatesOf(draft, achievement, moment, rows),
    rule: viewOf(draft, achievement.when, moment),
    ...lastEvents(catalog, achievement, events),
  };
}

function viewOf(draft: Draft, rule: Criterion, moment: Moment): RuleView {
  const children = rule.kind === 'all' || rule.kind === 'any' || rule.kind === 'atLeast' ? rule.of : [];
  const of =
    rule.kind === 'not' ? [viewOf(draft, rule.of, moment)] : children.map((child) => viewOf(draft, child, moment));
  const { current, target } = measure(draft, rule, moment);
  return {
    kind: rule.kind,
    text: ruleText(draft.catalog, rule),
    holds: judge(draft, rule, moment) === true,
    current,
    target,
    of,
  };
}

function measure(draft: Draft, rule: Criterion, moment: Moment): { current: number | null; target: number | null } {
  const nothing = { current: null, target: null };
  if (rule.kind === 'all' || rule.kind === 'any' || rule.kind === 'atLeast' || rule.kind === 'not') return nothing;
  const count = countOf(draft, rule, moment);
  if (count !== null) return count;
  if (rule.kind !== 'metric') return nothing;
  const metric = draft.catalog.metrics.get(rule.metric);
  if (metric === undefined) return nothing;
  if (rule.keys !== null) {
    const values = keyValues(draft, metric, moment) ?? [];
    return { current: values.filter((value) => within(rule.bounds, value)).length, target: rule.keys };
  }
  const value = metricValue(draft, metric, rule.key, moment) ?? null;
  const goal = Number.isFinite(rule.bounds.high) ? rule.bounds.high : rule.bounds.low;
  return {
    current: value === null ? null : unscale(value, metric.decimals),
    target: Number.isFinite(goal) ? unscale(goal, metric.decimals) : null,
  };
}

function gatesOf(draft: Draft, achievement: Achievement, moment: Moment, rows: readonly Unlock[]): GateView[] {
  const { status, startsAt, endsAt, season, requires } = achievement;
  const gates: GateView[] = [];
  const isEarnable = status === 'live' || (status === 'draft' && draft.state.test);
  if (status !== 'live') gates.push({ kind: 'status', what: status, isOpen: isEarnable });
  if (startsAt !== null)
    gates.push({ kind: 'startsAt', what: new Date(startsAt).toISOString(), isOpen: moment.at >= startsAt });
  if (endsAt !== null) gates.push({ kind: 'endsAt', what: new Date(endsAt).toISOString(), isOpen: moment.at < endsAt });
  const known = season === null ? undefined : draft.catalog.seasons.get(season);
  if (known !== undefined) {
    gates.push({ kind: 'season', what: known.key, isOpen: moment.at >= known.startsAt && moment.at < known.endsAt });
  }
  for (const key of requires) {
    const isOpen = (draft.unlocks(key) ?? []).some((row) => row.revokedAt === null);
    gates.push({ kind: 'requires', what: key, isOpen });
  }
  const isBlocked = rows.some((row) => row.revokedAt !== null && row.source === 'rule');
  if (isBlocked) gates.push({ kind: 'blocked', what: achievement.key, isOpen: false });
  return gates;
}

function lastEvents(catalog: Catalog, achievement: Achievement, events: readonly FoldEvent[]) {
  const sources = sourcesOf(catalog, achievement);
  let lastMatching: EventView | null = null;
  let lastNearly: EventView | null = null;
  for (const event of events.toReversed()) {
    for (const source of sources) {
      if (!source.of.includes(event.type)) continue;
      const refused = source.refusedBy(event);
      const view = { eventId: event.id, type: event.type, occurredAt: event.occurredAt, refusedBy: refused };
      if (refused === null) lastMatching ??= view;
      else lastNearly ??= view;
    }
    if (lastMatching !== null && lastNearly !== null) break;
  }
  return { lastMatching, lastNearly };
}
