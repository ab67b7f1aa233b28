import type { Catalog, Metric } from './catalog.ts';
import { type Draft, inOrder } from './draft.ts';
import { scaleValue } from './numbers.ts';
import { broughtTo, OPENING } from './opening.ts';
import { periodAt, periodKeyAt } from './periods.ts';
import type { Cell, CellRef, FoldEvent, Json } from './state.ts';
import { fieldValue, passes } from './where.ts';
import { DAY_MS } from './zones.ts';

const MAX_KEY_LENGTH = 200;
/** All time a database can name: 1970 to 9999. */
const FIRST = 0;
const LAST = 253_402_300_800_000;

/** What an event brings to a metric: the amount, or a member's name; the breaking of a run. */
export interface Contribution {
  readonly amount: number;
  readonly member: string | null;
  readonly breaks: boolean;
}

/** A cell's next content; or unchanged, must be read first, out of range. */
export type NextCell = Cell | 'same' | 'unknown' | 'outOfRange';

/** What an event brings to a metric; null when it does not concern it. */
export function contributionOf(catalog: Catalog, metric: Metric, event: FoldEvent): Contribution | null | 'outOfRange' {
  if (metric.season !== null) {
    const season = catalog.seasons.get(metric.season);
    if (season === undefined || event.occurredAt < season.startsAt || event.occurredAt >= season.endsAt) return null;
  }
  if (metric.kind === 'run' && !metric.of.includes(event.type)) return BREAK;
  if (metric.where !== null && !passes(metric.where, event)) return null;
  if (metric.value === null) return ONE;
  const value = fieldValue(event, metric.value.root, metric.value.name);
  if (value === undefined) return null;
  if (metric.kind === 'distinct') {
    const member = typeof value === 'string' ? value : JSON.stringify(value);
    return member.includes('\u0000') ? null : { amount: 1, member, breaks: false };
  }
  if (typeof value !== 'number') return null;
  const amount = scaleValue(value, metric.decimals);
  return amount === null ? 'outOfRange' : { amount, member: null, breaks: false };
}

const ONE: Contribution = { amount: 1, member: null, breaks: false };
const BREAK: Contribution = { amount: 0, member: null, breaks: true };

/** The `by` key of an event: '' for a metric without, null when the event has none and is skipped. */
export function byKeyOf(metric: Metric, event: FoldEvent): string | null {
  if (metric.by === null) return '';
  const value: Json | undefined = fieldValue(event, metric.by.root, metric.by.name);
  if (value === undefined || typeof value === 'object') return null;
  const key = String(value);
  return key === '' || key.length > MAX_KEY_LENGTH || key.includes('\u0000') ? null : key;
}

/** An event of the log with what it brought. */
export interface Contributed {
  readonly event: FoldEvent;
  readonly contribution: Contribution;
}

/**
 * Everything that fed a cell, in (occurredAt, id) order, with the event at hand; undefined when the log must be read first. For
 * what cannot be told from the cell alone: late events of runs, windows and sets. `span` narrows what is read.
 */
export function contributionsTo(
  draft: Draft,
  metric: Metric,
  ref: CellRef,
  event: FoldEvent,
  span: { readonly from: number; readonly to: number } | null,
): readonly Contributed[] | undefined {
  const types = [...new Set([...metric.of, ...metric.brokenBy, OPENING])];
  const { from, to } = span ?? spanOf(draft.catalog, metric, ref, event);
  const events = draft.history({ types, from, to });
  if (events === undefined) return undefined;
  const others = events.filter((one) => one.id !== event.id);
  return [...others, event].sort(inOrder).flatMap((one): Contributed[] => {
    if (one.type === OPENING) return ref.period === '' ? openingOf(metric, ref, one) : [];
    const contribution = contributionOf(draft.catalog, metric, one);
    if (contribution === null || contribution === 'outOfRange' || byKeyOf(metric, one) !== ref.by) return [];
    return ref.period === '' || isIn(draft.catalog, metric, ref.period, one) ? [{ event: one, contribution }] : [];
  });
}

/** What an opening brought to a lifetime cell. */
function openingOf(metric: Metric, { by }: CellRef, event: FoldEvent): Contributed[] {
  return broughtTo(metric, event).flatMap((own) =>
    own.by === by ? [{ event, contribution: { amount: own.amount, member: null, breaks: false } }] : [],
  );
}

function isIn(catalog: Catalog, metric: Metric, period: string, event: FoldEvent): boolean {
  return metric.periods.some((per) => periodKeyAt(per, event.occurredAt, event.timezone, catalog.seasons) === period);
}

/** The span of a cell's window, with a margin for users who change their zone; of all time for the lifetime cell. */
function spanOf(catalog: Catalog, metric: Metric, ref: CellRef, event: FoldEvent): { from: number; to: number } {
  const per = metric.periods.find(
    (one) => periodKeyAt(one, event.occurredAt, event.timezone, catalog.seasons) === ref.period,
  );
  const period =
    per === undefined || ref.period === '' ? null : periodAt(per, event.occurredAt, event.timezone, catalog.seasons);
  if (period === null) return { from: FIRST, to: LAST };
  return { from: period.startsAt - 2 * DAY_MS, to: period.endsAt + 2 * DAY_MS };
}
