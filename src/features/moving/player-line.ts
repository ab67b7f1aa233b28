import { z } from 'zod';
import type { Catalog } from '../../engine/catalog.ts';
import { isTotal, type Opening, openingFaults } from '../../engine/opening.ts';
import type { Json } from '../../engine/state.ts';
import { InvalidUserError } from '../users/errors.ts';
import { readFields, type UserFields } from '../users/service.ts';
import { type ImportedUnlock, importedUnlocks } from './imported-unlocks.ts';

/** One line of a file of players, checked against the catalog. */
export interface PlayerLine {
  readonly fields: UserFields & { readonly externalId: string };
  /** When the player began; what is imported counts from then on. */
  readonly createdAt: number;
  readonly xp: number;
  readonly score: number;
  readonly opening: Opening;
  readonly unlocks: readonly ImportedUnlock[];
}

const instant = z.iso.datetime({ offset: true, error: 'is a time, as in 2026-11-21T10:00:00Z' });

const shape = z.strictObject({
  externalId: z.string(),
  createdAt: instant.optional(),
  displayName: z.string().optional(),
  timezone: z.string().optional(),
  locale: z.string().optional(),
  attributes: z.record(z.string(), z.json()).optional(),
  xp: z.number().refine(isTotal, 'is a whole number from 0 to 2^53-1').optional(),
  metrics: z.record(z.string(), z.union([z.number(), z.record(z.string(), z.number())])).optional(),
  unlocked: z.array(z.strictObject({ achievement: z.string(), at: instant, tier: z.number().optional() })).optional(),
  streaks: z
    .record(z.string(), z.strictObject({ current: z.number(), longest: z.number(), lastActiveOn: z.string() }))
    .optional(),
});

/** Totals that are not metrics of a catalog: score may be brought, the others follow from it or stand beside. */
const BUILT_IN: Readonly<Record<string, string>> = {
  xp: 'stands beside metrics, as xp',
  points: 'follows from score and what is unlocked',
  totalPoints: 'follows from score and what is unlocked',
  achievements: 'follows from what is unlocked',
};

/**
 * Reads a line of a file of players.
 * @param now time of the import, milliseconds since the epoch
 * @returns the player, or everything that is wrong with the line
 */
export function readPlayerLine(catalog: Catalog, text: string, now: number): PlayerLine | string {
  const json = parse(text);
  if (json === undefined) return 'is no JSON';
  const parsed = shape.safeParse(json);
  if (!parsed.success)
    return faultText(parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })));
  const { createdAt, xp = 0, metrics = {}, unlocked = [], streaks = {}, ...user } = parsed.data;
  const { score = 0, ...own } = metrics;
  const opening: Opening = { metrics: own, streaks };
  const at = createdAt === undefined ? now : Date.parse(createdAt);
  const { unlocks, faults } = importedUnlocks(catalog, unlocked, { now, zone: user.timezone ?? null });
  const all = [
    ...(at > now ? [{ path: 'createdAt', message: 'lies ahead' }] : []),
    ...(typeof score === 'number' && isTotal(score)
      ? []
      : [{ path: 'metrics.score', message: 'is a whole number from 0 to 2^53-1' }]),
    ...Object.entries(BUILT_IN).flatMap(([key, message]) =>
      Object.hasOwn(own, key) ? [{ path: `metrics.${key}`, message }] : [],
    ),
    ...openingFaults(catalog, { metrics: withoutBuiltIn(own), streaks }),
    ...faults,
  ];
  const fields = fieldsOf(user, catalog);
  if (Array.isArray(fields)) all.push(...fields);
  if (all.length > 0 || Array.isArray(fields)) return faultText(all);
  return { fields, createdAt: at, xp, score: Number(score), opening, unlocks };
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function withoutBuiltIn(metrics: Opening['metrics']): Opening['metrics'] {
  return Object.fromEntries(Object.entries(metrics).filter(([key]) => !Object.hasOwn(BUILT_IN, key)));
}

type Issue = { readonly path: string; readonly message: string };

function fieldsOf(
  user: Omit<z.infer<typeof shape>, 'createdAt' | 'xp' | 'metrics' | 'unlocked' | 'streaks'>,
  catalog: Catalog,
): (UserFields & { readonly externalId: string }) | Issue[] {
  try {
    return { ...readFields(user, catalog), externalId: user.externalId };
  } catch (error) {
    if (error instanceof InvalidUserError) return [...error.issues];
    throw error;
  }
}

function faultText(faults: readonly Issue[]): string {
  return faults.map(({ path, message }) => (path === '' ? message : `${path} ${message}`)).join('; ');
}
