import type { Catalog, Metric } from './catalog.ts';
import { cellValue } from './criteria.ts';
import { NeedsBuilder } from './needs.ts';
import { unscale, valueText } from './numbers.ts';
import { periodKeyAt, periodOfKey } from './periods.ts';
import type { Reader } from './progress.ts';
import { cellKey, type Json, type Needs, type UserState } from './state.ts';

/** A metric as a player reads it. Only metrics that have a value are shown. */
export interface MetricView {
  readonly key: string;
  readonly by: string | null;
  readonly period: string;
  readonly value: number;
  readonly valueText: string;
  /** The run that is going on, of a `run` metric. */
  readonly current: number | null;
}

/** Which metrics, of which `by` key, in which window: a key such as 2026-W47, `current`, or null for all time. */
export interface MetricQuery {
  readonly keys: readonly string[] | null;
  readonly by: string | null;
  readonly period: string | null;
}

interface Found {
  readonly metric: Metric;
  readonly period: string;
}

/** The metrics a designer named and the built-in ones; those inside rules and those of a season's rules have no name. */
export function namedMetrics(catalog: Catalog): Metric[] {
  return [...catalog.metrics.values()].filter((metric) => !/[~@]/.test(metric.key));
}

function select(catalog: Catalog, query: MetricQuery, reader: Reader, now: number): Found[] {
  const wanted = query.keys === null ? null : new Set(query.keys);
  return namedMetrics(catalog).flatMap((metric) => {
    if (wanted !== null && !wanted.has(metric.key)) return [];
    if (query.period === null || query.period === 'all') return [{ metric, period: '' }];
    for (const per of metric.periods) {
      if (query.period === 'current') {
        const period = periodKeyAt(per, now, reader.timezone, catalog.seasons);
        if (period !== '') return [{ metric, period }];
      } else if (periodOfKey(per, query.period, reader.timezone, catalog.seasons) !== null) {
        return [{ metric, period: query.period }];
      }
    }
    return [];
  });
}

/** What must be read to show these metrics. */
export function metricsNeeds(catalog: Catalog, query: MetricQuery, reader: Reader, now: number): Needs {
  const needs = new NeedsBuilder();
  for (const { metric, period } of select(catalog, query, reader, now)) {
    needs.cell({ metric: metric.key, by: query.by ?? '', period });
  }
  return needs.build();
}

/** The metrics of a user, in catalog order, unscaled. Those without a value are left out. */
export function metricsView(
  catalog: Catalog,
  query: MetricQuery,
  state: UserState,
  reader: Reader,
  now: number,
): MetricView[] {
  return select(catalog, query, reader, now).flatMap(({ metric, period }) => {
    const cell = state.cells.get(cellKey({ metric: metric.key, by: query.by ?? '', period })) ?? null;
    const value = builtIn(metric, period, state) ?? cellValue(metric, cell);
    if (value === null || (query.by !== null && metric.by === null)) return [];
    return [
      {
        key: metric.key,
        by: query.by,
        period: period === '' ? 'all' : period,
        value: unscale(value, metric.decimals),
        valueText: valueText(value, metric.decimals, metric.unit),
        current: metric.kind === 'run' ? currentOf(cell?.state ?? null) : null,
      },
    ];
  });
}

function builtIn(metric: Metric, period: string, state: UserState): number | null {
  if (metric.kind !== 'builtIn' || period !== '') return null;
  if (metric.key === 'score') return state.score;
  if (metric.key === 'xp') return state.xp;
  return metric.key === 'totalPoints' ? state.score + state.achievementPoints : null;
}

function currentOf(state: Json): number {
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return 0;
  return Number((state as { readonly [key: string]: Json })['current'] ?? 0);
}
