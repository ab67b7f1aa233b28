import type { Catalog } from '../../engine/catalog.ts';
import type { Unlock } from '../../engine/state.ts';
import { mapAhead } from '../../platform/ahead.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import type { CatalogService, LiveCatalog } from '../catalog/service.ts';
import { lockAndRead, writeState } from '../state/service.ts';
import type { UserRow } from '../state/user-row.ts';
import { compareUser, type Difference, type Repair } from './compare.ts';
import { dropRows, readLive, setCatalogVersion } from './live-store.ts';
import { countWalk, readWalk, type WalkedUser } from './log-store.ts';
import { refold } from './refold.ts';
import { givenBy, retroactiveWrites } from './retroactive.ts';

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
}

/** Users of one step, and events: a step is one short transaction. */
const MOST_USERS = 100;
const MOST_EVENTS = 5_000;

/**
 * Compares everything live with the fold of the log, user by user, and answers every difference. Writes nothing. A user who changes
 * meanwhile is read under the user's lock, so nothing is reported that is only in motion.
 */
export async function* audit(
  parts: RebuildParts,
): AsyncGenerator<{ progress: WalkProgress; found: readonly AuditedUser[] }> {
  for await (const { users, progress } of walk(parts, null)) {
    const found = await parts.database.transaction(async (transaction) => {
      const rows = await lockAndRead(
        transaction,
        users.map(({ id }) => id),
      );
      const { catalog } = parts.catalog.live();
      const folded = await refold(transaction, catalog, rows, parts.clock.now());
      const live = await readLive(
        transaction,
        rows.map(({ id }) => id),
      );
      return rows.flatMap(({ id }): AuditedUser[] => {
        const [own, rebuilt] = [live.get(id), folded.get(id)];
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
    repaired += await parts.database.transaction(async (transaction) => {
      await parts.catalog.share(transaction);
      const rows = await lockAndRead(
        transaction,
        users.map(({ id }) => id),
      );
      return bringUp(transaction, parts, rows);
    });
    yield { progress, repaired };
  }
}

/**
 * Brings every user whose state was folded with an older catalog version up to the live one: metrics filled from the log, unlocks
 * that the new rules give dated when they were earned. Interrupted, it goes on where it was.
 */
export async function* fillAll(parts: RebuildParts): AsyncGenerator<WalkProgress> {
  const { version } = await parts.catalog.reload();
  for await (const { users, progress } of walk(parts, version)) {
    await parts.database.transaction(async (transaction) => {
      await parts.catalog.share(transaction);
      // Another process flipped meanwhile: it walks over everybody for that version.
      if ((await parts.catalog.liveVersion(transaction)) !== parts.catalog.live().version) return;
      const rows = await lockAndRead(
        transaction,
        users.map(({ id }) => id),
      );
      await bringUp(transaction, parts, rows);
    });
    yield progress;
  }
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
  { catalog: service, clock, ids }: RebuildParts,
  rows: readonly UserRow[],
): Promise<number> {
  const live: LiveCatalog = service.live();
  const now = clock.now();
  const folded = await refold(transaction, live.catalog, rows, now);
  const current = await readLive(
    transaction,
    rows.map(({ id }) => id),
  );
  const repairs = rows.flatMap((user): { user: UserRow; repair: Repair; decided: readonly Unlock[] }[] => {
    const [own, rebuilt] = [current.get(user.id), folded.get(user.id)];
    if (own === undefined || rebuilt === undefined) return [];
    return [
      { user, repair: compareUser(own, rebuilt), decided: user.catalogVersion < live.version ? rebuilt.decided : [] },
    ];
  });
  const wrong = repairs.filter(({ repair, decided }) => repair.differences.length + decided.length > 0);
  const at = new Date(now);
  await dropRows(transaction, {
    cells: ownedRows(wrong, (drops) => drops.cells),
    members: ownedRows(wrong, (drops) => drops.members),
    totals: ownedRows(wrong, (drops) => drops.totals),
    streakDays: ownedRows(wrong, (drops) => drops.streakDays),
  });
  await writeState(
    transaction,
    retroactiveWrites(wrong, { catalog: live.catalog, catalogVersion: live.version, at, ids }),
  );
  await setCatalogVersion(
    transaction,
    rows.map(({ id }) => id),
    live.version,
  );
  return wrong.length;
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
