import type { Unlock } from '../../engine/state.ts';
import { mapAhead } from '../../platform/ahead.ts';
import { liveTransaction } from '../state/live-transaction.ts';
import { lockUsers } from '../state/service.ts';
import { type BroughtUp, bringUp } from './bring-up.ts';
import { compareUser, type Difference } from './compare.ts';
import { readLive } from './live-store.ts';
import { readWalked } from './log-store.ts';
import type { RebuildParts } from './parts.ts';
import { refold, withFacts } from './refold.ts';
import { givenBy } from './retroactive.ts';
import { steps, type WalkProgress, walk } from './walk.ts';

export { type BroughtUp, bringUp } from './bring-up.ts';
export { type Newcomer, newcomerWrites } from './newcomers.ts';
export type { RebuildParts } from './parts.ts';
export { type PreviewedUser, type PreviewInput, previewAll } from './preview.ts';
export type { WalkProgress } from './walk.ts';

/** What one user's books show. */
export interface AuditedUser {
  readonly userId: string;
  readonly differences: readonly Difference[];
  /** Decisions that the rules would take over the log and that no row has; `retroactive: none` left out. */
  readonly decided: readonly Unlock[];
}

/** Steps under way at once, of users apart: while one waits for the database another is folded. */
function flights({ database }: RebuildParts): number {
  return database.kind === 'embedded' ? 1 : 3;
}

/**
 * Compares everything live with the fold of the log, user by user, and answers every difference. Writes nothing. A user who changes
 * meanwhile is read under the user's lock, and one who is still of an older catalog version is left out, so nothing is reported that
 * is only in motion.
 */
export async function* audit(
  parts: RebuildParts,
): AsyncGenerator<{ progress: WalkProgress; found: readonly AuditedUser[] }> {
  yield* mapAhead(walk(parts.database, null), flights(parts), async ({ users, progress }) => {
    const found = await liveTransaction(parts, async (transaction, { catalog, version }) => {
      const locked = await lockUsers(transaction, idsOf(users));
      const rows = locked.filter(({ catalogVersion }) => catalogVersion >= version);
      const reads = [withFacts(transaction, rows), readLive(transaction, idsOf(rows))] as const;
      const [standing, current] = await Promise.all(reads);
      const folded = await refold(transaction, catalog, standing, parts.clock.now());
      return rows.flatMap(({ id }): AuditedUser[] => {
        const [own, rebuilt] = [current.get(id), folded.get(id)];
        if (own === undefined || rebuilt === undefined) return [];
        const { differences } = compareUser(own, rebuilt);
        return [{ userId: id, differences, decided: givenBy(catalog, rebuilt.decided) }];
      });
    });
    return { progress, found: found.filter(({ differences, decided }) => differences.length + decided.length > 0) };
  });
}

/**
 * Writes what the log comes to over the live state of every user, in short transactions, while the server runs. Decisions are facts:
 * none is taken away, and none is added but to users of an older catalog version.
 */
export async function* rebuildAll(parts: RebuildParts): AsyncGenerator<{ progress: WalkProgress; repaired: number }> {
  let repaired = 0;
  const steps = mapAhead(walk(parts.database, null), flights(parts), async ({ users, progress }) => {
    const up = await liveTransaction(parts, async (transaction, live) =>
      bringUp(transaction, parts, live, await lockUsers(transaction, idsOf(users))),
    );
    tell(parts, up);
    return { progress, up };
  });
  for await (const { progress, up } of steps) {
    repaired += up.repaired.length;
    yield { progress, repaired };
  }
}

/**
 * Brings every user whose state was folded with an older catalog version up to the live one: metrics filled from the log, unlocks
 * that the new rules give dated when they were earned, what the version takes taken. Interrupted, it goes on where it was.
 */
export async function* fillAll(parts: RebuildParts): AsyncGenerator<WalkProgress> {
  for (let isDone = false; !isDone; ) {
    const { version } = await parts.catalog.reload();
    isDone = true;
    const steps = mapAhead(walk(parts.database, version), flights(parts), async ({ users, progress }) => {
      return { progress, reached: await fillStep(parts, idsOf(users)) };
    });
    for await (const { progress, reached } of steps) {
      // A flip meanwhile leaves users behind who were passed already: walk again.
      if (reached !== version) isDone = false;
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

/** Wakes those who listen, after the commit. */
function tell({ bus }: RebuildParts, { repaired, notified }: BroughtUp): void {
  for (const [userId, seq] of notified) bus.publish('notification', userId, { seq });
  for (const userId of repaired) bus.publish('progress', userId, { levelUp: null });
}

function idsOf(users: readonly { readonly id: string }[]): string[] {
  return users.map(({ id }) => id);
}
