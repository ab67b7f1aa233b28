import { z } from 'zod';
import type { Category } from '../../engine/catalog.ts';
import { currentKey } from '../../engine/renames.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { textIn, wantedLocales } from '../../graphql/locale.ts';
import { pageOfList } from '../../graphql/pages.ts';
import { seesDrafts } from '../auth/principal.ts';
import { isListed } from './service.ts';
import { nameOf, type SeenAchievement } from './texts.ts';

/** How rare. */
export const RarityEnum = builder.enumType('Rarity', {
  description: 'How rare, from common to legendary.',
  values: {
    COMMON: { value: 'common', description: 'Nearly everybody gets it.' },
    UNCOMMON: { value: 'uncommon', description: 'Takes some play.' },
    RARE: { value: 'rare', description: 'Takes a lot of play.' },
    EPIC: { value: 'epic', description: 'For the few.' },
    LEGENDARY: { value: 'legendary', description: 'For the very few.' },
  } as const,
});

const VisibilityEnum = builder.enumType('Visibility', {
  description: 'What one sees of it before it is unlocked.',
  values: {
    PUBLIC: { value: 'public', description: 'Everything.' },
    HIDDEN: { value: 'hidden', description: 'That it exists; name and description are placeholders.' },
    SECRET: { value: 'secret', description: 'Nothing.' },
  } as const,
});

const localeArgument = { description: 'Instead of the language of the request.' };

/** A category, in the language of the user through whom it was reached where the caller asks for none. */
interface CategoryShape extends Category {
  readonly locale: string | null;
}

const CategoryType = builder.objectRef<CategoryShape>('Category').implement({
  description: 'A group of achievements.',
  fields: (t) => ({
    key: t.exposeID('key', { description: 'As in the filter.' }),
    name: t.string({
      description: 'Its name.',
      args: { locale: t.arg.string(localeArgument) },
      resolve: ({ name, locale: own }, { locale }, context) =>
        textIn(name, wantedLocales(context, own, locale), context.services.catalog.live().catalog.locales),
    }),
    order: t.exposeInt('order', { description: 'Its place among the categories.' }),
  }),
});

/** A definition as somebody sees it. */
export const AchievementType = builder.objectRef<SeenAchievement>('Achievement');

builder.node(AchievementType, {
  description: 'A definition: something that can be unlocked.',
  id: { resolve: ({ definition }) => definition.key, description: '`achievement_` and its key.' },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'definition' in value && 'revealed' in value,
  loadMany: (keys, context) => Promise.all(keys.map((key) => seenByViewer(context, key))),
  fields: (t) => ({
    key: t.string({ description: 'Its name in the catalog.', resolve: ({ definition }) => definition.key }),
    name: t.string({
      description: 'Its name; a placeholder while hidden.',
      args: { locale: t.arg.string(localeArgument) },
      resolve: (seen, { locale }, context) => nameOf(seen, context, locale),
    }),
    description: t.string({
      nullable: true,
      description: 'How to earn it; null while hidden.',
      args: { locale: t.arg.string(localeArgument) },
      resolve: (seen, { locale }, context) =>
        seen.revealed
          ? textIn(
              seen.definition.description,
              wantedLocales(context, seen.locale, locale),
              context.services.catalog.live().catalog.locales,
            )
          : null,
    }),
    rarity: t.field({
      type: RarityEnum,
      description: 'How rare it is meant to be.',
      resolve: ({ definition }) => definition.rarity,
    }),
    category: t.field({
      type: CategoryType,
      nullable: true,
      description: 'Its group.',
      resolve: ({ definition, locale }, _args, { services }) => {
        const category = services.catalog.live().catalog.categories.get(definition.category ?? '');
        return category === undefined ? null : { ...category, locale };
      },
    }),
    points: t.field({
      type: 'SafeInt',
      description: 'What it adds to achievementPoints, all tiers together.',
      resolve: ({ definition }) => sumOf(definition, ({ points }) => points),
    }),
    xp: t.field({
      type: 'SafeInt',
      description: 'What it adds to XP, all tiers together.',
      resolve: ({ definition }) => sumOf(definition, ({ xp }) => xp),
    }),
    icon: t.string({
      nullable: true,
      description: 'URL or key of its picture.',
      resolve: ({ definition }) => definition.icon,
    }),
    iconLocked: t.string({
      nullable: true,
      description: 'URL or key of its picture while locked.',
      resolve: ({ definition }) => definition.iconLocked,
    }),
    order: t.int({
      description: 'Its place among the achievements.',
      resolve: ({ definition }) => Math.min(definition.order, 2_147_483_647),
    }),
    data: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Handed to the game untouched; null while hidden.',
      resolve: ({ definition, revealed }) => (revealed ? definition.data : null),
    }),
    visibility: t.field({
      type: VisibilityEnum,
      description: 'What one sees of it before it is unlocked.',
      resolve: ({ definition }) => definition.visibility,
    }),
    tierCount: t.int({
      description: 'How many tiers it has; 0 for one without.',
      resolve: ({ definition }) => definition.tiers.length,
    }),
    unlockedCount: t.int({
      description: 'How many users hold it; at most 60 s old.',
      resolve: async ({ definition }, _args, { services }) =>
        (await services.achievements.holdersOf(definition.key)).count,
    }),
    unlockedPercent: t.float({
      description: 'Their share of all users, 0 to 100; at most 60 s old.',
      resolve: async ({ definition }, _args, { services }) =>
        (await services.achievements.holdersOf(definition.key)).percent,
    }),
    version: t.int({
      description: 'The catalog version it is shown by.',
      resolve: (_seen, _args, { services }) => services.catalog.live().version,
    }),
  }),
});

const AchievementFilter = builder.inputType('AchievementFilter', {
  description: 'Narrows a list; what is absent does not count.',
  fields: (t) => ({
    rarity: t.field({ type: RarityEnum, description: 'Only this rarity.' }),
    category: t.string({ description: 'Only the category with this key.' }),
    search: t.string({
      description: 'Only names that hold this text, whatever the case.',
      validate: z.string().max(100).nullish(),
    }),
  }),
});

builder.queryFields((t) => ({
  achievement: t.field({
    type: AchievementType,
    nullable: true,
    description: 'The achievement with this key; null when absent or not visible.',
    args: { key: t.arg.string({ required: true, description: 'Its name in the catalog, or one it had before.' }) },
    resolve: (_root, { key }, context) => seenByViewer(context, key),
  }),
  achievements: t.connection(
    {
      type: AchievementType,
      description:
        'Everything that can be unlocked, in catalog order. Secret ones are left out until the viewer has them.',
      args: { filter: t.arg({ type: AchievementFilter, description: 'Only these.' }) },
      resolve: async (_root, { filter, ...args }, context) => {
        const all = await listedForViewer(context);
        const search = filter?.search?.toLowerCase();
        const wanted = all.filter(
          (seen) =>
            (!filter?.rarity || seen.definition.rarity === filter.rarity) &&
            (!filter?.category || seen.definition.category === filter.category) &&
            (!search || nameOf(seen, context).toLowerCase().includes(search)),
        );
        return { ...pageOfList(args, wanted, ({ definition }) => definition.key), totalCount: wanted.length };
      },
    },
    {
      name: 'AchievementConnection',
      fields: (fields) => ({
        totalCount: fields.int({
          description: 'How many there are on all pages.',
          resolve: (connection) => (connection as { totalCount?: number }).totalCount ?? 0,
        }),
      }),
    },
    { name: 'AchievementEdge' },
  ),
}));

/** With tiers, what the tiers give together; else its own. */
function sumOf(
  definition: SeenAchievement['definition'],
  pick: (step: { points: number; xp: number }) => number,
): number {
  return definition.tiers.length === 0 ? pick(definition) : definition.tiers.reduce((sum, tier) => sum + pick(tier), 0);
}

/** All that the caller may know of, in catalog order. Keys, admins and persons with a role see everything. */
async function listedForViewer(context: Context): Promise<SeenAchievement[]> {
  const { principal, loaders, services } = context;
  const all = [...services.catalog.live().catalog.achievements.values()];
  const userId = principal.kind === 'player' ? principal.userId : null;
  const viewer = userId === null ? null : await loaders.users.byId.load(userId);
  if (seesDrafts(principal)) {
    return all.map((definition) => ({ definition, revealed: true, locale: viewer?.locale ?? null }));
  }
  const held = userId === null ? new Map() : await loaders.achievements.unlocks.load(userId);
  return all
    .filter(({ key }) => {
      const definition = services.catalog.live().catalog.achievements.get(key);
      return definition !== undefined && isListed(definition, { unlocked: held.has(key), test: viewer?.test ?? false });
    })
    .map((definition) => ({
      definition,
      revealed: definition.visibility === 'public' || held.has(definition.key),
      locale: viewer?.locale ?? null,
    }));
}

/** By its key, or by one it had. */
async function seenByViewer(context: Context, asked: string): Promise<SeenAchievement | null> {
  const key = currentKey(context.services.catalog.live(), asked);
  return (await listedForViewer(context)).find(({ definition }) => definition.key === key) ?? null;
}
