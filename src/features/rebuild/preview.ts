import type { Catalog } from '../../engine/catalog.ts';
import type { Rename } from '../../engine/renames.ts';
import type { Unlock } from '../../engine/state.ts';
import { mapAhead } from '../../platform/ahead.ts';
import type { RebuildParts } from './parts.ts';
import { refold, withFacts } from './refold.ts';
import { inLaterKeys, renameFacts } from './renames.ts';
import { givenBy } from './retroactive.ts';
import { settle, type TakingVersion, unearnedRows } from './settle.ts';
import { type WalkProgress, walk } from './walk.ts';

/** A catalog that is not live, and what is asked of it. */
export interface PreviewInput {
  readonly catalog: Catalog;
  /** What it renames after the live one. */
  readonly renames: readonly Rename[];
  /** Achievements with another rule whose holders keep them. */
  readonly kept: ReadonlySet<string>;
  /** Achievements with another rule that may be taken from their holders. */
  readonly revocable: ReadonlySet<string>;
  /** Whether they would be. */
  readonly allowRevoke: boolean;
}

/** What another catalog would do to one user. */
export interface PreviewedUser {
  /** Unlocks that it would give. */
  readonly given: readonly Unlock[];
  /** Of the achievements with another rule, those the user holds by rule and would not earn now. */
  readonly unearned: ReadonlySet<string>;
  /** Unlocks that it would take. */
  readonly taken: readonly Unlock[];
}

/** Folds everybody's log with a catalog that is not live. Writes nothing, locks nobody. */
export async function* previewAll(
  parts: RebuildParts,
  { catalog, renames, kept, revocable, allowRevoke }: PreviewInput,
): AsyncGenerator<{ progress: WalkProgress; users: readonly PreviewedUser[] }> {
  const { database, clock, catalog: catalogs } = parts;
  const { version, renames: known } = catalogs.live();
  const steps = [...known, { version: version + 1, renames }];
  const would: TakingVersion = { version: version + 1, revokes: allowRevoke ? [...revocable] : [], catalog };
  yield* mapAhead(walk(database, null), 2, async ({ users, progress }) => {
    const judging = { on: database, catalog, now: clock.now() };
    const standing = await renameFacts(database, await withFacts(database, users), steps);
    const oldest = Math.min(version, ...users.map(({ catalogVersion }) => catalogVersion));
    const earlier = oldest < version ? await catalogs.revoking(database, oldest, version) : [];
    const settled = await settle(judging, inLaterKeys([...earlier, would], steps), standing);
    const after = standing.map((user) => ({ ...user, facts: settled.get(user.id)?.facts ?? user.facts }));
    const folded = await refold(database, catalog, after, judging.now);
    const unearned = await Promise.all([kept, revocable].map((keys) => unearnedRows(judging, standing, () => keys)));
    const previewed = users.map(({ id }): PreviewedUser => {
      const rows = unearned.flatMap((byUser) => byUser.get(id) ?? []);
      return {
        given: givenBy(catalog, folded.get(id)?.decided ?? []),
        unearned: new Set(rows.map(({ achievement }) => achievement)),
        taken: settled.get(id)?.revoked ?? [],
      };
    });
    return { progress, users: previewed };
  });
}
