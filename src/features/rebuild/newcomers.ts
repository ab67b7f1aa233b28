import type { FoldEvent, Unlock } from '../../engine/state.ts';
import type { Queryable } from '../../platform/database.ts';
import type { LiveCatalog } from '../catalog/service.ts';
import type { Writes } from '../state/service.ts';
import { wholeChange } from './compare.ts';
import type { RebuildParts } from './parts.ts';
import { refold } from './refold.ts';
import { retroactiveWrites } from './retroactive.ts';

/** A user whom the caller's transaction makes: the tables hold nothing of it yet. */
export interface Newcomer {
  readonly id: string;
  /** The whole log, in order. */
  readonly log: readonly FoldEvent[];
  /** The decisions that come with it, priced; the caller writes their lines of the ledger. */
  readonly facts: readonly Unlock[];
}

/**
 * What `bringUp` with `judges: 'all'` and `silently` would write for users once their log and their decisions were there; without
 * reading, for nothing else is. The rows of the users, of the log and of the decisions are the caller's to write.
 */
export async function newcomerWrites(
  on: Queryable,
  { ids }: Pick<RebuildParts, 'ids'>,
  live: LiveCatalog,
  newcomers: readonly Newcomer[],
  at: Date,
): Promise<Writes> {
  const users = newcomers.map((user) => ({ ...user, test: false, rewards: [] }));
  const folded = await refold(on, live.catalog, users, at.getTime());
  const repaired = newcomers.flatMap(({ id, facts }) => {
    const rebuilt = folded.get(id);
    if (rebuilt === undefined) return [];
    const change = wholeChange(rebuilt, { points: sum(facts, 'points'), xp: sum(facts, 'xp') });
    return [{ user: { id, lastSeq: 0 }, repair: { change }, decided: rebuilt.decided, revoked: [] }];
  });
  return retroactiveWrites(repaired, { live, at, ids, silently: true });
}

function sum(facts: readonly Unlock[], of: 'points' | 'xp'): number {
  return facts.reduce((all, fact) => all + fact[of], 0);
}
