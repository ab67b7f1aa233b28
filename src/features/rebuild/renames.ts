import { keyAfter, type Move, moved, movesOf, renamedCatalog, type VersionRenames } from '../../engine/renames.ts';
import type { Unlock } from '../../engine/state.ts';
import type { Queryable } from '../../platform/database.ts';
import { type OwnedMove, readUnlockedPlaces, type UnlockPlace } from './rename-store.ts';
import type { TakingVersion } from './settle.ts';

/** A user with the decisions taken so far, in the keys of the catalog version that the user is of. */
interface Versioned {
  readonly id: string;
  readonly catalogVersion: number;
  readonly facts: readonly Unlock[];
}

/**
 * The users with their decisions under the keys that the renames since each one's version bring them to. `write`, where there is
 * one, gets the moves of a version at a time, in order: within one none goes where another leaves.
 */
export async function renameFacts<User extends Versioned>(
  on: Queryable,
  users: readonly User[],
  steps: readonly VersionRenames[],
  write: (moves: readonly OwnedMove[]) => Promise<void> = async () => undefined,
): Promise<readonly User[]> {
  let standing = users;
  for (const step of steps) {
    const moves = await movesOfStep(on, standing, step);
    if (moves.size === 0) continue;
    await write([...moves].flatMap(([userId, own]) => own.map((move) => ({ ...move, userId }))));
    standing = standing.map((user) => ({ ...user, facts: moved(user.facts, moves.get(user.id) ?? []) }));
  }
  return standing;
}

/** By user; only of those of an older version who have something that goes. */
async function movesOfStep(
  on: Queryable,
  users: readonly Versioned[],
  { version, renames }: VersionRenames,
): Promise<Map<string, Move[]>> {
  const keys = new Set(renames.map(({ from }) => from));
  const concerned = users.filter(
    ({ catalogVersion, facts }) => catalogVersion < version && facts.some(({ achievement }) => keys.has(achievement)),
  );
  if (concerned.length === 0) return new Map();
  const doubtful = renames.flatMap(({ to, onlyOwn }) => (to.length > 1 || onlyOwn ? to : []));
  const userIds = concerned.map(({ id }) => id);
  const unlocked = new Set((await readUnlockedPlaces(on, userIds, doubtful)).map(keyOf));
  return new Map(
    concerned.map(({ id, facts }) => [
      id,
      movesOf(renames, facts, (place, achievement) => unlocked.has(keyOf({ ...place, achievement, userId: id }))),
    ]),
  );
}

function keyOf({ userId, achievement, tier, period }: UnlockPlace): string {
  return `${userId}\u0000${achievement}\u0000${tier}\u0000${period}`;
}

/** Versions that take achievements, in the keys of the catalog that the steps lead to. */
export function inLaterKeys(taking: readonly TakingVersion[], steps: readonly VersionRenames[]): TakingVersion[] {
  return taking.map(({ version, revokes, catalog }) => {
    const later = (key: string): string => keyAfter(key, steps, version);
    return { version, revokes: revokes.map(later), catalog: renamedCatalog(catalog, later) };
  });
}
