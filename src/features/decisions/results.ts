import type { Unlock } from '../../engine/state.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { type UserAchievementShape, userAchievement } from '../achievements/user-achievement.ts';
import { UserAchievementType } from '../achievements/user-achievements.ts';
import { ValueOutOfRangeError } from '../ingest/errors.ts';
import { LevelUpType } from '../stats/schema.ts';
import { UserNotFoundError } from '../users/errors.ts';
import { UserType } from '../users/schema.ts';
import {
  AchievementAlreadyHeldError,
  AchievementNotFoundError,
  AchievementNotHeldError,
  AchievementTierNotFoundError,
  BooksOutOfBalanceError,
  TestUserRequiredError,
} from './errors.ts';
import './refusals.ts';
import type { Decided, Reset } from './service.ts';

const GrantAchievementSuccess = builder.objectRef<Decided>('GrantAchievementSuccess').implement({
  description: 'The achievement and all that followed from it are committed.',
  fields: (t) => ({
    userAchievement: t.field({
      type: UserAchievementType,
      description: 'What was given.',
      resolve: ({ userId, achievement }, _args, context) => userAchievement(context, userId, achievement),
    }),
    unlocked: t.field({
      type: [UserAchievementType],
      description: 'What was given, then what followed from it.',
      resolve: (decided, _args, context) => listed(decided, context),
    }),
    pointsAwarded: t.field({
      type: 'SafeInt',
      description: 'Achievement points, of what followed too.',
      resolve: ({ rows }) => sumOf(rows, ({ points }) => points),
    }),
    xpAwarded: t.field({
      type: 'SafeInt',
      description: 'XP, of what followed too.',
      resolve: ({ rows }) => sumOf(rows, ({ xp }) => xp),
    }),
    levelUp: t.field({
      type: LevelUpType,
      nullable: true,
      description: 'The level it raised.',
      resolve: ({ level, userId }) => (level.to > level.from ? { ...level, userId } : null),
    }),
    user: t.field({
      type: UserType,
      description: 'The user after it.',
      resolve: ({ userId }, _args, context) => userOf(userId, context),
    }),
    cursor: t.string({
      description: "The user's newest stored message after it.",
      resolve: ({ userId, lastSeq }, _args, { services }) => services.notifications.cursorOf(userId, lastSeq),
    }),
  }),
});

const LevelDown = builder.objectRef<Decided['level']>('LevelDown').implement({
  description: 'A level was lost, or several at once.',
  fields: (t) => ({
    from: t.exposeInt('from', { description: 'The level before.' }),
    to: t.exposeInt('to', { description: 'The level now.' }),
  }),
});

const RevokeAchievementSuccess = builder.objectRef<Decided>('RevokeAchievementSuccess').implement({
  description: 'The achievement and what depended on it are taken away; the ledger compensates their points and XP.',
  fields: (t) => ({
    userAchievement: t.field({
      type: UserAchievementType,
      description: 'What was taken away.',
      resolve: ({ userId, achievement }, _args, context) => userAchievement(context, userId, achievement),
    }),
    revoked: t.field({
      type: [UserAchievementType],
      description: 'What was taken away, then what fell with it.',
      resolve: (decided, _args, context) => listed(decided, context),
    }),
    pointsTaken: t.field({
      type: 'SafeInt',
      description: 'Achievement points, of what fell too.',
      resolve: ({ rows }) => sumOf(rows, ({ points }) => points),
    }),
    xpTaken: t.field({
      type: 'SafeInt',
      description: 'XP, of what fell too.',
      resolve: ({ rows }) => sumOf(rows, ({ xp }) => xp),
    }),
    levelDown: t.field({
      type: LevelDown,
      nullable: true,
      description: 'The level it lowered.',
      resolve: ({ level }) => (level.to < level.from ? level : null),
    }),
    user: t.field({
      type: UserType,
      description: 'The user after it.',
      resolve: ({ userId }, _args, context) => userOf(userId, context),
    }),
  }),
});

const ResetUserSuccess = builder.objectRef<Reset>('ResetUserSuccess').implement({
  description: 'The user starts anew.',
  fields: (t) => ({
    user: t.field({
      type: UserType,
      description: 'The user after it.',
      resolve: ({ userId }, _args, context) => userOf(userId, context),
    }),
    eventsDeleted: t.exposeInt('events', { description: 'How many events were deleted.' }),
    cursor: t.string({
      description: 'Subscribe with `after: cursor`; an older cursor is CURSOR_EXPIRED.',
      resolve: ({ userId, lastSeq }, _args, { services }) => services.notifications.cursorOf(userId, lastSeq),
    }),
  }),
});

/** Answer of grantAchievement. */
export const GrantAchievementResult = builder.errorUnion('GrantAchievementResult', {
  description: 'What was given, or why not.',
  types: [
    GrantAchievementSuccess,
    UserNotFoundError,
    AchievementNotFoundError,
    AchievementTierNotFoundError,
    AchievementAlreadyHeldError,
    ValueOutOfRangeError,
    TestUserRequiredError,
  ],
  resolveType: () => 'GrantAchievementSuccess',
});

/** Answer of revokeAchievement. */
export const RevokeAchievementResult = builder.errorUnion('RevokeAchievementResult', {
  description: 'What was taken away, or why not.',
  types: [
    RevokeAchievementSuccess,
    UserNotFoundError,
    AchievementNotFoundError,
    AchievementNotHeldError,
    BooksOutOfBalanceError,
    TestUserRequiredError,
  ],
  resolveType: () => 'RevokeAchievementSuccess',
});

/** Answer of resetUser. */
export const ResetUserResult = builder.errorUnion('ResetUserResult', {
  description: 'The user started anew, or why not.',
  types: [ResetUserSuccess, UserNotFoundError, TestUserRequiredError],
  resolveType: () => 'ResetUserSuccess',
});

/** Each achievement of the rows once, in their order. */
function listed({ userId, rows }: Decided, context: Context): Promise<UserAchievementShape[]> {
  const keys = new Set(rows.map(({ achievement }) => achievement));
  return Promise.all([...keys].map((key) => userAchievement(context, userId, key)));
}

function sumOf(rows: readonly Unlock[], pick: (row: Unlock) => number): number {
  return rows.reduce((sum, row) => sum + pick(row), 0);
}

async function userOf(userId: string, { loaders }: Context) {
  const user = await loaders.users.byId.load(userId);
  if (user === null) throw new Error(`user ${userId} is gone`);
  return user;
}
