import { z } from 'zod';
import type { Board } from '../../engine/catalog.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { textIn, wantedLocales } from '../../graphql/locale.ts';
import { MOST_PER_PAGE } from '../../graphql/pages.ts';
import { UserRefInputType } from '../users/schema.ts';
import { readUserRef } from '../users/user-ref.ts';
import type { BoardEntry, BoardView } from './entry.ts';
import { LeaderboardEntryType, LeaderboardPeriodType } from './entry-schema.ts';

const SortOrderEnum = builder.enumType('SortOrder', {
  description: 'Who comes first.',
  values: {
    ASC: { value: 'asc', description: 'The lowest value, as of a lap time.' },
    DESC: { value: 'desc', description: 'The highest value.' },
  } as const,
});

/** A board, and which ranking of a keyed one. */
export interface BoardShape {
  readonly board: Board;
  readonly by: string | null;
}

/** A board. */
export const LeaderboardType = builder.objectRef<BoardShape>('Leaderboard');

/** How a period is named. */
export const PERIOD_ARGUMENT = { description: '`current` by default, `previous`, or the key of a period.' };

builder.node(LeaderboardType, {
  description: 'A ranking of users by a metric.',
  id: {
    resolve: ({ board, by }) => (by === null ? board.key : `${board.key}/${by}`),
    description: '`leaderboard_`, its key, and a slash and the key of the ranking for one of a keyed board.',
  },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'board' in value && 'by' in value,
  loadMany: (ids, context) =>
    Promise.resolve(
      ids.map((id) => {
        const [key = '', ...by] = id.split('/');
        return boardOf(context, key, by.length === 0 ? null : by.join('/'));
      }),
    ),
  fields: (t) => ({
    key: t.string({ description: 'Its name in the catalog.', resolve: ({ board }) => board.key }),
    by: t.exposeString('by', {
      nullable: true,
      description: 'Which ranking of a keyed board; null: the best of all keys.',
    }),
    name: t.string({
      description: 'Its name.',
      args: { locale: t.arg.string({ description: 'Instead of the language of the request.' }) },
      resolve: ({ board }, { locale }, context) =>
        textIn(board.name, wantedLocales(context, null, locale), context.services.catalog.live().catalog.locales),
    }),
    order: t.field({ type: SortOrderEnum, description: 'Who comes first.', resolve: ({ board }) => board.order }),
    keys: t.stringList({
      description: 'The rankings of a keyed board that have entries in the period, sorted; empty for any other.',
      args: { period: t.arg.string(PERIOD_ARGUMENT) },
      resolve: async (shape, args, context) => {
        const view = await viewOf(context, shape, args.period);
        return view === null ? [] : context.services.leaderboards.keys(view);
      },
    }),
    period: t.field({
      type: LeaderboardPeriodType,
      description: 'The current period.',
      resolve: async (shape, _args, context) => {
        const view = await viewOf(context, shape, null);
        if (view === null) throw badUserInput(`${shape.board.key} has no season`);
        return context.services.leaderboards.periodOf(view);
      },
    }),
    periods: t.field({
      type: [LeaderboardPeriodType],
      description: 'The newest periods, the current one first.',
      args: { last: t.arg.int({ defaultValue: 10, required: true, description: 'How many: 1 to 100.' }) },
      resolve: ({ board }, { last }, { services }) => services.leaderboards.periods(board, last),
    }),
    entryCount: t.int({
      description: 'How many users have an entry in the current period.',
      resolve: async (shape, _args, context) => {
        const view = await viewOf(context, shape, null);
        return view === null ? 0 : context.loaders.leaderboards.counts.load(view);
      },
    }),
    entry: t.field({
      type: LeaderboardEntryType,
      nullable: true,
      description: 'Where a user stands; null for who has no entry.',
      args: {
        user: t.arg({ type: UserRefInputType, required: true, description: 'Who.' }),
        period: t.arg.string(PERIOD_ARGUMENT),
      },
      resolve: async (shape, args, context) => {
        const view = await viewOf(context, shape, args.period);
        const userId = await context.loaders.users.idByRef.load(readUserRef(args.user));
        return view === null || userId === null ? null : context.loaders.leaderboards.places.load({ view, userId });
      },
    }),
    around: t.field({
      type: [LeaderboardEntryType],
      description: 'A user and those next to it, in order; empty for who has no entry.',
      args: {
        user: t.arg({ type: UserRefInputType, required: true, description: 'Who.' }),
        radius: t.arg.int({ defaultValue: 5, required: true, description: 'Entries on either side: 0 to 50.' }),
        period: t.arg.string(PERIOD_ARGUMENT),
      },
      resolve: async (shape, { radius, ...args }, context) => {
        const view = await viewOf(context, shape, args.period);
        const userId = await context.loaders.users.idByRef.load(readUserRef(args.user));
        return view === null ? [] : context.services.leaderboards.around(view, userId ?? NOBODY, radius);
      },
    }),
    entriesFor: t.field({
      type: [LeaderboardEntryType],
      description: 'Where these users stand among all, best first; who has no entry is left out.',
      args: {
        users: t.arg({
          type: [UserRefInputType],
          required: true,
          description: 'At most 100, such as friends.',
          validate: z.array(z.any()).max(MOST_PER_PAGE),
        }),
        period: t.arg.string(PERIOD_ARGUMENT),
      },
      resolve: async (shape, { users, ...args }, context) => {
        const view = await viewOf(context, shape, args.period);
        return view === null ? [] : entriesFor(context, view, users);
      },
    }),
    entries: t.connection(
      {
        type: LeaderboardEntryType,
        description: 'All entries, best first.',
        args: { period: t.arg.string(PERIOD_ARGUMENT) },
        resolve: async (shape, { period: name, ...args }, context) => {
          const view = await viewOf(context, shape, name);
          if (view === null) return { edges: [], pageInfo: NOTHING, view };
          const page = await context.services.leaderboards.page(view, args);
          return { ...page, view };
        },
      },
      {
        name: 'LeaderboardEntryConnection',
        fields: (fields) => ({
          totalCount: fields.int({
            description: 'How many there are on all pages.',
            resolve: (connection, _args, { loaders }) => {
              const { view } = connection as unknown as { view: BoardView | null };
              return view === null ? 0 : loaders.leaderboards.counts.load(view);
            },
          }),
        }),
      },
      { name: 'LeaderboardEntryEdge' },
    ),
  }),
});

const NOTHING = { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null };
/** No user has it: a user who is absent is answered as one without an entry. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

/** A board by its key; null when absent. */
export function boardOf({ services }: Context, key: string, by: string | null): BoardShape | null {
  const board = services.catalog.live().catalog.leaderboards.get(key);
  return board === undefined ? null : { board, by };
}

/** A board in a period as the caller sees it. @throws BAD_USER_INPUT for a period it does not have */
export async function viewOf(
  context: Context,
  { board, by }: BoardShape,
  name: string | null | undefined,
): Promise<BoardView | null> {
  return seenBy(context, context.services.leaderboards.view(board, by, name ?? null));
}

/** A ranking as the caller sees it: who is in quarantine sees itself where it would stand. */
export async function seenBy({ principal, loaders }: Context, view: BoardView | null): Promise<BoardView | null> {
  if (view === null || principal.kind !== 'player') return view;
  return loaders.leaderboards.seen.load({ view, userId: principal.userId });
}

/** Where users stand, best first. */
export async function entriesFor(
  { loaders }: Context,
  view: BoardView,
  refs: readonly Parameters<typeof readUserRef>[0][],
): Promise<BoardEntry[]> {
  const ids = await Promise.all(refs.map((ref) => loaders.users.idByRef.load(readUserRef(ref))));
  const places = await Promise.all(
    [...new Set(ids)].flatMap((id) => id ?? []).map((userId) => loaders.leaderboards.places.load({ view, userId })),
  );
  return places.filter((place) => place !== null).toSorted((one, two) => one.entry.position - two.entry.position);
}

builder.queryFields((t) => ({
  leaderboards: t.field({
    type: [LeaderboardType],
    description: 'All boards, in catalog order.',
    resolve: (_root, _args, { services }) => services.leaderboards.boards().map((board) => ({ board, by: null })),
  }),
  leaderboard: t.field({
    type: LeaderboardType,
    nullable: true,
    description: 'The board with this key; null when absent.',
    args: {
      key: t.arg.string({ required: true, description: 'Its name in the catalog.' }),
      by: t.arg.string({ description: 'Which ranking of a keyed board; without it the best of all keys counts.' }),
    },
    resolve: (_root, { key, by }, context) => boardOf(context, key, by ?? null),
  }),
}));
