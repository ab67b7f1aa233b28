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

const CatalogFileType = builder.simpleObject('CatalogFile', {
  description: 'A file of a catalog.',
  fields: (t) => ({
    path: t.string({ description: 'Relative to the main file.' }),
    text: t.string({ description: 'The YAML.' }),
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
    files: t.field({
      type: [CatalogFileType],
      nullable: true,
      description: 'The source, the main file first; null without the right to change it.',
      resolve: async ({ version }, _args, { services }) => {
        const source = await services.catalog.sourceOf(version);
        if (source === null) return null;
        const { main, files } = source;
        const names = [main, ...Object.keys(files).filter((name) => name !== main)];
        return names.map((path) => ({ path, text: files[path] ?? '' }));
      },
    }),
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
