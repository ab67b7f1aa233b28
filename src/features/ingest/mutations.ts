import { z } from 'zod';
import type { Progressed } from '../../engine/state.ts';
import { builder } from '../../graphql/builder.ts';
import { Refusal } from '../../graphql/errors.ts';
import { justUnlocked, unlockedBy, userAchievement } from '../achievements/user-achievement.ts';
import { UserAchievementType } from '../achievements/user-achievements.ts';
import { LevelUpType } from '../stats/schema.ts';
import { UserBlockedError, UserNotFoundError } from '../users/errors.ts';
import { UserRefInputType, UserType } from '../users/schema.ts';
import { readUserRef } from '../users/user-ref.ts';
import {
  EventLimitError,
  EventNotAllowedError,
  EventTimeError,
  IdempotencyConflictError,
  InvalidEventDetailsError,
  TemporarilyUnavailableError,
  UnknownEventTypeError,
  ValueOutOfRangeError,
} from './errors.ts';
import type { Recorded, RecordOutcome, Replayed } from './outcome.ts';
import './refusals.ts';
import { EventObject } from './schema.ts';
import type { RecordRequest } from './validate.ts';

/** Most events of one recordEvents. */
const MOST_EVENTS = 1_000;

/** How a counted rule moved. */
export const AchievementProgressType = builder
  .objectRef<Progressed & { readonly userId: string }>('AchievementProgress')
  .implement({
    description: 'A counted rule moved on.',
    fields: (t) => ({
      userAchievement: t.field({
        type: UserAchievementType,
        description: 'Which.',
        resolve: ({ userId, achievement }, _args, context) => userAchievement(context, userId, achievement),
      }),
      previous: t.exposeFloat('previous', { description: 'The value before.' }),
      current: t.exposeFloat('current', { description: 'The value now.' }),
      target: t.exposeFloat('target', { description: 'The value wanted.' }),
      milestone: t.exposeBoolean('milestone', { description: 'A mark of `progress.notifyAt` was passed.' }),
    }),
  });

const RecordEventSuccess = builder.objectRef<Recorded | Replayed>('RecordEventSuccess').implement({
  description: 'The event and all its effects are committed.',
  fields: (t) => ({
    event: t.expose('event', { type: EventObject, description: 'As it was recorded.' }),
    replayed: t.boolean({
      description: 'It was recorded before with the same key.',
      resolve: ({ kind }) => kind === 'replayed',
    }),
    pointsAwarded: t.field({
      type: 'SafeInt',
      description: 'Points of the event, its share of the score.',
      resolve: ({ event }) => event.points,
    }),
    xpAwarded: t.field({ type: 'SafeInt', description: 'XP of the event.', resolve: ({ event }) => event.xp }),
    unlocked: t.field({
      type: [UserAchievementType],
      description: 'What it unlocked, in catalog order.',
      resolve: (outcome, _args, context) =>
        outcome.kind === 'recorded'
          ? justUnlocked(context, outcome)
          : unlockedBy(context, outcome.userId, outcome.event.id),
    }),
    progressed: t.field({
      type: [AchievementProgressType],
      description: 'Counted rules it moved without unlocking them; empty for a replay.',
      resolve: (outcome) =>
        outcome.kind === 'recorded' ? outcome.progressed.map((own) => ({ ...own, userId: outcome.userId })) : [],
    }),
    levelUp: t.field({
      type: LevelUpType,
      nullable: true,
      description: 'The level it raised; null for a replay.',
      resolve: (outcome) =>
        outcome.kind === 'recorded' && outcome.levelUp !== null ? { ...outcome.levelUp, userId: outcome.userId } : null,
    }),
    user: t.field({
      type: UserType,
      description: 'The user after it.',
      resolve: async ({ userId }, _args, { loaders }) => {
        const user = await loaders.users.byId.load(userId);
        if (user === null) throw new Error(`user ${userId} is gone`);
        return user;
      },
    }),
    cursor: t.string({
      description: "The user's newest stored message after it.",
      resolve: ({ userId, lastSeq }, _args, { services }) => services.notifications.cursorOf(userId, lastSeq),
    }),
  }),
});

const RecordEventResult = builder.errorUnion('RecordEventResult', {
  description: 'The recorded event, or why not.',
  types: [
    RecordEventSuccess,
    UserNotFoundError,
    UserBlockedError,
    UnknownEventTypeError,
    EventNotAllowedError,
    InvalidEventDetailsError,
    EventTimeError,
    EventLimitError,
    ValueOutOfRangeError,
    IdempotencyConflictError,
    TemporarilyUnavailableError,
  ],
  resolveType: () => 'RecordEventSuccess',
});

const RecordEventInput = builder.inputType('RecordEventInput', {
  description: 'Something that happened.',
  fields: (t) => ({
    user: t.field({
      type: UserRefInputType,
      required: true,
      description: 'To whom; an unknown externalId may create the user.',
    }),
    type: t.string({ required: true, description: 'Key of the event type.' }),
    details: t.field({ type: 'JSON', description: 'As the event type declares, at most 1,024 bytes of JSON.' }),
    occurredAt: t.field({ type: 'DateTime', description: 'When; the time of receipt by default.' }),
    sentAt: t.field({
      type: 'DateTime',
      description: "The sender's clock when the request leaves; occurredAt is shifted by its error.",
    }),
    idempotencyKey: t.string({
      description: '1 to 200 characters, unique per user: the same event twice changes nothing.',
    }),
  }),
});

const RecordEventsInput = builder.inputType('RecordEventsInput', {
  description: 'Up to 1,000 events.',
  fields: (t) => ({
    events: t.field({
      type: [RecordEventInput],
      required: true,
      description: "One user's are taken in list order.",
      validate: z.array(z.any()).max(MOST_EVENTS, `has more than ${MOST_EVENTS} events`),
    }),
  }),
});

const RecordEventsPayload = builder.objectRef<readonly RecordOutcome[]>('RecordEventsPayload').implement({
  description: 'What became of each event.',
  fields: (t) => ({
    results: t.field({
      type: [RecordEventResult],
      description: 'In order.',
      resolve: (outcomes) => [...outcomes] as never,
    }),
    recorded: t.int({
      description: 'How many were recorded now.',
      resolve: (outcomes) => countOf(outcomes, 'recorded'),
    }),
    replayed: t.int({
      description: 'How many were recorded before.',
      resolve: (outcomes) => countOf(outcomes, 'replayed'),
    }),
    refused: t.int({
      description: 'How many were refused.',
      resolve: (outcomes) => outcomes.filter((outcome) => outcome instanceof Refusal).length,
    }),
  }),
});

builder.mutationFields((t) => ({
  recordEvent: t.field({
    type: RecordEventResult,
    description: 'Records an event with all its effects; answers after the commit.',
    args: { input: t.arg({ type: RecordEventInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      await context.services.rates.take('events', context);
      await context.services.keyQuota.take(context.principal, 1);
      const [outcome] = await context.services.ingest.record(context.principal, [toRequest(input)]);
      context.forget();
      return outcome as never;
    },
  }),
  recordEvents: t.field({
    type: RecordEventsPayload,
    description: 'Records up to 1,000 events; a bad one never fails its neighbours.',
    args: { input: t.arg({ type: RecordEventsInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      await context.services.rates.take('events', context, input.events.length);
      await context.services.keyQuota.take(context.principal, input.events.length);
      const outcomes = await context.services.ingest.record(context.principal, input.events.map(toRequest));
      context.forget();
      return outcomes;
    },
  }),
}));

function toRequest(input: typeof RecordEventInput.$inferInput): RecordRequest {
  return {
    user: readUserRef(input.user),
    type: input.type,
    details: input.details ?? null,
    occurredAt: input.occurredAt ?? null,
    sentAt: input.sentAt ?? null,
    idempotencyKey: input.idempotencyKey ?? null,
  };
}

function countOf(outcomes: readonly RecordOutcome[], kind: 'recorded' | 'replayed'): number {
  return outcomes.filter((outcome) => !(outcome instanceof Refusal) && outcome.kind === kind).length;
}
