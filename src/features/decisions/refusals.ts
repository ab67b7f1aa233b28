import { builder } from '../../graphql/builder.ts';
import { ErrorInterface } from '../../graphql/refusal-types.ts';
import { userAchievement } from '../achievements/user-achievement.ts';
import { UserAchievementType } from '../achievements/user-achievements.ts';
import {
  AchievementAlreadyHeldError,
  AchievementNotFoundError,
  AchievementNotHeldError,
  AchievementTierNotFoundError,
  BooksOutOfBalanceError,
  TestUserRequiredError,
} from './errors.ts';

builder.objectType(AchievementNotFoundError, {
  name: 'AchievementNotFoundError',
  description: 'The catalog declares no such achievement.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    suggestion: t.exposeString('suggestion', {
      nullable: true,
      description: 'The achievement that was probably meant.',
    }),
  }),
});
builder.objectType(AchievementTierNotFoundError, {
  name: 'AchievementTierNotFoundError',
  description: 'The achievement has no such tier.',
  interfaces: [ErrorInterface],
  fields: (t) => ({ tierCount: t.exposeInt('tierCount', { description: 'How many it has.' }) }),
});
builder.objectType(AchievementAlreadyHeldError, {
  name: 'AchievementAlreadyHeldError',
  description: 'The user has it already: this tier, in this period.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    userAchievement: t.field({
      type: UserAchievementType,
      description: 'As the user has it.',
      resolve: ({ userId, achievement }, _args, context) => userAchievement(context, userId, achievement),
    }),
  }),
});
builder.objectType(AchievementNotHeldError, {
  name: 'AchievementNotHeldError',
  description: 'The user does not have it, or not this tier.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    userAchievement: t.field({
      type: UserAchievementType,
      description: "The user's way to it.",
      resolve: ({ userId, achievement }, _args, context) => userAchievement(context, userId, achievement),
    }),
  }),
});
builder.objectType(BooksOutOfBalanceError, {
  name: 'BooksOutOfBalanceError',
  description: 'The user has fewer points or XP than was given: the books are wrong, `laurel rebuild` mends them.',
  interfaces: [ErrorInterface],
});
builder.objectType(TestUserRequiredError, {
  name: 'TestUserRequiredError',
  description: 'In production only test users may be reset.',
  interfaces: [ErrorInterface],
});
