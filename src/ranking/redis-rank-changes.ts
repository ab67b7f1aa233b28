import type { LoadedEntry, RankChange, RankedBoard, Span } from './rank-index.ts';
import { spanKey } from './rank-index.ts';
import { momentOf, NO_MOMENT, scoreOf } from './redis-rank-members.ts';

/** How many changes one script takes: well under a millisecond of Redis, and not faster with more. */
const STEP = 100;

/** Changes of one span, as many as one script takes. */
export interface ChangeStep {
  readonly span: Span;
  /** The rankings they are of, each once. */
  readonly bys: readonly string[];
  /** For each change: which ranking (from 1), user, version, moment, score. */
  readonly args: readonly (string | number)[];
}

type Change = Omit<RankChange, 'ranking'> & { readonly by: string };

/**
 * Sorts changes by span, in steps.
 * @throws RangeError for a value, moment or version that is not kept exactly
 */
export function stepsOfChanges(changes: readonly RankChange[]): ChangeStep[] {
  const spans = new Map<string, { span: Span; changes: Change[] }>();
  for (const { ranking, ...change } of changes) {
    const key = spanKey(ranking);
    const known = spans.get(key) ?? { span: ranking, changes: [] };
    spans.set(key, known);
    known.changes.push({ ...change, by: ranking.by });
  }
  return [...spans.values()].flatMap(({ span, changes }) => stepsOf(span, changes));
}

/**
 * The steps that a page of rows makes.
 * @throws RangeError for a value, moment or version that is not kept exactly
 */
export function stepsOfRows(span: Span, rows: readonly LoadedEntry[]): ChangeStep[] {
  return stepsOf(
    span,
    rows.map((row) => ({ by: row.by, userId: row.userId, version: row.version, standing: row })),
  );
}

function stepsOf(span: Span, changes: readonly Change[]): ChangeStep[] {
  const steps: ChangeStep[] = [];
  for (let at = 0; at < changes.length; at += STEP) {
    const places = new Map<string, number>();
    const args = changes.slice(at, at + STEP).flatMap((change) => {
      const place = places.get(change.by) ?? places.size + 1;
      places.set(change.by, place);
      return [place, ...argsOf(span.board, change)];
    });
    steps.push({ span, bys: [...places.keys()], args });
  }
  return steps;
}

function argsOf(board: RankedBoard, { userId, version, standing }: Change): (string | number)[] {
  if (!Number.isSafeInteger(version)) throw new RangeError(`not a version: ${version}`);
  if (standing === null) return [userId, version, NO_MOMENT, ''];
  return [userId, version, momentOf(board, standing.achievedAt), scoreOf(board, standing.value)];
}
