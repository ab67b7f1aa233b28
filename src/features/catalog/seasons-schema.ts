import type { Season } from '../../engine/catalog.ts';
import { builder } from '../../graphql/builder.ts';
import { textIn, wantedLocales } from '../../graphql/locale.ts';

const SeasonType = builder.objectRef<Season>('Season').implement({
  description: 'A named stretch of time.',
  fields: (t) => ({
    key: t.exposeID('key', { description: 'Its name in the catalog, and as a period.' }),
    name: t.string({
      description: 'Its name.',
      args: { locale: t.arg.string({ description: 'Instead of the language of the request.' }) },
      resolve: ({ name }, { locale }, context) =>
        textIn(name, wantedLocales(context, null, locale), context.services.catalog.live().catalog.locales),
    }),
    startsAt: t.field({
      type: 'DateTime',
      description: 'When it begins.',
      resolve: ({ startsAt }) => new Date(startsAt),
    }),
    endsAt: t.field({ type: 'DateTime', description: 'When it is over.', resolve: ({ endsAt }) => new Date(endsAt) }),
    timezone: t.exposeString('timezone', { description: 'The IANA zone in which it was declared.' }),
    current: t.boolean({
      description: 'Whether it is on.',
      resolve: ({ startsAt, endsAt }, _args, { services }) => {
        const now = services.clock.now();
        return now >= startsAt && now < endsAt;
      },
    }),
  }),
});

builder.queryField('seasons', (t) =>
  t.field({
    type: [SeasonType],
    description: 'All seasons, in catalog order.',
    resolve: (_root, _args, { services }) => [...services.catalog.live().catalog.seasons.values()],
  }),
);
