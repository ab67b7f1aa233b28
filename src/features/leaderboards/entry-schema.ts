import { builder } from '../../graphql/builder.ts';
import { wantedLocales } from '../../graphql/locale.ts';
import { UserType } from '../users/schema.ts';
import { type BoardEntry, cursorOf } from './entry.ts';
import { erasedUser } from './erased-user.ts';
import { scoreOf, scoreText } from './score-text.ts';
import type { PeriodView } from './service.ts';

const PeriodStatusEnum = builder.enumType('PeriodStatus', {
  description: 'How final the standings of a period are.',
  values: {
    OPEN: { description: 'It goes on.' },
    CLOSING: { description: 'It is over; late events may still move its standings.' },
    FINAL: { description: 'Its standings stay as they are, and rewards are paid.' },
  },
});

/** A period of a board. */
export const LeaderboardPeriodType = builder.objectRef<PeriodView>('LeaderboardPeriod').implement({
  description: 'A stretch of time for which a board ranks, in the zone of the board.',
  fields: (t) => ({
    key: t.exposeString('key', { description: '`all`, 2026-11-20, 2026-W47, 2026-11 or the key of a season.' }),
    startsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it begins; null for a board without periods.',
      resolve: ({ startsAt }) => instant(startsAt),
    }),
    endsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it is over; null for a board without periods.',
      resolve: ({ endsAt }) => instant(endsAt),
    }),
    status: t.field({ type: PeriodStatusEnum, description: 'How final it is.', resolve: ({ status }) => status }),
    finalAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Until when late events are let in; null for a board without periods.',
      resolve: ({ finalAt }) => instant(finalAt),
    }),
  }),
});

function instant(at: number | null): Date | null {
  return at === null ? null : new Date(at);
}

/** A place on a board. */
export const LeaderboardEntryType = builder.objectRef<BoardEntry>('LeaderboardEntry').implement({
  description: 'A place on a board.',
  fields: (t) => ({
    id: t.id({ description: 'Names the place of this user on this ranking.', resolve: entryId }),
    cursor: t.string({ description: 'Go on from here: `entries(after: cursor)`.', resolve: cursorOf }),
    rank: t.int({
      description: 'From 1; equals share one where the board says so.',
      resolve: ({ entry }) => entry.rank,
    }),
    previousRank: t.exposeInt('previousRank', {
      nullable: true,
      description: 'The rank in the update before, in `leaderboardUpdated`.',
    }),
    user: t.field({
      type: UserType,
      description: 'Who; a place of somebody who is erased has a user without a name of its own.',
      resolve: async ({ entry }, _args, context) => {
        return (await context.loaders.users.byId.load(entry.userId)) ?? erasedUser(entry.userId, context);
      },
    }),
    score: t.float({
      description: 'The value that is ranked, unscaled.',
      resolve: (place, _args, { services }) => scoreOf(place, services.catalog.live().catalog),
    }),
    scoreText: t.string({
      description: "The score with its decimals and unit, in the caller's language.",
      resolve: (place, _args, context) => {
        const { catalog } = context.services.catalog.live();
        return scoreText(place, catalog, wantedLocales(context, null));
      },
    }),
    achievedAt: t.field({
      type: 'DateTime',
      description: 'When the newest event that contributed happened; of a best value, the first that reached it.',
      resolve: ({ entry }) => new Date(entry.achievedAt),
    }),
    topPercent: t.float({
      description: 'Among the best so many percent: rank / entries * 100.',
      resolve: async ({ view, entry }, _args, { loaders }) =>
        (entry.rank / Math.max(entry.rank, await loaders.leaderboards.counts.load(view))) * 100,
    }),
  }),
});

function entryId({ view, entry }: BoardEntry): string {
  const place = JSON.stringify([view.board.key, view.by, view.period.period, entry.userId]);
  return `leaderboardEntry_${Buffer.from(place).toString('base64url')}`;
}
