import { setImmediate as turn } from 'node:timers/promises';
import {
  type LoadedEntry,
  type RankChange,
  type RankedBoard,
  type RankIndex,
  type Span,
  spanKey,
} from './rank-index.ts';
import { SpanRanks, type Taken } from './span-ranks.ts';
import { UserTable } from './user-table.ts';

/** Entries that are loaded at a time, some milliseconds; then whoever waits has a turn. */
const AT_A_TIME = 512;

/** A span from the beginning of its load until it is dropped. */
interface KnownSpan {
  readonly ranks: SpanRanks;
  isLoaded: boolean;
}

/** The spans that are known. A board object is named once: joining its parts at every read would cost as much as the read. */
class KnownSpans {
  readonly #byBoard = new WeakMap<RankedBoard, Map<string, KnownSpan>>();
  readonly #byName = new Map<string, Map<string, KnownSpan>>();

  get({ board, period }: Span): KnownSpan | undefined {
    return this.#periodsOf(board).get(period);
  }

  set({ board, period }: Span, known: KnownSpan): void {
    this.#periodsOf(board).set(period, known);
  }

  delete({ board, period }: Span): void {
    this.#periodsOf(board).delete(period);
  }

  #periodsOf(board: RankedBoard): Map<string, KnownSpan> {
    const known = this.#byBoard.get(board);
    if (known !== undefined) return known;
    const name = spanKey({ board, period: '' });
    const periods = this.#byName.get(name) ?? new Map<string, KnownSpan>();
    this.#byName.set(name, periods);
    this.#byBoard.set(board, periods);
    return periods;
  }
}

/**
 * Ranks in the memory of one process: a million users in one ranking take about 59 MB (63 with values
 * beyond 32 bits), in each further one about 36 MB. Users keep their
 * 22 bytes as long as the index lives, whatever is dropped. Reads and changes are answered at once, and cost about half in calls that
 * bring many. A load gives others their turn every five hundred entries; some tens of milliseconds, in proportion to what is there, take those
 * at which the arrays grow, at each sixteenth more.
 * Loading a span that answers already resolves to true and reads no page. Changes and loads are refused, with a TypeError or RangeError,
 * for a user id that is not a UUID in lower case and for numbers that are not safe integers.
 */
export function createMemoryRankIndex(): RankIndex {
  const users = new UserTable();
  const spans = new KnownSpans();
  const loaded = (span: Span): SpanRanks | null => {
    const known = spans.get(span);
    return known?.isLoaded ? known.ranks : null;
  };
  return {
    apply: async (changes) => applyAll(spans, changes),
    count: async (ranking) => loaded(ranking)?.count(ranking.by) ?? null,
    page: async (ranking, from, limit) => loaded(ranking)?.page(ranking.by, from, limit) ?? null,
    places: async (ranking, userIds) => loaded(ranking)?.places(ranking.by, userIds) ?? null,
    before: async (ranking, place) => loaded(ranking)?.before(ranking.by, place) ?? null,
    keys: async (span) => loaded(span)?.keys() ?? null,
    isLoaded: async (span) => loaded(span) !== null,
    drop: async (span) => {
      spans.delete(span);
    },
    load: (span, pages) => load(spans, span, pages, users),
  };
}

function takenFrom(entry: LoadedEntry): Taken {
  return { by: entry.by, userId: entry.userId, version: entry.version, standing: entry };
}

/** Takes in the changes of the spans that are known, each span's together; those of others are not for us. */
function applyAll(spans: KnownSpans, changes: readonly RankChange[]): void {
  const bySpan = new Map<SpanRanks, Taken[]>();
  let [last, own]: [RankChange['ranking'] | null, Taken[] | null] = [null, null];
  for (const { ranking, userId, version, standing } of changes) {
    if (ranking !== last) own = takenOf(bySpan, spans.get(ranking));
    last = ranking;
    own?.push({ by: ranking.by, userId, version, standing });
  }
  for (const [ranks, taken] of bySpan) ranks.take(taken);
}

function takenOf(bySpan: Map<SpanRanks, Taken[]>, known: KnownSpan | undefined): Taken[] | null {
  if (known === undefined) return null;
  const taken = bySpan.get(known.ranks) ?? [];
  bySpan.set(known.ranks, taken);
  return taken;
}

async function load(
  spans: KnownSpans,
  span: Span,
  pages: AsyncIterable<readonly LoadedEntry[]>,
  users: UserTable,
): Promise<boolean> {
  const known = spans.get(span);
  if (known !== undefined) return known.isLoaded;
  const own: KnownSpan = { ranks: new SpanRanks(span.board, users), isLoaded: false };
  spans.set(span, own);
  try {
    for await (const page of pages) {
      for (let from = 0; from < page.length; from += AT_A_TIME) {
        own.ranks.take(page.slice(from, from + AT_A_TIME).map(takenFrom));
        await turn();
        if (spans.get(span) !== own) return false;
      }
    }
    if (spans.get(span) !== own) return false;
    own.isLoaded = true;
    return true;
  } catch (error) {
    if (spans.get(span) === own) spans.delete(span);
    throw error;
  }
}
