import type { Catalog } from '../../engine/catalog.ts';
import type { Unlock } from '../../engine/state.ts';
import { mapAhead } from '../../platform/ahead.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Bus } from '../../realtime/bus.ts';
import type { CatalogService, LiveCatalog } from '../catalog/service.ts';
import { liveTransaction } from '../state/live-transaction.ts';
import { lockUsers, writeState } from '../state/service.ts';
import type { UserRow } from '../state/user-row.ts';
import { compareUser, type Difference, type Repair } from './compare.ts';
import { dropRows, readLive, setCatalogVersion } from './live-store.ts';
import { countWalk, readWalk, readWalked, type WalkedUser } from './log-store.ts';
import { refold } from './refold.ts';
import { givenBy, type Repaired, retroactiveWrites } from './retroactive.ts';

/** How far a walk over all users is. */
export interface WalkProgress {
  readonly done: number;
  readonly total: number;
}

/** What one user's books show. */
export interface AuditedUser {
  readonly userId: string;
  readonly differences: readonly Difference[];
  /** Decisions that the rules would take over the log and that no row has; `retroactive: none` left out. */
  readonly decided: readonly Unlock[];
}

/** What the walks stand on. */
export interface RebuildParts {
  readonly database: Database;
  readonly catalog: CatalogService;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly bus: Bus;
}

/** Users of one step, and events: a step is one short transaction. */
const MOST_USERS = 100;
const MOST_EVENTS = 5_000;

/**
 * Compares everything live with the fold of the log, user by user, and answers every difference. Writes nothing. A user who changes
 * meanwhile is read under the user's lock, and one who is still of an older catalog version is left out, so nothing is reported that
 * is only in motion.
 */
export async function* audit(
  parts: RebuildParts,
): AsyncGenerator<{ progress: WalkProgress; found: readonly AuditedUser[] }> {
  for await (const { users, progress } of walk(parts, null)) {
    const found = await liveTransaction(parts, async (transaction, { catalog, version }) => {
      const locked = await lockUsers(transaction, idsOf(users));
      const rows = locked.filter(({ catalogVersion }) => catalogVersion >= version);
      const folded = await refold(transaction, catalog, rows, parts.clock.now());
      const current = await readLive(transaction, idsOf(rows));
      return rows.flatMap(({ id }): AuditedUser[] => {
        const [own, rebuilt] = [current.get(id), folded.get(id)];
        if (own === undefined || rebuilt === undefined) return [];
        const { differences } = compareUser(own, rebuilt);
        return [{ userId: id, differences, decided: givenBy(catalog, rebuilt.decided) }];
      });
    });
    yield { progress, found: found.filter(({ differences, decided }) => differences.length + decided.length > 0) };
  }
}

/**
 * Writes what the log comes to over the live state of every user, in short transactions, while the server runs. Decisions are facts:
 * none is taken away, and none is added but to users of an older catalog version.
 */
export async function* rebuildAll(parts: RebuildParts): AsyncGenerator<{ progress: WalkProgress; repaired: number }> {
  let repaired = 0;
  for await (const { users, progress } of walk(parts, null)) {
    const up = await liveTransaction(parts, async (transaction, live) =>
      bringUp(transaction, parts, live, await lockUsers(transaction, idsOf(users))),
    );
    tell(parts, up);
    repaired += up.repaired.length;
    yield { progress, repaired };
  }
}

/**
 * Brings every user whose state was folded with an older catalog version up to the live one: metrics filled from the log, unlocks
 * that the new rules give dated when they were earned. Interrupted, it goes on where it was.
 */
export async function* fillAll(parts: RebuildParts): AsyncGenerator<WalkProgress> {
  for (let isDone = false; !isDone; ) {
    const { version } = await parts.catalog.reload();
    isDone = true;
    for await (const { users, progress } of walk(parts, version)) {
      // A flip meanwhile leaves users behind who were passed already: walk again.
      if ((await fillStep(parts, idsOf(users))) !== version) isDone = false;
      yield progress;
      if (!isDone) break;
    }
  }
}

/**
 * Brings these users up to the live catalog where they are behind, in short transactions: an event that meets them wants it first.
 * Must not be called inside a transaction.
 */
export async function bringUpUsers(parts: RebuildParts, userIds: readonly string[]): Promise<void> {
  const users = await readWalked(parts.database, userIds);
  for (const step of steps(users)) await fillStep(parts, idsOf(step));
}

/** One step of a fill; answers the version it brought the users up to. */
async function fillStep(parts: RebuildParts, userIds: readonly string[]): Promise<number> {
  const { version, up } = await liveTransaction(parts, async (transaction, live) => {
    const rows = await lockUsers(transaction, userIds);
    const behind = rows.filter(({ catalogVersion }) => catalogVersion < live.version);
    return { version: live.version, up: await bringUp(transaction, parts, live, behind) };
  });
  tell(parts, up);
  return version;
}

/** What another catalog would do to one user. */
export interface PreviewedUser {
  /** Unlocks that it would give. */
  readonly given: readonly Unlock[];
  /** Of the achievements in question, those the user has and would not earn by the new rule. */
  readonly lost: readonly string[];
}

/** Folds everybody's log with a catalog that is not live. Writes nothing, locks nobody. `changed`: achievements with another rule. */
export async function* previewAll(
  parts: RebuildParts,
  catalog: Catalog,
  changed: ReadonlySet<string>,
): AsyncGenerator<{ progress: WalkProgress; users: readonly PreviewedUser[] }> {
  const { database, clock } = parts;
  yield* mapAhead(walk(parts, null), 2, async ({ users, progress }) => {
    const folded = await refold(database, catalog, users, clock.now());
    const alone = changed.size === 0 ? null : await refold(database, catalog, users, clock.now(), { withFacts: false });
    const previewed = users.map(({ id }): PreviewedUser => {
      const rules = alone?.get(id)?.state.unlocks;
      const held = [...(folded.get(id)?.state.unlocks ?? [])].filter(
        ([key, rows]) => changed.has(key) && rows.some(isHeldByRule),
      );
      return {
        given: givenBy(catalog, folded.get(id)?.decided ?? []),
        lost: held.flatMap(([key]) => ((rules?.get(key)?.length ?? 0) > 0 ? [] : [key])),
      };
    });
    return { progress, users: previewed };
  });
}

function isHeldByRule({ source, revokedAt }: Unlock): boolean {
  return source === 'rule' && revokedAt === null;
}

/**
 * Brings locked users up to the live catalog within the caller's transaction: their tables hold what the log comes to, and those who
 * were of an older version have what the rules of this one give. Answers how many were repaired.
 */
export async function bringUp(
  transaction: Transaction,
  { clock, ids }: Pick<RebuildParts, 'clock' | 'ids'>,
  live: LiveCatalog,
  rows: readonly UserRow[],
): Promise<BroughtUp> {
  const now = clock.now();
  const folded = await refold(transaction, live.catalog, rows, now);
  const current = await readLive(transaction, idsOf(rows));
  const repairs = rows.flatMap((user): Repaired[] => {
    const [own, rebuilt] = [current.get(user.id), folded.get(user.id)];
    if (own === undefined || rebuilt === undefined) return [];
    const isBehind = user.catalogVersion < live.version;
    return [{ user, repair: compareUser(own, rebuilt), decided: isBehind ? rebuilt.decided : [] }];
  });
  const wrong = repairs.filter(({ repair, decided }) => repair.differences.length + decided.length > 0);
  await dropRows(transaction, {
    cells: ownedRows(wrong, (drops) => drops.cells),
    members: ownedRows(wrong, (drops) => drops.members),
    totals: ownedRows(wrong, (drops) => drops.totals),
    streakDays: ownedRows(wrong, (drops) => drops.streakDays),
  });
  const { catalog, version: catalogVersion } = live;
  const writes = retroactiveWrites(wrong, { catalog, catalogVersion, at: new Date(now), ids });
  await writeState(transaction, writes);
  await setCatalogVersion(transaction, idsOf(rows), catalogVersion);
  return {
    repaired: wrong.map(({ user }) => user.id),
    notified: new Map(writes.notifications.map(({ userId, seq }) => [userId, seq])),
  };
}

/** What bringing users up did; wake-ups go out after the commit. */
export interface BroughtUp {
  readonly repaired: readonly string[];
  /** The newest message of users who got one. */
  readonly notified: ReadonlyMap<string, number>;
}

/** Wakes those who listen, after the commit. */
function tell({ bus }: RebuildParts, { repaired, notified }: BroughtUp): void {
  for (const [userId, seq] of notified) bus.publish('notification', userId, { seq });
  for (const userId of repaired) bus.publish('progress', userId, { levelUp: null });
}

function idsOf(users: readonly { readonly id: string }[]): string[] {
  return users.map(({ id }) => id);
}

function ownedRows<Row>(
  repairs: readonly { readonly user: UserRow; readonly repair: Repair }[],
  pick: (drops: Repair['drops']) => readonly Row[],
): (Row & { readonly userId: string })[] {
  return repairs.flatMap(({ user, repair }) => pick(repair.drops).map((row) => ({ ...row, userId: user.id })));
}

/** Walks over users in id order, in steps that are small in users and, but for a single user with more, in events. */
async function* walk(
  { database }: RebuildParts,
  below: number | null,
): AsyncGenerator<{ users: WalkedUser[]; progress: WalkProgress }> {
  const total = await countWalk(database, below);
  let done = 0;
  for (let after: string | null = null; ; ) {
    const page: WalkedUser[] = await readWalk(database, { after, below, limit: MOST_USERS });
    if (page.length === 0) return;
    for (const users of steps(page)) {
      done += users.length;
      yield { users, progress: { done, total } };
    }
    after = page.at(-1)?.id ?? null;
  }
}

function* steps(page: readonly WalkedUser[]): Generator<WalkedUser[]> {
  let step: WalkedUser[] = [];
  let events = 0;
  for (const user of page) {
    if (step.length > 0 && events + user.events > MOST_EVENTS) {
      yield step;
      step = [];
      events = 0;
    }
    step.push(user);
    events += user.events;
  }
  if (step.length > 0) yield step;
}
