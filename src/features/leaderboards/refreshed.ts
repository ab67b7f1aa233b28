import type { Catalog } from '../../engine/catalog.ts';
import type { Queryable } from '../../platform/database.ts';
import type { RankChange, RankIndex, Span } from '../../ranking/rank-index.ts';
import type { ErasedUser } from '../state/touched.ts';
import { isKeyed } from './load-pages.ts';
import { type BoardCell, type RankedCell, readCellsOf, type TouchedRow } from './rank-store.ts';

/** Users to read anew, and what may be gone of them. */
export interface Touched {
  readonly userIds: readonly string[];
  /** Users of whom anything may be gone. */
  readonly whole: ReadonlySet<string>;
  readonly gone: readonly {
    readonly userId: string;
    readonly metric: string;
    readonly by: string;
    readonly period: string;
  }[];
}

/** What rows of the outbox say together. */
export function touchedOf(rows: readonly TouchedRow[]): Touched {
  return {
    userIds: [...new Set(rows.flatMap(({ users }) => users))],
    whole: new Set(rows.flatMap((row) => (row.whole === true ? row.users : []))),
    gone: rows.flatMap(({ users, gone = [] }) =>
      gone.map(([place, metric, by, period]) => ({ userId: users[place] ?? '', metric, by, period })),
    ),
  };
}

/** Users of whom anything may have changed. */
export function wholeOf(userIds: readonly string[]): Touched {
  return { userIds, whole: new Set(userIds), gone: [] };
}

/** What users' rows are held against. */
export interface RefreshParts {
  readonly indexes: readonly Pick<RankIndex, 'keys'>[];
  readonly metrics: Catalog['metrics'];
  /** Users who have no row any more, each with a version newer than every one that it had. */
  readonly erased: ReadonlyMap<string, number>;
}

/** Users read by one statement. */
const USERS = 500;

/**
 * What users' rows say of spans, whatever was known before: their values, and no entry where there is none or boards do not show the
 * user. Of keyed boards an index is asked for the keys they may have left: a user has few of many.
 */
export async function* changesOfTouched(
  on: Queryable,
  { userIds, whole, gone }: Touched,
  spans: readonly Span[],
  { indexes, metrics, erased }: RefreshParts,
): AsyncGenerator<RankChange[]> {
  const cells = spans.map(({ board, period }): RankedCell => {
    return { metric: board.metric, period, keyed: isKeyed(metrics, board.metric) };
  });
  const distinct = [...new Map(cells.map((cell) => [`${cell.metric}/${cell.period}`, cell])).values()];
  const keys = whole.size > 0 ? await keysOfSpans(spans, indexes) : new Map<Span, readonly string[]>();
  const goneOf = Map.groupBy(gone, ({ userId }) => userId);
  const left = (userId: string, span: Span): string[] => [
    ...(whole.has(userId) ? (keys.get(span) ?? []) : []),
    ...(goneOf.get(userId) ?? []).flatMap(({ metric, by, period }) =>
      metric === span.board.metric && period === span.period ? [by] : [],
    ),
  ];
  for (let from = 0; from < userIds.length; from += USERS) {
    const asked = userIds.slice(from, from + USERS);
    const byUser = Map.groupBy(await readCellsOf(on, asked, distinct), (row) => row.userId);
    const gone = asked.flatMap((userId) => {
      const version = byUser.has(userId) ? undefined : erased.get(userId);
      return version === undefined ? [] : [{ userId, version }];
    });
    yield [
      ...[...byUser.values()].flatMap((own) => spans.flatMap((span) => changesOfUser(own, span, left))),
      ...gone.flatMap((user) => spans.flatMap((span) => leavingOf(user, span, left(user.userId, span)))),
    ];
  }
}

function changesOfUser(
  rows: readonly BoardCell[],
  span: Span,
  left: (userId: string, span: Span) => readonly string[],
): RankChange[] {
  const [first] = rows;
  if (first === undefined) return [];
  const { userId, version, shown } = first;
  const here = shown ? rows.filter(({ metric, period }) => metric === span.board.metric && period === span.period) : [];
  const values = new Map(here.map(({ by, value, achievedAt }) => [by, { value, achievedAt: achievedAt.getTime() }]));
  return [...new Set([...values.keys(), '', ...left(userId, span)])].map((by) => ({
    ranking: { ...span, by },
    userId,
    version,
    standing: values.get(by) ?? null,
  }));
}

/** The changes by which an erased user leaves a span. */
function leavingOf({ userId, version }: ErasedUser, span: Span, keys: readonly string[]): RankChange[] {
  return [...new Set(['', ...keys])].map((by) => ({ ranking: { ...span, by }, userId, version, standing: null }));
}

/** The keys of every span, in whichever index has it. */
async function keysOfSpans(
  spans: readonly Span[],
  indexes: readonly Pick<RankIndex, 'keys'>[],
): Promise<Map<Span, readonly string[]>> {
  const keys = new Map<Span, readonly string[]>();
  for (const span of spans) {
    const all = await Promise.all(indexes.map((index) => index.keys(span).catch(() => null)));
    keys.set(span, [...new Set(all.flatMap((own) => own ?? []))]);
  }
  return keys;
}
