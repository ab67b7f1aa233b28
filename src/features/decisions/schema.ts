import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { unstorable } from '../../platform/storable.ts';
import { authorOf } from '../audit/service.ts';
import { hasScope } from '../auth/principal.ts';
import { UserRefInputType } from '../users/schema.ts';
import { GrantAchievementResult, ResetUserResult, RevokeAchievementResult } from './results.ts';
import type { DecisionRequest } from './service.ts';

/** Most characters of a reason. */
const REASON_LENGTH = 500;

const reason = z
  .string()
  .max(REASON_LENGTH, `has at most ${REASON_LENGTH} characters`)
  .refine((text) => unstorable(text) === null, 'holds a character that the database cannot keep')
  .nullish();

const GrantAchievementInput = builder.inputType('GrantAchievementInput', {
  description: 'An achievement to give by hand.',
  fields: (t) => ({
    user: t.field({ type: UserRefInputType, required: true, description: 'To whom.' }),
    achievement: t.string({ required: true, description: 'Key of the achievement, or one it had before.' }),
    tier: t.int({ description: 'Up to this tier, with those below it that are missing; the first by default.' }),
    reason: t.string({
      description: `Why, at most ${REASON_LENGTH} characters; kept in the ledger.`,
      validate: reason,
    }),
  }),
});

const RevokeAchievementInput = builder.inputType('RevokeAchievementInput', {
  description: 'An achievement to take away.',
  fields: (t) => ({
    user: t.field({ type: UserRefInputType, required: true, description: 'From whom.' }),
    achievement: t.string({ required: true, description: 'Key of the achievement, or one it had before.' }),
    tier: t.int({ description: 'This tier and those above it; all of it by default.' }),
    reason: t.string({
      description: `Why, at most ${REASON_LENGTH} characters; kept in the ledger.`,
      validate: reason,
    }),
  }),
});

const ResetUserInput = builder.inputType('ResetUserInput', {
  description: 'A user to start anew.',
  fields: (t) => ({ user: t.field({ type: UserRefInputType, required: true, description: 'Who.' }) }),
});

builder.mutationFields((t) => ({
  grantAchievement: t.field({
    type: GrantAchievementResult,
    description: 'Gives an achievement by hand, with its points and XP; lifts the block that a revoke has put.',
    args: { input: t.arg({ type: GrantAchievementInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const decided = await context.services.decisions.grant(requestOf(input, context));
      context.forget();
      return decided as never;
    },
  }),
  revokeAchievement: t.field({
    type: RevokeAchievementResult,
    description:
      'Takes an achievement away, with what depended on it and no longer holds. One that its rule gave is not given again until it is granted.',
    args: { input: t.arg({ type: RevokeAchievementInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const decided = await context.services.decisions.revoke(requestOf(input, context));
      context.forget();
      return decided as never;
    },
  }),
  resetUser: t.field({
    type: ResetUserResult,
    description:
      'Deletes what happened to a test user (in development, to anyone): events, idempotency keys, unlocks, points, stored messages. Older cursors are CURSOR_EXPIRED.',
    args: { input: t.arg({ type: ResetUserInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const done = await context.services.decisions.reset({ user: input.user, ...decider(context) });
      context.forget();
      return done as never;
    },
  }),
}));

function requestOf(
  { user, achievement, tier, reason: why }: typeof GrantAchievementInput.$inferInput,
  context: Context,
): DecisionRequest {
  return { user, achievement, tier: tier ?? null, reason: why || null, ...decider(context) };
}

/** A moderator tries things out with test users; what players have is for keys and admins. */
function decider(context: Context): Pick<DecisionRequest, 'author' | 'onlyTestUsers'> {
  return { author: authorOf(context), onlyTestUsers: !hasScope(context.principal, 'users:write') };
}
