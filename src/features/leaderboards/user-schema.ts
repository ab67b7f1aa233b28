import { builder } from '../../graphql/builder.ts';
import { LeaderboardEntryType } from './entry-schema.ts';
import { boardOf, PERIOD_ARGUMENT, viewOf } from './schema.ts';

builder.prismaObjectFields('User', (t) => ({
  leaderboardEntry: t.field({
    type: LeaderboardEntryType,
    nullable: true,
    description: 'Where the user stands; null without an entry, and for a board that is absent.',
    args: {
      leaderboard: t.arg.string({ required: true, description: 'Key of the board.' }),
      by: t.arg.string({ description: 'Which ranking of a keyed board.' }),
      period: t.arg.string(PERIOD_ARGUMENT),
    },
    resolve: async (user, { leaderboard, by, period: name }, context) => {
      const shape = boardOf(context, leaderboard, by ?? null);
      const view = shape === null ? null : await viewOf(context, shape, name);
      return view === null ? null : context.loaders.leaderboards.places.load({ view, userId: user.id });
    },
  }),
}));
