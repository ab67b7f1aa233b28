import type { Catalog } from '../../engine/catalog.ts';
import { Rebuild, type Rebuilt } from '../../engine/rebuild.ts';
import type { Queryable } from '../../platform/database.ts';
import { type LogPlace, readFacts, readLogPage } from './log-store.ts';

/** Events of one page: the most of the log that is in memory. */
const PAGE = 5_000;

/** A user to fold. */
export interface Refolded {
  readonly id: string;
  readonly test: boolean;
}

/**
 * Folds the logs of some users with a catalog, whatever version their state is of. Reads the log in pages, so memory does not grow
 * with it. With `withFacts: false` the decisions that were taken are left aside: the answer is what the rules alone would decide.
 */
export async function refold(
  on: Queryable,
  catalog: Catalog,
  users: readonly Refolded[],
  now: number,
  { withFacts = true }: { readonly withFacts?: boolean } = {},
): Promise<Map<string, Rebuilt>> {
  const userIds = users.map(({ id }) => id);
  const facts = withFacts ? Map.groupBy(await readFacts(on, userIds), ({ userId }) => userId) : new Map();
  const folding = new Map(
    users.map(({ id, test }) => [id, new Rebuild(catalog, { userId: id, test, facts: facts.get(id) ?? [] }, now)]),
  );
  for (let after: LogPlace | null = null; ; ) {
    const page = await readLogPage(on, userIds, after, PAGE);
    for (const [userId, events] of Map.groupBy(page, (event) => event.userId)) folding.get(userId)?.take(events);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = { userId: last.userId, occurredAt: last.occurredAt, id: last.id };
  }
  return new Map([...folding].map(([id, own]) => [id, own.finish()]));
}
