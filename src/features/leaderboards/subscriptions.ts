import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { MOST_PER_PAGE, pageSize } from '../../graphql/pages.ts';
import { spanKey } from '../../ranking/rank-index.ts';
import { mapIterator } from '../../realtime/iterate.ts';
import { UserRefInputType } from '../users/schema.ts';
import { readUserRef, type UserRefInput } from '../users/user-ref.ts';
import { Frame } from './board-hub.ts';
import type { BoardEntry } from './entry.ts';
import { LeaderboardEntryType } from './entry-schema.ts';
import { type BoardShape, boardOf, LeaderboardType, NOBODY, seenBy } from './schema.ts';

/** Entries on either side of the user named by `around`. */
const RADIUS = 5;

interface Update {
  readonly shape: BoardShape;
  readonly entries: readonly BoardEntry[];
  readonly around: readonly BoardEntry[] | null;
  readonly users: readonly BoardEntry[] | null;
  readonly at: Date;
}

const LeaderboardUpdate = builder.objectRef<Update>('LeaderboardUpdate').implement({
  description: 'A board as it is now.',
  fields: (t) => ({
    leaderboard: t.field({ type: LeaderboardType, description: 'The board.', resolve: ({ shape }) => shape }),
    entries: t.field({
      type: [LeaderboardEntryType],
      description: 'The best.',
      resolve: ({ entries }) => [...entries],
    }),
    around: t.field({
      type: [LeaderboardEntryType],
      nullable: true,
      description: 'The user that was named and those next to it; null when none was named.',
      resolve: ({ around }) => around && [...around],
    }),
    users: t.field({
      type: [LeaderboardEntryType],
      nullable: true,
      description: 'The users that were named, best first; null when none were named.',
      resolve: ({ users }) => users && [...users],
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was read.' }),
  }),
});

/** What a follower wants to see. */
interface Wanted {
  readonly shape: BoardShape;
  readonly first: number;
  readonly around: UserRefInput | null;
  readonly users: readonly UserRefInput[] | null;
}

builder.subscriptionField('leaderboardUpdated', (t) =>
  t.field({
    type: LeaderboardUpdate,
    description: 'The current period of a board: as it is at once, then whenever it moved, at most 4 times a second.',
    args: {
      key: t.arg.string({ required: true, description: 'Key of the board.' }),
      by: t.arg.string({ description: 'Which ranking of a keyed board.' }),
      first: t.arg.int({ defaultValue: 10, required: true, description: 'How many of the best.', validate: pageSize }),
      around: t.arg({ type: UserRefInputType, description: 'Also this user and 5 on either side.' }),
      users: t.arg({
        type: [UserRefInputType],
        description: 'Also these, at most 100, such as friends.',
        validate: z.array(z.any()).max(MOST_PER_PAGE).nullish(),
      }),
    },
    subscribe: async (_root, { key, by, first, around, users }, context) => {
      const shape = boardOf(context, key, by ?? null);
      if (shape === null) throw badUserInput(`there is no leaderboard '${key.slice(0, 60)}'`);
      const wanted: Wanted = {
        shape,
        first,
        around: around ?? null,
        users: users ?? null,
      };
      const named = await namedBy(context, wanted);
      return follow(context, wanted, named);
    },
    resolve: (update) => update,
  }),
);

/** Users by id, those who are there. */
interface Named {
  readonly around: string | null;
  readonly users: readonly string[] | null;
  /** Somebody named is not there yet. */
  readonly lacks: boolean;
}

async function namedBy({ loaders }: Context, { around, users }: Wanted): Promise<Named> {
  const refs = [...(around === null ? [] : [around]), ...(users ?? [])];
  const ids = await Promise.all(refs.map((ref) => loaders.users.idByRef.load(readUserRef(ref))));
  const friends = around === null ? ids : ids.slice(1);
  return {
    around: around === null ? null : (ids[0] ?? NOBODY),
    users: users === null ? null : [...new Set(friends)].flatMap((id) => id ?? []),
    lacks: ids.includes(null),
  };
}

/** Updates that differ from the one before, each with the ranks of the one before. */
async function follow(
  context: Context,
  wanted: Wanted,
  first: Named,
): Promise<AsyncIterableIterator<Update, undefined>> {
  const { boardHub, clock } = context.services;
  const { board, by } = wanted.shape;
  let named = first;
  let endsAt: number | null = null;
  let hasFailed = false;
  let shown = '';
  let ranks = new Map<string, number>();
  const isDue = (): boolean => hasFailed || (endsAt !== null && clock.now() >= endsAt);
  const frames = await boardHub.follow(board.key, by ?? '', isDue);
  return mapIterator(frames, async (frame) => {
    if (named.lacks) {
      context.forget();
      named = await namedBy(context, wanted);
    }
    const looked = await look(context, frame, wanted, named).catch((error: unknown) => {
      // Who follows already rides it out.
      if (shown === '') throw error;
      return null;
    });
    hasFailed = looked === null;
    if (looked === null) return null;
    endsAt = looked.endsAt;
    const lists = [looked.entries, looked.around, looked.users].map((list) =>
      list?.map((place) => withMove(place, ranks)),
    );
    const [entries = [], around, users] = lists;
    const next = JSON.stringify([looked.period, ...lists.map((list) => list?.map(({ entry }) => entry))]);
    if (next === shown) return null;
    shown = next;
    ranks = new Map(lists.flatMap((list) => list ?? []).map(({ entry }) => [entry.userId, entry.rank]));
    const { shape } = looked;
    return { shape, entries, around: around ?? null, users: users ?? null, at: new Date(clock.now()) };
  });
}

function withMove(place: BoardEntry, ranks: ReadonlyMap<string, number>): BoardEntry {
  return { ...place, previousRank: ranks.get(place.entry.userId) ?? null };
}

interface Looked extends Pick<Update, 'shape' | 'entries' | 'around' | 'users'> {
  readonly period: string;
  /** When another period begins; null: there is none to wait for. */
  readonly endsAt: number | null;
}

/** Looks at the board as the catalog has it now; one that is gone stays as it was. */
async function look(context: Context, shared: Frame, wanted: Wanted, { around, users }: Named): Promise<Looked> {
  const { services } = context;
  const { leaderboards: service, catalog, clock } = services;
  const { board: old, by } = wanted.shape;
  const board = catalog.live().catalog.leaderboards.get(old.key) ?? old;
  const shape = { board, by };
  // What was seen at the update before may have changed.
  context.loaders.leaderboards.seen.clearAll();
  const view = await seenBy(context, service.view(board, by, null));
  if (view === null)
    return { shape, period: '', endsAt: null, entries: [], around: around === null ? null : [], users: users && [] };
  // What who is in quarantine sees is for nobody else.
  const frame = view.own === null ? shared : new Frame();
  const span = spanKey({ board, period: view.period.period });
  const [entries, near, places] = await Promise.all([
    frame.read(`${span}/top/${wanted.first}`, async () =>
      (await service.page(view, { first: wanted.first })).edges.map(({ node }) => node),
    ),
    around === null ? null : frame.read(`${span}/around/${around}`, () => service.around(view, around, RADIUS)),
    users === null ? null : service.places(view, users),
  ]);
  const standing = places?.filter((place) => place !== null) ?? null;
  const { key: period, endsAt } = view.period;
  return {
    shape,
    period,
    endsAt: endsAt !== null && endsAt > clock.now() ? endsAt : null,
    entries,
    around: near,
    users: standing?.toSorted((one, two) => one.entry.position - two.entry.position) ?? null,
  };
}
