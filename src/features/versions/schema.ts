import { z } from 'zod';
import type { DefinitionChange } from '../../engine/diff.ts';
import type { Fault } from '../../engine/source.ts';
import { builder } from '../../graphql/builder.ts';
import { ErrorInterface } from '../../graphql/refusal-types.ts';
import { unstorable } from '../../platform/storable.ts';
import { authorOf } from '../audit/service.ts';
import type { CatalogFiles } from '../catalog/parse.ts';
import { CatalogType } from '../catalog/schema.ts';
import { CatalogFaultsError, VersionMovedError } from '../catalog/service.ts';
import { CatalogInvalidError, CatalogVersionConflictError, NoSuchVersionError } from './errors.ts';
import type { CatalogPlan, PlannedAchievement } from './plan.ts';
import type { AppliedCatalog } from './service.ts';

const CatalogFault = builder.objectRef<Fault>('CatalogFault').implement({
  description: 'Something wrong in a catalog.',
  fields: (t) => ({
    file: t.exposeString('file', { description: 'The file.' }),
    line: t.exposeInt('line', { description: 'From 1.' }),
    column: t.exposeInt('column', { description: 'From 1.' }),
    code: t.exposeString('code', { description: 'What kind of fault.' }),
    message: t.exposeString('message', { description: 'What is wrong.' }),
    suggestion: t.string({
      nullable: true,
      description: 'The name that was probably meant.',
      resolve: ({ suggestion }) => suggestion ?? null,
    }),
  }),
});

builder.objectType(CatalogInvalidError, {
  name: 'CatalogInvalidError',
  description: 'The catalog does not compile.',
  interfaces: [ErrorInterface],
  fields: (t) => ({ faults: t.expose('faults', { type: [CatalogFault], description: 'Every fault.' }) }),
});
builder.objectType(CatalogVersionConflictError, {
  name: 'CatalogVersionConflictError',
  description: 'Another version is live than the caller expects: plan again.',
  interfaces: [ErrorInterface],
  fields: (t) => ({ liveVersion: t.exposeInt('liveVersion', { description: 'The live version.' }) }),
});
builder.objectType(NoSuchVersionError, {
  name: 'NoSuchVersionError',
  description: 'There is no such version.',
  interfaces: [ErrorInterface],
});

const DefinitionChangeType = builder.objectRef<DefinitionChange>('DefinitionChange').implement({
  description: 'A definition that two versions do not share.',
  fields: (t) => ({
    section: t.exposeString('section', { description: 'achievements, metrics, ...' }),
    key: t.exposeString('key', { description: 'Its key.' }),
    kind: t.exposeString('kind', { description: 'added, changed, removed, archived or renamed.' }),
    formerly: t.exposeString('formerly', { nullable: true, description: 'The key a renamed one had.' }),
    fields: t.exposeStringList('fields', { description: 'What differs.' }),
  }),
});

const PlannedAchievementType = builder.objectRef<PlannedAchievement>('PlannedAchievement').implement({
  description: "What a catalog would do to an achievement's holders.",
  fields: (t) => ({
    key: t.exposeID('key', { description: 'Its key.' }),
    unlocks: t.exposeInt('unlocks', { description: 'Unlocks that applying would give.' }),
    points: t.expose('points', { type: 'SafeInt', description: 'Points it would give, all together.' }),
    xp: t.expose('xp', { type: 'SafeInt', description: 'XP it would give, all together.' }),
    holdersWhoWouldNot: t.exposeInt('holdersWhoWouldNot', {
      description: 'Holders by rule who would not earn all they have of it by the new rule.',
    }),
    revocable: t.exposeBoolean('revocable', {
      description:
        'Whether those lose that with `allowRevoke` (its rule changed and it says `onChange: revoke`); else they keep it.',
    }),
    holdersWhoWouldLose: t.exposeInt('holdersWhoWouldLose', {
      description: 'Holders who would lose it, also with what it depends on; 0 without `allowRevoke`.',
    }),
    pointsTaken: t.expose('pointsTaken', { type: 'SafeInt', description: 'Points they would lose, all together.' }),
    xpTaken: t.expose('xpTaken', { type: 'SafeInt', description: 'XP they would lose, all together.' }),
  }),
});

const PlanCatalogSuccess = builder.objectRef<CatalogPlan>('PlanCatalogSuccess').implement({
  description: 'What applying a catalog would change, on the real log; nothing is written.',
  fields: (t) => ({
    from: t.exposeInt('from', { description: 'The live version it was compared with.' }),
    definitions: t.expose('definitions', { type: [DefinitionChangeType], description: 'Definitions that differ.' }),
    metricsToFill: t.exposeStringList('metricsToFill', { description: 'Metrics that would be filled from the log.' }),
    achievements: t.expose('achievements', {
      type: [PlannedAchievementType],
      description: 'Those whose holders are concerned.',
    }),
    users: t.exposeInt('users', { description: 'Users who would unlock something.' }),
    points: t.expose('points', { type: 'SafeInt', description: 'Achievement points that would be given.' }),
    xp: t.expose('xp', { type: 'SafeInt', description: 'XP that would be given.' }),
    losers: t.exposeInt('losers', { description: 'Users who would lose something; 0 without `allowRevoke`.' }),
    pointsTaken: t.expose('pointsTaken', { type: 'SafeInt', description: 'Achievement points they would lose.' }),
    xpTaken: t.expose('xpTaken', { type: 'SafeInt', description: 'XP they would lose.' }),
  }),
});

const ApplyCatalogSuccess = builder.objectRef<AppliedCatalog>('ApplyCatalogSuccess').implement({
  description: 'It is live; users are brought up in the background.',
  fields: (t) => ({
    catalog: t.field({ type: CatalogType, description: 'The live catalog.', resolve: (live) => live }),
    revokes: t.exposeIDList('revokes', {
      description: 'Achievements that are taken from holders who would not earn them by the new rule.',
    }),
    kept: t.exposeIDList('kept', {
      description: 'Achievements whose holders keep them only because `allowRevoke` was not given.',
    }),
  }),
});

const PlanCatalogResult = builder.errorUnion('PlanCatalogResult', {
  description: 'The plan, or why not.',
  types: [PlanCatalogSuccess, CatalogInvalidError],
  resolveType: () => 'PlanCatalogSuccess',
});
const ApplyCatalogResult = builder.errorUnion('ApplyCatalogResult', {
  description: 'The live catalog, or why not.',
  types: [ApplyCatalogSuccess, CatalogInvalidError, CatalogVersionConflictError],
  resolveType: () => 'ApplyCatalogSuccess',
});
const RollbackCatalogResult = builder.errorUnion('RollbackCatalogResult', {
  description: 'The live catalog, or why not.',
  types: [ApplyCatalogSuccess, CatalogInvalidError, CatalogVersionConflictError, NoSuchVersionError],
  resolveType: () => 'ApplyCatalogSuccess',
});

const ALLOW_REVOKE = {
  description: 'Take achievements with another rule and `onChange: revoke` from holders who would not earn them now.',
} as const;
const storable = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => unstorable(text) === null, 'holds a character that cannot be kept');
/** As the catalog parser takes them. */
const MOST_CHARACTERS = 1_000_000;
const NOTE = {
  description: 'Kept with the version, at most 500 characters.',
  validate: storable(500).nullish(),
} as const;
const SOURCE = {
  required: true,
  description: 'The YAML of the main file.',
  validate: storable(MOST_CHARACTERS),
} as const;

const CatalogFileInput = builder.inputType('CatalogFileInput', {
  description: 'A file that the catalog includes.',
  fields: (t) => ({
    path: t.string({
      required: true,
      description: 'As `include` names it, relative to the main file.',
      validate: storable(300),
    }),
    text: t.string({ required: true, description: 'The YAML.', validate: storable(MOST_CHARACTERS) }),
  }),
});

const PlanCatalogInput = builder.inputType('PlanCatalogInput', {
  description: 'A catalog to look at.',
  fields: (t) => ({
    source: t.string(SOURCE),
    files: t.field({
      type: [CatalogFileInput],
      description: 'What it includes, at most 500 files.',
      validate: z.array(z.any()).max(500).nullish(),
    }),
    allowRevoke: t.boolean(ALLOW_REVOKE),
  }),
});
const ApplyCatalogInput = builder.inputType('ApplyCatalogInput', {
  description: 'A catalog to make live.',
  fields: (t) => ({
    source: t.string(SOURCE),
    files: t.field({
      type: [CatalogFileInput],
      description: 'What it includes, at most 500 files.',
      validate: z.array(z.any()).max(500).nullish(),
    }),
    expectedVersion: t.int({ description: 'Refuse when another version is live.' }),
    note: t.string(NOTE),
    allowRevoke: t.boolean(ALLOW_REVOKE),
  }),
});
const RollbackCatalogInput = builder.inputType('RollbackCatalogInput', {
  description: 'An older version to make live again, as the next.',
  fields: (t) => ({
    version: t.int({ description: 'Which; the one before the live one by default.' }),
    expectedVersion: t.int({ description: 'Refuse when another version is live.' }),
    note: t.string(NOTE),
  }),
});

builder.mutationFields((t) => ({
  planCatalog: t.field({
    type: PlanCatalogResult,
    description: 'What a catalog would change; writes nothing.',
    args: { input: t.arg({ type: PlanCatalogInput, required: true }) },
    resolve: (_root, { input }, { services }) =>
      refusing(() => services.versions.plan(filesOf(input), { allowRevoke: input.allowRevoke ?? false })),
  }),
  applyCatalog: t.field({
    type: ApplyCatalogResult,
    description: 'Makes a catalog the next version, live at once everywhere.',
    args: { input: t.arg({ type: ApplyCatalogInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusing(() =>
        context.services.versions.apply({
          files: filesOf(input),
          expectedVersion: input.expectedVersion ?? null,
          author: authorOf(context),
          note: input.note ?? null,
          allowRevoke: input.allowRevoke ?? false,
        }),
      ),
  }),
  rollbackCatalog: t.field({
    type: RollbackCatalogResult,
    description: 'Makes the content of an older version live again, as the next version.',
    args: { input: t.arg({ type: RollbackCatalogInput, required: true }) },
    resolve: (_root, { input }, context) =>
      refusing(() =>
        context.services.versions.rollback(input.version ?? null, {
          expectedVersion: input.expectedVersion ?? null,
          author: authorOf(context),
          note: input.note ?? null,
        }),
      ),
  }),
}));

/** The name of the main file of a catalog that came through the API. */
const MAIN = 'catalog.yaml';

function filesOf({
  source,
  files,
}: {
  source: string;
  files?: { path: string; text: string }[] | null | undefined;
}): CatalogFiles {
  const included = (files ?? []).map(({ path, text }) => [path, text] as const);
  return { main: MAIN, files: Object.fromEntries([...included, [MAIN, source]]) };
}

/** Faults and conflicts become members of the result union. */
async function refusing(work: () => Promise<unknown>): Promise<never> {
  try {
    return (await work()) as never;
  } catch (error) {
    if (error instanceof CatalogFaultsError) throw new CatalogInvalidError(error.faults);
    if (error instanceof VersionMovedError) throw new CatalogVersionConflictError(error.liveVersion);
    throw error;
  }
}
