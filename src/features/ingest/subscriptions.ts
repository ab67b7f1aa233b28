import { builder } from '../../graphql/builder.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { flatIterator, mapIterator } from '../../realtime/iterate.ts';
import { openLiveStream } from '../../realtime/live-stream.ts';
import { UserRefInputType } from '../users/schema.ts';
import { subjectOf } from '../users/subject.ts';
import { AchievementProgressType } from './mutations.ts';
import { EventObject } from './schema.ts';

builder.subscriptionFields((t) => ({
  achievementProgressed: t.field({
    type: AchievementProgressType,
    description: 'Counted rules of a user that moved on, live only.',
    args: {
      user: t.arg({ type: UserRefInputType, description: 'The viewer by default.' }),
      milestonesOnly: t.arg.boolean({
        defaultValue: true,
        description: 'Only when a mark of `progress.notifyAt` was passed.',
      }),
    },
    subscribe: async (_root, { user: ref, milestonesOnly }, context) => {
      const userId = await subjectOf(context, ref);
      if (userId === null) throw badUserInput('There is no such user');
      const stream = await openLiveStream(context.services.bus, 'achievementProgress', userId);
      const changes = flatIterator(stream, (payload) => payload.changes);
      return mapIterator(changes, (change) =>
        milestonesOnly !== false && !change.milestone ? null : { ...change, userId },
      );
    },
    resolve: (change) => change,
  }),
  eventRecorded: t.field({
    type: EventObject,
    description: 'Events of all users as they are recorded, live only.',
    args: { type: t.arg.string({ description: 'Only this event type.' }) },
    subscribe: async (_root, { type }, context) => {
      const stream = await openLiveStream(context.services.bus, 'event', 'all', { bound: 1_000 });
      const events = flatIterator(stream, (payload) => payload.events);
      return mapIterator(events, (event) => (type && event.type !== type ? null : event));
    },
    resolve: async ({ userId, id }, _args, { loaders }) => {
      const event = await loaders.events.byRef.load({ userId, id });
      if (event === null) throw new Error(`event ${id} is gone`);
      return event;
    },
  }),
}));
