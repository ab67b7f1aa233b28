import type { Board, BoardReward, Metric, Per, Season } from './catalog.ts';
import { compilePer } from './compile-per.ts';
import {
  type CompileContext,
  type MapReader,
  openMap,
  readBoolean,
  readChoice,
  readDuration,
  readNumber,
  readString,
  report,
  reportUnknown,
} from './compile-reader.ts';
import { keyInWords, readText } from './compile-texts.ts';
import { CHOICES, KEYWORDS } from './keywords.ts';
import { plainValue, type SourceNode } from './source.ts';
import { DAY_MS } from './zones.ts';

/** Compiles `leaderboards`. A board's `per` is added to its metric's accumulators in `metrics`. */
export function compileBoards(
  context: CompileContext,
  node: SourceNode | undefined,
  metrics: Map<string, Metric>,
  seasons: ReadonlyMap<string, Season>,
): Map<string, Board> {
  const boards = new Map<string, Board>();
  for (const entry of openMap(context, node, 'leaderboards')?.entries ?? []) {
    const reader = openMap(context, entry.value, `The leaderboard "${entry.key}"`, KEYWORDS.leaderboard);
    if (reader === null) continue;
    const name = readString(context, reader, 'metric');
    const metric = name === undefined ? undefined : metrics.get(name);
    if (metric === undefined || name === undefined || /[~@]/.test(name)) {
      const known = [...metrics.keys()].filter((key) => !/[~@]/.test(key));
      if (name === undefined) report(context, entry.keyPlace, 'missing', 'A leaderboard needs "metric"');
      else
        reportUnknown(context, reader.get('metric')?.value.place ?? reader.place, 'unknownName', 'metric', name, known);
      continue;
    }
    const own = compilePer(context, reader, seasons);
    const per = addPeriod(context, reader, metric, own, metrics);
    boards.set(entry.key, compileBoard(context, reader, entry.key, name, per));
  }
  return boards;
}

function compileBoard(context: CompileContext, reader: MapReader, key: string, metric: string, per: Per | null): Board {
  const order = readChoice(context, reader, 'order', CHOICES.order, 'desc');
  return {
    key,
    name: readText(context, reader, 'name', keyInWords(key)),
    metric,
    order,
    ties: readChoice(context, reader, 'ties', CHOICES.ties, 'earliest'),
    per,
    notifyOvertaken: readBoolean(context, reader, 'notifyOvertaken', false),
    rewards: readRewards(context, reader),
    finalAfterMs: readDuration(context, reader, 'finalAfter', 31 * DAY_MS) ?? 0,
  };
}

/** Makes the metric keep what the board ranks; one metric cuts a window in one zone only. */
function addPeriod(
  context: CompileContext,
  reader: MapReader,
  metric: Metric,
  own: Per | null,
  metrics: Map<string, Metric>,
): Per | null {
  if (own === null) {
    metrics.set(metric.key, { ...metric, lifetime: true });
    return null;
  }
  const place = reader.get('per')?.value.place ?? reader.place;
  const inheritsZone = metric.per !== null && metric.per.unit === own.unit && reader.get('timezone') === undefined;
  const per = inheritsZone ? metric.per : own;
  const clash = metric.per === null ? metric.periods.find((known) => known.unit === per.unit) : metric.per;
  const same = (known: Per): boolean => known.unit === per.unit && known.timezone === per.timezone;
  if (per.timezone === 'user')
    report(context, place, 'badZone', "A leaderboard's windows are the same for everybody; name a zone");
  if (clash !== undefined && !same(clash)) {
    report(context, place, 'conflict', `"${metric.key}" is already kept per ${clash.unit} in ${clash.timezone}`);
  } else if (metric.withinMs !== null)
    report(context, place, 'conflict', 'A metric with "within" has no windows of the calendar');
  else if (!metric.periods.some(same)) metrics.set(metric.key, { ...metric, periods: [...metric.periods, per] });
  return per;
}

function readRewards(context: CompileContext, reader: MapReader): BoardReward[] {
  const entry = reader.get('rewards');
  if (entry === undefined) return [];
  if (entry.value.kind !== 'list') {
    report(context, entry.value.place, 'wrongType', '"rewards" is a list such as [ { ranks: 1..3, points: 100 } ]');
    return [];
  }
  return entry.value.items.flatMap((item) => {
    const reward = openMap(context, item, 'A reward', KEYWORDS.boardReward);
    if (reward === null) return [];
    const percent = readNumber(context, reward, 'percent', { least: 0.01, most: 100, integer: false }) ?? null;
    const ranks = readRanks(context, reward);
    if ((reward.get('percent') === undefined) === (reward.get('ranks') === undefined))
      report(context, reward.place, 'missing', 'A reward has "ranks" or "percent"');
    const data = reward.get('data');
    const points = readNumber(context, reward, 'points', { least: 0 }) ?? 0;
    const xp = readNumber(context, reward, 'xp', { least: 0 }) ?? 0;
    return [{ ranks, percent, points, xp, data: data === undefined ? null : plainValue(data.value) }];
  });
}

function readRanks(context: CompileContext, reader: MapReader): BoardReward['ranks'] {
  const text = readString(context, reader, 'ranks');
  if (text === undefined) return null;
  const [, first = '', last] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text) ?? [];
  const from = Number(first);
  const to = Number(last ?? first);
  if (from >= 1 && to >= from) return { from, to };
  report(
    context,
    reader.get('ranks')?.value.place ?? reader.place,
    'outOfRange',
    '"ranks" is a place such as 1, or places such as 1..3',
  );
  return null;
}
