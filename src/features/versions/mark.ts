import type { Database } from '../../platform/database.ts';
import { markStep } from './store.ts';

/**
 * Says that users of the version before are up to date with the next, where the two differ only in what is shown. In short steps;
 * interrupted, the walk that brings users up does the rest the long way.
 */
export async function markAll(database: Database, from: number, to: number): Promise<void> {
  for (let after: string | null = null; ; ) {
    const last: string | null = await markStep(database, { after, from, to, limit: 1_000 });
    if (last === null) return;
    after = last;
  }
}
