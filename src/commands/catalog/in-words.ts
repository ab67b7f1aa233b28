import type { Achievement, Board, EventType, Metric, Per, Streak } from '../../engine/catalog.ts';

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

const ACCUMULATES: Readonly<Record<Metric['kind'], string>> = {
  count: 'count of',
  sum: 'sum of',
  distinct: 'number of different',
  run: 'longest run of',
  min: 'least',
  max: 'greatest',
  latest: 'newest',
  builtIn: 'built in',
};

/** A number as people write it: 850,161,998,263. */
export function numberInWords(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 6 });
}

/** A duration as the language writes it: 1h30m. */
export function durationInWords(ms: number): string {
  let rest = ms;
  let text = '';
  for (const [unit, size] of UNITS) {
    const many = Math.floor(rest / size);
    if (many > 0) text += `${many}${unit}`;
    rest -= many * size;
  }
  return text || '0s';
}

/** What of an event type is doubted, and what comes of it; nothing where the catalog says nothing of it. */
export function doubtInWords({ from, trust, velocity, onDoubt }: EventType): string {
  const usual = from === 'player' ? 'low' : 'normal';
  const words = [
    trust === usual ? '' : `below ${trust} trust`,
    velocity === null ? '' : `over ${velocity.count} a ${velocity.per}`,
    onDoubt === 'quarantine' ? 'then quarantine' : '',
  ];
  return words.filter(Boolean).join(', ');
}

/** An instant in UTC without what is nought: 2026-12-01T07:00Z. */
export function instantInWords(at: number): string {
  return new Date(at).toISOString().replace(/(:00)?\.000Z$/, 'Z');
}

/** A window: `each week (Europe/Moscow)`. */
export function perInWords({ unit, timezone }: Per): string {
  return unit === 'season' ? 'each season' : `each ${unit} (${timezone === 'user' ? "the user's zone" : timezone})`;
}

/** The declared fields of an event: `track: string, assists: boolean?`. */
export function fieldsInWords({ fields }: EventType): string {
  return [...fields].map(([name, { type, optional }]) => `${name}: ${type}${optional ? '?' : ''}`).join(', ');
}

/** What a metric accumulates. */
export function metricInWords(metric: Metric): string {
  const { value, where, by, per, withinMs } = metric;
  const of = metric.of.join(', ');
  const field = value === null ? '' : `${value.root}.${value.name} of `;
  const parts = [`${ACCUMULATES[metric.kind]} ${field}${of}`];
  if (metric.brokenBy.length > 0) parts.push(`broken by ${metric.brokenBy.join(', ')}`);
  if (where !== null) {
    const tests = where.kind === 'expression' ? where.expression.text : where.tests.map(({ text }) => text).join(', ');
    parts.push(`where ${tests}`);
  }
  if (by !== null) parts.push(`by ${by.root}.${by.name} (${numberInWords(metric.maxKeys)} keys a user)`);
  if (metric.keepMs !== null) parts.push(`keys kept ${durationInWords(metric.keepMs)}`);
  if (per !== null) parts.push(perInWords(per));
  if (withinMs !== null) parts.push(`within ${durationInWords(withinMs)}`);
  if (metric.decimals > 0) parts.push(`${metric.decimals} decimal${metric.decimals === 1 ? '' : 's'}`);
  if (metric.unit !== null) parts.push(`in ${metric.unit}`);
  return parts.join('; ');
}

/** What keeps a streak. */
export function streakInWords({ of, per, freezes }: Streak): string {
  const parts = [`each ${per} with ${of.join(', ')}`];
  if (freezes.max > 0) {
    const earned = freezes.earnEvery === null ? '' : `, one more for every ${freezes.earnEvery} ${per}s`;
    parts.push(`freezes: ${freezes.start} at the start${earned}, at most ${freezes.max}`);
  }
  return parts.join('; ');
}

/** How a board ranks, and what it gives. */
export function boardInWords(board: Board, metric: Metric | undefined): string {
  const parts = [`${board.metric.replace(/@.*$/, '')}, ${board.order === 'asc' ? 'the least' : 'the greatest'} first`];
  if (metric?.by != null) parts.push(`one ranking for each ${metric.by.root}.${metric.by.name}`);
  if (board.per !== null) parts.push(perInWords(board.per));
  if (board.ties !== 'earliest') parts.push(board.ties === 'shared' ? 'ties share a rank' : 'ties: the latest first');
  for (const { ranks, percent, points, xp, data } of board.rewards) {
    const who =
      ranks !== null
        ? ranks.from === ranks.to
          ? `rank ${ranks.from}`
          : `ranks ${ranks.from} to ${ranks.to}`
        : `best ${percent}%`;
    const what = [points > 0 ? `${numberInWords(points)} points` : [], xp > 0 ? `${numberInWords(xp)} XP` : []].flat();
    if (data !== null) what.push(JSON.stringify(data));
    parts.push(`${who}: ${what.join(', ') || 'nothing'}`);
  }
  if (board.finalAfterMs > 0) parts.push(`final ${durationInWords(board.finalAfterMs)} after the close`);
  if (board.notifyOvertaken) parts.push('tells who is overtaken');
  return parts.join('; ');
}

/** What else holds for an achievement, besides its rule: gates, tiers, what players see. */
export function achievementNotes(achievement: Achievement, decimals: number): string[] {
  const { tiers, requires, startsAt, endsAt, season, repeat, notifyAt } = achievement;
  const notes: string[] = [];
  if (tiers.length > 0) notes.push(`tiers at ${tiers.map(({ at }) => tierAt(at, decimals)).join(', ')}`);
  if (requires.length > 0) notes.push(`requires ${requires.join(', ')}`);
  if (startsAt !== null) notes.push(`from ${instantInWords(startsAt)}`);
  if (endsAt !== null) notes.push(`until ${instantInWords(endsAt)}`);
  if (season !== null) notes.push(`only in season ${season}`);
  if (repeat !== null) notes.push(`once ${perInWords(repeat)}`);
  if (notifyAt.length > 0)
    notes.push(`tells at ${notifyAt.map((share) => `${numberInWords(share * 100)}%`).join(', ')}`);
  if (achievement.visibility !== 'public') notes.push(achievement.visibility);
  if (achievement.status !== 'live') notes.push(achievement.status);
  if (achievement.retroactive !== 'silent') notes.push(`retroactive: ${achievement.retroactive}`);
  if (achievement.onChange !== 'keep') notes.push(`on change: ${achievement.onChange}`);
  if (achievement.formerly.length > 0) notes.push(`formerly ${achievement.formerly.join(', ')}`);
  return notes;
}

/** `at` is written by the designer, in the metric's own unit. */
function tierAt(at: number, decimals: number): string {
  return numberInWords(Number(at.toFixed(decimals)));
}
