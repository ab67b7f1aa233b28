import { setImmediate as turn } from 'node:timers/promises';
import { Rebuild } from '../../engine/rebuild.ts';
import type { FoldEvent, Unlock } from '../../engine/state.ts';
import type { LiveCatalog } from '../catalog/service.ts';
import type { Writes } from '../state/service.ts';
import { wholeChange } from './compare.ts';
import type { RebuildParts } from './parts.ts';
import { type Repaired, retroactiveWrites } from './retroactive.ts';

/** Users folded before others in the process get their turn: some 10 ms. */
const TURN = 100;

/** A user whom the caller's transaction makes: the tables hold nothing of it yet. */
export interface Newcomer {
  readonly id: string;
  /** The whole log, in order. */
  readonly log: readonly FoldEvent[];
  /** The decisions that come with it, priced; the caller writes their lines of the ledger. */
  readonly facts: readonly Unlock[];
}

/**
 * What `bringUp` with `judges: 'all'` and `silently` would write for users once their log and their decisions were there; nothing is
 * read, for there is nothing else. The rows of the users, of the log and of the decisions are the caller's to write.
 */
export async function newcomerWrites(
  { ids }: Pick<RebuildParts, 'ids'>,
  live: LiveCatalog,
  newcomers: readonly Newcomer[],
  at: Date,
): Promise<Writes> {
  const repaired: Repaired[] = [];
  for (const { id, log, facts } of newcomers) {
    const folding = new Rebuild(live.catalog, { userId: id, test: false, facts }, at.getTime());
    folding.take(log);
    const rebuilt = folding.finish();
    const change = wholeChange(rebuilt, { points: sum(facts, 'points'), xp: sum(facts, 'xp') });
    repaired.push({ user: { id, lastSeq: 0 }, repair: { change }, decided: rebuilt.decided, revoked: [] });
    if (repaired.length % TURN === 0) await turn();
  }
  return retroactiveWrites(repaired, { live, at, ids, silently: true });
}

function sum(facts: readonly Unlock[], of: 'points' | 'xp'): number {
  return facts.reduce((all, fact) => all + fact[of], 0);
}
