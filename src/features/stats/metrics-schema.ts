import type { Streak } from '../../engine/catalog.ts';
import { type MetricQuery, type MetricView, metricsNeeds, metricsView } from '../../engine/metrics-view.ts';
import type { Needs, UserState } from '../../engine/state.ts';
import { type StreakView, streakView } from '../../engine/streaks.ts';
import type { User } from '../../generated/prisma/client.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { textIn, wantedLocales } from '../../graphql/locale.ts';
import { blankStateOf } from '../state/service.ts';

const DAY_MS = 86_400_000;

const UserMetric = builder.objectRef<MetricView>('UserMetric').implement({
  description: 'A metric of a user, as the user reads it.',
  fields: (t) => ({
    key: t.exposeID('key', { description: 'Key of the metric.' }),
    by: t.exposeString('by', { nullable: true, description: 'Which value of a keyed metric.' }),
    period: t.exposeString('period', { description: '`all`, or the key of the period.' }),
    value: t.exposeFloat('value', { description: 'The value, unscaled.' }),
    valueText: t.exposeString('valueText', { description: 'The value with its decimals and unit.' }),
    current: t.exposeFloat('current', { nullable: true, description: 'The run that is going on, of a `run` metric.' }),
  }),
});

interface StreakShape {
  readonly streak: Streak;
  readonly view: StreakView;
  readonly locale: string | null;
}

/** A streak of a user. */
export const StreakType = builder.objectRef<StreakShape>('Streak').implement({
  description: "Consecutive active days or weeks, in the user's zone, as of now.",
  fields: (t) => ({
    key: t.id({ description: 'Key of the streak.', resolve: ({ streak }) => streak.key }),
    name: t.string({
      description: 'Its name.',
      resolve: ({ streak, locale }, _args, context) =>
        textIn(streak.name, wantedLocales(context, locale), context.services.catalog.live().catalog.locales),
    }),
    current: t.int({
      description: 'Length of the run that is alive; 0 when none is.',
      resolve: ({ view }) => view.current,
    }),
    longest: t.int({ description: 'Length of the longest run.', resolve: ({ view }) => view.longest }),
    lastActiveOn: t.field({
      type: 'Date',
      nullable: true,
      description: 'The last active day; of a weekly streak the Monday.',
      resolve: ({ view }) =>
        view.lastActiveDay === null ? null : new Date(view.lastActiveDay * DAY_MS).toISOString().slice(0, 10),
    }),
    endsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it ends unless the user is active again; null when none is alive.',
      resolve: ({ view }) => (view.endsAt === null ? null : new Date(view.endsAt)),
    }),
    freezesLeft: t.int({ description: 'Missed days it can still bridge.', resolve: ({ view }) => view.freezesLeft }),
  }),
});

builder.prismaObjectFields('User', (t) => ({
  metrics: t.field({
    type: [UserMetric],
    nullable: true,
    description: 'Metrics that have a value, in catalog order.',
    args: {
      keys: t.arg.stringList({ description: 'Only these.' }),
      by: t.arg.string({ description: 'Which value of keyed metrics.' }),
      period: t.arg.string({ description: '`all` by default, `current`, or the key of a period.' }),
    },
    resolve: async (user, { keys, by, period }, context) => {
      const { catalog } = context.services.catalog.live();
      const query: MetricQuery = { keys: keys ?? null, by: by ?? null, period: period ?? null };
      const reader = { timezone: user.timezone };
      const now = context.services.clock.now();
      const state = await stateOf(user, metricsNeeds(catalog, query, reader, now), context);
      return metricsView(catalog, query, state, reader, now);
    },
  }),
  streaks: t.field({
    type: [StreakType],
    nullable: true,
    description: 'Every streak of the catalog, as of now.',
    resolve: (user, _args, context) => streaksOf(user, context),
  }),
}));

/** A user's streaks as of now, in catalog order. */
export async function streaksOf(user: User, context: Context): Promise<StreakShape[]> {
  const { streaks } = context.services.catalog.live().catalog;
  const needs = { ...NOTHING, streaks: [...streaks.keys()] };
  const state = await stateOf(user, needs, context);
  const now = context.services.clock.now();
  return [...streaks.values()].map((streak) => ({
    streak,
    view: streakView(streak, state.streakDays.get(streak.key) ?? [], now, user.timezone),
    locale: user.locale,
  }));
}

const NOTHING: Needs = { cells: [], whole: [], members: [], achievements: [], streaks: [], totals: [], history: [] };

function stateOf(user: User, needs: Needs, { loaders }: Context): Promise<UserState> {
  return loaders.states.load({ state: blankStateOf(user), needs });
}
