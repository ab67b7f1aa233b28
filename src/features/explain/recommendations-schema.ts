import type { User } from '../../generated/prisma/client.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { pageSize } from '../../graphql/pages.ts';
import { userAchievement } from '../achievements/user-achievement.ts';
import { UserAchievementType } from '../achievements/user-achievements.ts';
import { blankStateOf } from '../state/service.ts';
import { StreakType } from '../stats/metrics-schema.ts';
import { reasonOf } from './recommendation-texts.ts';
import { type Recommended, recommend, recommendNeeds } from './recommendations.ts';

const KindEnum = builder.enumType('RecommendationKind', {
  description: 'What is recommended. More kinds may come.',
  values: {
    STREAK_ENDING: { value: 'streakEnding', description: 'A streak ends within 24 hours unless the user is active.' },
    ACHIEVEMENT_NEAR: { value: 'achievementNear', description: 'An achievement that can be earned now.' },
  } as const,
});

interface RecommendationShape {
  readonly user: User;
  readonly recommended: Recommended;
}

const RecommendationType = builder.objectRef<RecommendationShape>('Recommendation').implement({
  description: 'Something worth doing next, and why.',
  fields: (t) => ({
    kind: t.field({ type: KindEnum, description: 'What it is.', resolve: ({ recommended }) => recommended.kind }),
    reason: t.string({
      description: 'Why, in a sentence.',
      resolve: ({ user, recommended }, _args, context) => reasonOf(recommended, context, user.locale),
    }),
    progress: t.float({
      description: 'How far, 0 to 1: towards the achievement; of a streak its run to the longest one.',
      resolve: ({ recommended }) => progressOf(recommended),
    }),
    userAchievement: t.field({
      type: UserAchievementType,
      nullable: true,
      description: 'The achievement; null for a streak.',
      resolve: ({ user, recommended }, _args, context) =>
        recommended.kind === 'achievementNear' ? userAchievement(context, user.id, recommended.achievement.key) : null,
    }),
    streak: t.field({
      type: StreakType,
      nullable: true,
      description: 'The streak; null for an achievement.',
      resolve: ({ user, recommended }) =>
        recommended.kind === 'streakEnding'
          ? { streak: recommended.streak, view: recommended.view, locale: user.locale }
          : null,
    }),
  }),
});

builder.prismaObjectFields('User', (t) => ({
  recommendations: t.field({
    type: [RecommendationType],
    nullable: true,
    description:
      'What is worth doing next: streaks about to end, the soonest first, then achievements, the nearest first. Never hidden or secret ones.',
    args: { first: t.arg.int({ defaultValue: 5, description: 'At most 100.', validate: pageSize }) },
    resolve: async (user, { first }, context) => (await recommendedTo(user, context)).slice(0, first ?? 5),
  }),
}));

async function recommendedTo(user: User, { loaders, services }: Context): Promise<RecommendationShape[]> {
  const { catalog } = services.catalog.live();
  const reader = { timezone: user.timezone };
  const now = services.clock.now();
  const needs = recommendNeeds(catalog, user.test, reader, now);
  const state = await loaders.states.load({ state: blankStateOf(user), needs });
  return recommend(catalog, state, reader, now).map((recommended) => ({ user, recommended }));
}

function progressOf(recommended: Recommended): number {
  if (recommended.kind === 'achievementNear') return recommended.progress.progress;
  const { current, longest } = recommended.view;
  return longest === 0 ? 0 : Math.min(1, current / longest);
}
