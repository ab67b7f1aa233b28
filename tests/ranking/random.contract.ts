import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoadedEntry, RankChange, RankedBoard, RankIndex, Ranking } from '../../src/ranking/rank-index.ts';
import { BOARDS, rankedOf, rankingOf, user } from './standings.ts';

const seed = Number(process.env['LAUREL_PROPERTY_SEED'] ?? Date.now() % 1_000_000_007);
const RUNS = Number(process.env['LAUREL_PROPERTY_RUNS'] ?? 100);
const USERS = 12;
const KEYS = ['', 'spa', 'monza'] as const;

/** What a user's row brought under a key when it had a version: the same whenever it is said. */
interface Fact {
  readonly by: string;
  readonly userId: string;
  readonly version: number;
}

type Command =
  | { readonly kind: 'apply'; readonly facts: readonly Fact[] }
  | { readonly kind: 'load'; readonly steps: readonly { readonly page: Fact[]; readonly meanwhile: Fact[] }[] }
  | { readonly kind: 'drop' };

const fact: fc.Arbitrary<Fact> = fc.record({
  by: fc.constantFrom(...KEYS),
  userId: fc.nat(USERS - 1).map(user),
  version: fc.integer({ min: 1, max: 30 }),
});
const facts = fc.array(fact, { maxLength: 12 });
const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.record({ kind: fc.constant('apply' as const), facts }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('load' as const),
        steps: fc.array(fc.record({ page: facts, meanwhile: facts }), { maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'drop' as const }) },
  ),
  { maxLength: 25 },
);

/** Few values and moments, so that there are many equals; every fifth version has none. */
function standingOf({ by, userId, version }: Fact): { value: number; achievedAt: number } | null {
  const mixed = (version * 31 + userId.charCodeAt(35) * 7 + by.length) % 1_000;
  return version % 5 === 0 ? null : { value: (mixed % 7) - 3, achievedAt: mixed % 3 };
}

/** The port in its plainest form: the newest fact of each user under each key, while the span is known. */
class Reference {
  readonly #board: RankedBoard;
  #newest: Map<string, Fact> | null = null;

  constructor(board: RankedBoard) {
    this.#board = board;
  }

  get isLoaded(): boolean {
    return this.#newest !== null;
  }

  begin(): void {
    this.#newest = new Map();
  }

  drop(): void {
    this.#newest = null;
  }

  take(all: readonly Fact[]): void {
    for (const one of all) {
      const name = `${one.by} ${one.userId}`;
      if (one.version > (this.#newest?.get(name)?.version ?? 0)) this.#newest?.set(name, one);
    }
  }

  ranking(by: string) {
    const own = [...(this.#newest?.values() ?? [])].filter((one) => one.by === by);
    const standings = own.flatMap((one) => {
      const standing = standingOf(one);
      return standing === null ? [] : [{ userId: one.userId, ...standing }];
    });
    return rankedOf(this.#board, standings);
  }
}

function changesOf(ranking: Ranking, all: readonly Fact[]): RankChange[] {
  return all.map((one) => {
    const { by, userId, version } = one;
    return { ranking: { ...ranking, by }, userId, version, standing: standingOf(one) };
  });
}

/** Who has no value has no row. */
function rowsOf(all: readonly Fact[]): LoadedEntry[] {
  return all.flatMap((one) => {
    const standing = standingOf(one);
    return standing === null ? [] : [{ ...one, ...standing }];
  });
}

async function run(index: RankIndex, ranking: Ranking, reference: Reference, command: Command): Promise<void> {
  if (command.kind === 'apply') {
    reference.take(command.facts);
    return index.apply(changesOf(ranking, command.facts));
  }
  if (command.kind === 'drop') {
    reference.drop();
    return index.drop(ranking);
  }
  if (reference.isLoaded) return;
  reference.begin();
  async function* pages(): AsyncGenerator<readonly LoadedEntry[]> {
    for (const { page, meanwhile } of (command as Command & { kind: 'load' }).steps) {
      reference.take(page.filter((one) => standingOf(one) !== null));
      yield rowsOf(page);
      reference.take(meanwhile);
      await index.apply(changesOf(ranking, meanwhile));
    }
  }
  expect(await index.load(ranking, pages())).toBe(true);
}

/** Every read of the port against the reference. */
async function compare(index: RankIndex, ranking: Ranking, reference: Reference): Promise<void> {
  expect(await index.isLoaded(ranking)).toBe(reference.isLoaded);
  const orNull = <Answer>(answer: Answer): Answer | null => (reference.isLoaded ? answer : null);
  const used = KEYS.filter((by) => reference.ranking(by).length > 0);
  expect(await index.keys(ranking)).toEqual(orNull(used.toSorted()));
  for (const by of KEYS) {
    const own = { ...ranking, by };
    const wanted = reference.ranking(by);
    const userIds = Array.from({ length: USERS }, (_, number) => user(number));
    expect(await index.count(own)).toEqual(orNull(wanted.length));
    expect(await index.page(own, 0, USERS)).toEqual(orNull(wanted));
    expect(await index.page(own, 2, 3)).toEqual(orNull(wanted.slice(2, 5)));
    const places = userIds.map((userId) => wanted.find((entry) => entry.userId === userId) ?? null);
    expect(await index.places(own, userIds)).toEqual(orNull(places));
    const place = { userId: user(5), value: 1, achievedAt: 1 };
    const before = wanted.length === 0 ? 0 : rankedWith(ranking.board, wanted, place);
    expect(await index.before(own, place)).toEqual(orNull(before));
  }
}

/** How many stand before a place that is put among the others; who holds it already is not counted twice. */
function rankedWith(
  board: RankedBoard,
  entries: Parameters<typeof rankedOf>[1],
  place: (typeof entries)[number],
): number {
  const others = entries.filter(({ userId, value, achievedAt }) => {
    return userId !== place.userId || value !== place.value || achievedAt !== place.achievedAt;
  });
  return rankedOf(board, [...others, place]).findIndex(
    ({ userId, value, achievedAt }) =>
      userId === place.userId && value === place.value && achievedAt === place.achievedAt,
  );
}

/** Random commands against the reference. LAUREL_PROPERTY_SEED and LAUREL_PROPERTY_RUNS repeat and lengthen a run. */
export function randomContract(index: () => RankIndex): void {
  describe(`random commands (seed ${seed}, ${RUNS} runs)`, { timeout: 30_000 + RUNS * 500 }, () => {
    let periods = 0;

    test.each(BOARDS)('agree with the reference: order $order, ties $ties', async (board) => {
      await fc.assert(
        fc.asyncProperty(commands, async (list) => {
          periods += 1;
          const ranking = rankingOf(board, '', `run-${periods}`);
          const reference = new Reference(board);
          for (const command of list) {
            await run(index(), ranking, reference, command);
            await compare(index(), ranking, reference);
          }
          await index().drop(ranking);
        }),
        { numRuns: Math.ceil(RUNS / BOARDS.length), seed },
      );
    });
  });
}
