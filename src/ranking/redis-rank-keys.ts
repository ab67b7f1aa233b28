import { type Span, spanKey } from './rank-index.ts';

/** The keys of one span in Redis. */
export interface SpanKeys {
  /**
   * A hash: `is` says 'loading <run>' or 'loaded <run>' (the run of the Redis server), `token` and `until` hold the lease of who loads,
   * and `n:<by>` how many members the two keys of a ranking have, as '<entries>/<users>'. What it does not name is not there.
   */
  readonly state: string;
  /** The sorted set of a ranking: member and score are those of redis-rank-members.ts. */
  sorted(by: string): string;
  /** The hash of a ranking: user -> where the user's entry stands in time, and the version that is known. */
  users(by: string): string;
}

/**
 * Names the keys of a span: `laurel:<installation id>:ranks:{<span>}:state`, `:z:<by>`, `:h:<by>`. All carry one hash tag, so Redis
 * Cluster keeps them in one slot; `by` may hold anything, for only the first braces of a key count.
 */
export function keysOf(installationId: string, span: Span): SpanKeys {
  const root = `laurel:${installationId}:ranks:{${encodeURI(spanKey(span))}}:`;
  return { state: `${root}state`, sorted: (by) => `${root}z:${by}`, users: (by) => `${root}h:${by}` };
}
