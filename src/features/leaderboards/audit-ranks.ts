import { setTimeout as pause } from 'node:timers/promises';
import type { Catalog } from '../../engine/catalog.ts';
import { rank, type Standing } from '../../engine/ranking.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { RankedEntry, RankIndex, Ranking, Span } from '../../ranking/rank-index.ts';
import type { CatalogService } from '../catalog/service.ts';
import { keptSpans } from './kept-spans.ts';
import { loadPages } from './load-pages.ts';

/** What an audit of ranks compares. */
export interface RankAuditParts {
  readonly database: Database;
  readonly catalog: CatalogService;
  readonly clock: Clock;
  readonly index: RankIndex;
}

/** A ranking whose index is not what the rows say. */
export interface RankDifference {
  readonly board: string;
  readonly by: string;
  readonly period: string;
  /** The first position at which they differ, from 0, and what stands there; null: nothing. */
  readonly position: number;
  readonly index: RankedEntry | null;
  readonly rows: RankedEntry | null;
}

/** What became of a span. */
export interface AuditedSpan {
  readonly span: Span;
  /** Entries compared; null: the index does not have it. */
  readonly entries: number | null;
  readonly differences: readonly RankDifference[];
}

/** Looks at a span that differs: while events come, what was read first is behind what was read then. */
const LOOKS = 5;
const PAUSE_MS = 400;
const PAGE = 1_000;

/** Compares an index with what the rows come to, span by span; a difference that is gone at the last look is none. */
export async function* auditRanks(
  { database, catalog, clock, index }: RankAuditParts,
  looks: number = LOOKS,
): AsyncGenerator<AuditedSpan> {
  const { current, past } = keptSpans(catalog.live().catalog, clock.now());
  for (const span of [...current, ...past]) {
    for (let look = 1; ; look += 1) {
      const audited = await auditSpan({ database, index, catalog: catalog.live().catalog }, span);
      if (audited.differences.length === 0 || look === looks) {
        yield audited;
        break;
      }
      await pause(PAUSE_MS);
    }
  }
}

async function auditSpan(
  { database, index, catalog }: { database: Database; index: RankIndex; catalog: Catalog },
  span: Span,
): Promise<AuditedSpan> {
  const keys = await index.keys(span);
  if (keys === null) return { span, entries: null, differences: [] };
  const rows = new Map<string, Standing[]>();
  for await (const page of loadPages(database, span, catalog)) {
    for (const { by, userId, value, achievedAt } of page) {
      const own = rows.get(by) ?? [];
      rows.set(by, own);
      own.push({ userId, value, achievedAt });
    }
  }
  const differences: RankDifference[] = [];
  for (const by of new Set([...keys, ...rows.keys()])) {
    const difference = await compare(index, { ...span, by }, rows.get(by) ?? []);
    if (difference !== null) differences.push(difference);
  }
  return { span, entries: [...rows.values()].reduce((sum, { length }) => sum + length, 0), differences };
}

/** The first difference; null where there is none, and where the index lost the span meanwhile. */
async function compare(index: RankIndex, ranking: Ranking, rows: readonly Standing[]): Promise<RankDifference | null> {
  const { board, by, period } = ranking;
  const expected = rank(board, rows).map((entry, position): RankedEntry => ({ ...entry, position }));
  for (let from = 0; from <= expected.length; from += PAGE) {
    const page = await index.page(ranking, from, PAGE);
    if (page === null) return null;
    for (let at = 0; at < PAGE; at += 1) {
      const [own, row] = [page[at] ?? null, expected[from + at] ?? null];
      if (own === null && row === null) return null;
      if (own === null || row === null || !isSame(own, row))
        return { board: board.key, by, period, position: from + at, index: own, rows: row };
    }
  }
  return null;
}

function isSame(one: RankedEntry, two: RankedEntry): boolean {
  return (
    one.userId === two.userId &&
    one.value === two.value &&
    one.achievedAt === two.achievedAt &&
    one.rank === two.rank &&
    one.position === two.position
  );
}
