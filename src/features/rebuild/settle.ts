import type { Catalog } from '../../engine/catalog.ts';
import { dependsOnOthers } from '../../engine/decide.ts';
import type { Unlock } from '../../engine/state.ts';
import type { Queryable } from '../../platform/database.ts';
import { type Refolded, refold } from './refold.ts';

/** A version that takes achievements from holders who would not earn them by its rules. */
export interface TakingVersion {
  readonly version: number;
  readonly revokes: readonly string[];
  readonly catalog: Catalog;
}

/** A user who comes from an older version, with the decisions taken so far. */
export interface Standing extends Refolded {
  readonly catalogVersion: number;
}

/** What becomes of a user's decisions before the rules of the next version are folded. */
export interface Settled {
  /** The decisions as they stand then: what is taken is revoked, what the rules give back is no fact any more. */
  readonly facts: readonly Unlock[];
  /** The rows that are taken, with the moment. */
  readonly revoked: readonly Unlock[];
}

/** What is judged: by which catalog, over the log as it is now. */
interface Judging {
  readonly on: Queryable;
  readonly catalog: Catalog;
  readonly now: number;
}

type Rows = ReadonlyMap<string, readonly Unlock[]>;

/**
 * Settles what users who come from older versions lose and what may be given back, by the catalog they are brought up to.
 * - An unlock by rule is taken where a version since then says so (`taking`), would not give it, and the next one would not either.
 * - What depended on it is taken where the rules gave it with it and do not give it without.
 * - Nothing of that is blocked: what was taken so, and by `revoke` without a block, is given back where the next catalog's rules
 *   give it over the log.
 * Users of whom nothing changes are left out.
 */
export async function settle(
  judging: Judging,
  taking: readonly TakingVersion[],
  users: readonly Standing[],
): Promise<Map<string, Settled>> {
  const lost = await lostRows(judging, taking, users);
  const losers = users.filter(({ id }) => lost.has(id));
  const fallen = await fallenRows(judging, losers, lost);
  const revoked = new Map(
    losers.map(({ id }) => [id, taken([...(lost.get(id) ?? []), ...(fallen.get(id) ?? [])], judging.now)] as const),
  );
  const regained = await regainedRows(
    judging,
    users.map((user) => ({ ...user, facts: replaced(user.facts, revoked.get(user.id) ?? []), before: user.facts })),
  );
  return new Map(
    users.flatMap(({ id, facts }): [string, Settled][] => {
      const [own = [], back = []] = [revoked.get(id), regained.get(id)];
      if (own.length + back.length === 0) return [];
      // A row that was taken leaves nothing but the doubt whether its rule decides: there is none for those that it gives again.
      const open = new Set(back.map(({ achievement }) => achievement));
      const standing = replaced(facts, own).filter((row) => !open.has(row.achievement) || !isTakenGrant(row));
      return [[id, { facts: standing, revoked: own }]];
    }),
  );
}

/** Of the unlocks held by rule of these achievements, those that the rules do not give over the log; by user. */
export async function unearnedRows(
  { on, catalog, now }: Judging,
  users: readonly Refolded[],
  keysOf: (user: Refolded) => Iterable<string>,
): Promise<Rows> {
  const judged = users.flatMap((user) => {
    const wanted = new Set(keysOf(user));
    const anew = new Set(
      user.facts.filter(isHeldByRule).flatMap(({ achievement: key }) => (wanted.has(key) ? key : [])),
    );
    return anew.size === 0 ? [] : [{ ...user, anew }];
  });
  const folded = await refold(on, catalog, judged, now);
  return new Map([...folded].flatMap(([id, { unearned }]) => (unearned.length === 0 ? [] : [[id, unearned] as const])));
}

async function lostRows(judging: Judging, taking: readonly TakingVersion[], users: readonly Standing[]): Promise<Rows> {
  const { achievements } = judging.catalog;
  const versions = new Map(users.map(({ id, catalogVersion }) => [id, catalogVersion]));
  const since = (id: string): TakingVersion[] => taking.filter(({ version }) => version > (versions.get(id) ?? 0));
  const isJudged = (key: string): boolean => achievements.get(key)?.status === 'live';
  // By the next rules first: who earns it by them keeps it, whatever was live between.
  const candidates = await unearnedRows(judging, users, ({ id }) =>
    since(id).flatMap(({ revokes }) => revokes.filter(isJudged)),
  );
  const lost = new Map<string, Unlock[]>();
  for (const version of taking) {
    const { catalog, revokes } = version;
    const asked = users.filter(({ id }) => candidates.has(id) && since(id).includes(version));
    const unearned =
      catalog === judging.catalog ? candidates : await unearnedRows({ ...judging, catalog }, asked, () => revokes);
    for (const { id } of asked) {
      const rows = among(candidates.get(id), unearned.get(id)).filter(({ achievement }) =>
        revokes.includes(achievement),
      );
      const known = lost.get(id) ?? [];
      if (rows.length > 0) lost.set(id, [...known, ...without(rows, known)]);
    }
  }
  return lost;
}

/** What depended on the lost rows: the rules give it where they are held, and not where they are not. */
async function fallenRows(judging: Judging, losers: readonly Standing[], lost: Rows): Promise<Rows> {
  const dependents = [...judging.catalog.achievements.values()].filter(dependsOnOthers).map(({ key }) => key);
  const keysOf = ({ id }: Refolded): string[] =>
    dependents.filter((key) => !lost.get(id)?.some(({ achievement }) => achievement === key));
  const before = await unearnedRows(judging, losers, keysOf);
  const bereft = losers.map((user) => {
    const gone = taken(lost.get(user.id) ?? [], judging.now);
    return { ...user, facts: replaced(user.facts, gone) };
  });
  const after = await unearnedRows(judging, bereft, keysOf);
  return new Map([...after].map(([id, rows]) => [id, without(rows, before.get(id) ?? [])]));
}

/** Rows taken away before that leave no block, and that the rules give over the log. `retroactive: none` gives nothing back. */
async function regainedRows(
  { on, catalog, now }: Judging,
  users: readonly (Standing & { readonly before: readonly Unlock[] })[],
): Promise<Rows> {
  const open = new Map(users.map(({ id, before }) => [id, before.filter((row) => isOpen(catalog, before, row))]));
  const judged = users.flatMap((user) => {
    const anew = new Set(open.get(user.id)?.map(({ achievement }) => achievement));
    return anew.size === 0 ? [] : [{ ...user, anew }];
  });
  const folded = await refold(on, catalog, judged, now);
  return new Map([...folded].map(([id, { decided }]) => [id, among(open.get(id), decided)]));
}

function isOpen(
  { achievements }: Catalog,
  rows: readonly Unlock[],
  { achievement, source, revokedAt }: Unlock,
): boolean {
  const retroactive = achievements.get(achievement)?.retroactive ?? 'none';
  if (source !== 'grant' || revokedAt === null || retroactive === 'none') return false;
  return !rows.some((row) => row.achievement === achievement && row.source === 'rule' && row.revokedAt !== null);
}

function isTakenGrant({ source, revokedAt }: Unlock): boolean {
  return source === 'grant' && revokedAt !== null;
}

function isHeldByRule({ source, revokedAt }: Unlock): boolean {
  return source === 'rule' && revokedAt === null;
}

/** Rows as a revoke that leaves no block writes them: a grant that was taken. */
function taken(rows: readonly Unlock[], now: number): Unlock[] {
  return rows.map((row) => ({ ...row, source: 'grant', revokedAt: now }));
}

function keyOf({ achievement, tier, period }: Unlock): string {
  return `${achievement}\u0000${tier}\u0000${period}`;
}

/** Of these rows those that are among the others. */
function among(rows: readonly Unlock[] = [], others: readonly Unlock[] = []): Unlock[] {
  const keys = new Set(others.map(keyOf));
  return rows.filter((row) => keys.has(keyOf(row)));
}

function without(rows: readonly Unlock[], others: readonly Unlock[]): Unlock[] {
  const keys = new Set(others.map(keyOf));
  return rows.filter((row) => !keys.has(keyOf(row)));
}

function replaced(rows: readonly Unlock[], others: readonly Unlock[]): readonly Unlock[] {
  return others.length === 0 ? rows : [...without(rows, others), ...others];
}
