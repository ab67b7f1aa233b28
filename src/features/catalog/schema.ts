import { builder } from '../../graphql/builder.ts';
import type { LiveCatalog } from './service.ts';

const CatalogCounts = builder.simpleObject('CatalogCounts', {
  description: 'How much a catalog declares.',
  fields: (t) => ({
    eventTypes: t.int({ description: 'Event types.' }),
    metrics: t.int({ description: 'Metrics.' }),
    achievements: t.int({ description: 'Achievements, secret ones too.' }),
    leaderboards: t.int({ description: 'Leaderboards.' }),
  }),
});

/** The live catalog. */
export const CatalogType = builder.objectRef<LiveCatalog>('Catalog').implement({
  description: 'The live catalog: what the designer declared, at a version.',
  fields: (t) => ({
    version: t.exposeInt('version', { description: 'Counts up with every apply.' }),
    environment: t.string({
      description: 'Where this installation says it runs.',
      resolve: (_live, _args, { services }) => services.catalog.environment,
    }),
    checksum: t.exposeString('checksum', { description: 'SHA-256 of the source, hexadecimal.' }),
    appliedAt: t.expose('appliedAt', { type: 'DateTime', description: 'When it became live.' }),
    appliedBy: t.exposeString('appliedBy', { description: 'Who made it live.' }),
    note: t.exposeString('note', { nullable: true, description: 'What they wrote with it.' }),
    counts: t.field({
      type: CatalogCounts,
      description: 'How much it declares.',
      resolve: ({ catalog }) => ({
        eventTypes: catalog.eventTypes.size,
        metrics: catalog.metrics.size,
        achievements: catalog.achievements.size,
        leaderboards: catalog.leaderboards.size,
      }),
    }),
  }),
});

builder.queryField('catalog', (t) =>
  t.field({
    type: CatalogType,
    description: 'The live catalog.',
    resolve: (_root, _args, { services }) => services.catalog.live(),
  }),
);
