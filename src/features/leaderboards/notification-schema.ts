import { builder } from '../../graphql/builder.ts';
import { NotificationType } from '../notifications/schema.ts';
import { LeaderboardEntryType } from './entry-schema.ts';
import { boardOf, seenBy } from './schema.ts';

builder.objectField(NotificationType, 'leaderboardEntry', (t) =>
  t.field({
    type: LeaderboardEntryType,
    nullable: true,
    description: 'Where the user stands now on the board it tells of, in the period it tells of.',
    resolve: async ({ userId, data }, _args, context) => {
      const { board, by, period } = data;
      if (typeof board !== 'string' || typeof period !== 'string') return null;
      const shape = boardOf(context, board, typeof by === 'string' ? by : null);
      if (shape === null) return null;
      const view = await seenBy(context, context.services.leaderboards.viewOfPeriod(shape.board, shape.by, period));
      return view === null ? null : context.loaders.leaderboards.places.load({ view, userId });
    },
  }),
);
