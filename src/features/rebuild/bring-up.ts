import type { Rebuilt } from '../../engine/rebuild.ts';
import type { Unlock } from '../../engine/state.ts';
import type { Transaction } from '../../platform/database.ts';
import type { LiveCatalog } from '../catalog/service.ts';
import { writeState } from '../state/service.ts';
import type { UserRow } from '../state/user-row.ts';
import { compareUser, type Repair } from './compare.ts';
import { dropRows, type LiveState, readLive, setCatalogVersion } from './live-store.ts';
import type { RebuildParts } from './parts.ts';
import { refold, withFacts } from './refold.ts';
import { moveUnlocks } from './rename-store.ts';
import { inLaterKeys, renameFacts } from './renames.ts';
import { type Repaired, retroactiveWrites } from './retroactive.ts';
import { type Settled, settle } from './settle.ts';

/** What bringing users up did; wake-ups go out after the commit. */
export interface BroughtUp {
  readonly repaired: readonly string[];
  /** The newest message of users who got one. */
  readonly notified: ReadonlyMap<string, number>;
  /** What the rules gave over the log. */
  readonly given: readonly Unlock[];
}

/** How users are brought up. */
export interface BringUpOptions {
  /** Whose unlocks the rules may give over the log: of those who come from an older version, or of all. */
  readonly judges: 'behind' | 'all';
  /** Nothing is told to the player, whatever the achievement says. */
  readonly silently: boolean;
}

/**
 * Brings locked users up to the live catalog within the caller's transaction: their tables hold what the log comes to, and those who
 * were of an older version have what the rules of this one give, under the keys it has now, and no longer what a version since
 * theirs takes.
 */
export async function bringUp(
  transaction: Transaction,
  { clock, ids, catalog: catalogs }: Pick<RebuildParts, 'clock' | 'ids' | 'catalog'>,
  live: LiveCatalog,
  rows: readonly UserRow[],
  { judges, silently }: BringUpOptions = { judges: 'behind', silently: false },
): Promise<BroughtUp> {
  const now = clock.now();
  const { catalog, version, renames } = live;
  const userIds = rows.map(({ id }) => id);
  const [before, current] = await Promise.all([withFacts(transaction, rows), readLive(transaction, userIds)]);
  const standing = await renameFacts(transaction, before, renames, (moves) => moveUnlocks(transaction, moves));
  const behind = standing.filter(({ catalogVersion }) => catalogVersion < version);
  const oldest = Math.min(version, ...behind.map(({ catalogVersion }) => catalogVersion));
  const taking = behind.length === 0 ? [] : inLaterKeys(await catalogs.revoking(transaction, oldest, version), renames);
  const settled = await settle({ on: transaction, catalog, now }, taking, behind);
  const users = standing.map((user) => ({ ...user, facts: settled.get(user.id)?.facts ?? user.facts }));
  const folded = await refold(transaction, catalog, users, now);
  const isJudged = ({ catalogVersion }: UserRow): boolean => judges === 'all' || catalogVersion < version;
  const wrong = wrongUsers(rows, { current, folded, settled, isJudged });
  await dropRows(transaction, {
    cells: ownedRows(wrong, (drops) => drops.cells),
    members: ownedRows(wrong, (drops) => drops.members),
    totals: ownedRows(wrong, (drops) => drops.totals),
    streakDays: ownedRows(wrong, (drops) => drops.streakDays),
  });
  const writes = retroactiveWrites(wrong, { live, at: new Date(now), ids, silently });
  await Promise.all([writeState(transaction, writes), setCatalogVersion(transaction, userIds, version)]);
  return {
    repaired: wrong.map(({ user }) => user.id),
    given: writes.users.flatMap(({ change }) => change.unlocks.filter(({ revokedAt }) => revokedAt === null)),
    notified: new Map(writes.notifications.map(({ userId, seq }) => [userId, seq])),
  };
}

interface Wrong extends Repaired {
  readonly repair: Repair;
}

/** Users whose tables differ from the fold, or to whom something is given or from whom something is taken. */
function wrongUsers(
  rows: readonly UserRow[],
  {
    current,
    folded,
    settled,
    isJudged,
  }: {
    readonly current: ReadonlyMap<string, LiveState>;
    readonly folded: ReadonlyMap<string, Rebuilt>;
    readonly settled: ReadonlyMap<string, Settled>;
    readonly isJudged: (user: UserRow) => boolean;
  },
): Wrong[] {
  return rows.flatMap((user): Wrong[] => {
    const [own, rebuilt] = [current.get(user.id), folded.get(user.id)];
    if (own === undefined || rebuilt === undefined) return [];
    const repair = compareUser(own, rebuilt);
    const decided = isJudged(user) ? rebuilt.decided : [];
    const revoked = settled.get(user.id)?.revoked ?? [];
    const isRight = repair.differences.length + decided.length + revoked.length === 0;
    return isRight ? [] : [{ user, repair, decided, revoked }];
  });
}

function ownedRows<Row>(
  repairs: readonly Wrong[],
  pick: (drops: Repair['drops']) => readonly Row[],
): (Row & { readonly userId: string })[] {
  return repairs.flatMap(({ user, repair }) => pick(repair.drops).map((row) => ({ ...row, userId: user.id })));
}
