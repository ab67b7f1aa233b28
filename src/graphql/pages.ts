import { z } from 'zod';
import { badUserInput } from './errors.ts';

/** Most rows of one page; more is refused, never silently cut. */
export const MOST_PER_PAGE = 100;
const DEFAULT_PER_PAGE = 20;

/** Validation of `first` and `last`. */
export const pageSize = z.number().int().min(0).max(MOST_PER_PAGE).nullish();

/** The four paging arguments. */
export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly last?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly before?: string | null | undefined;
}

/** A page as a keyset read wants it: so many rows after/before a place, read from the end when `backwards`. */
export interface PageRequest {
  readonly limit: number;
  readonly backwards: boolean;
  readonly after: string | null;
  readonly before: string | null;
}

/** A page of a Relay connection. */
export interface Page<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/**
 * Reads the paging arguments.
 * @throws BAD_USER_INPUT for `first` together with `last`, or a size out of 0..100
 */
export function pageRequest({ first, last, after, before }: PageArguments): PageRequest {
  if (first != null && last != null) throw badUserInput('first and last cannot go together');
  const limit = first ?? last ?? DEFAULT_PER_PAGE;
  if (!pageSize.safeParse(limit).success) throw badUserInput(`a page has 0 to ${MOST_PER_PAGE} rows, not ${limit}`);
  return { limit, backwards: last != null, after: after ?? null, before: before ?? null };
}

/**
 * Makes the page from rows read with `limit + 1`, in list order (already turned round when backwards).
 */
export function pageOf<Node>(
  request: PageRequest,
  rows: readonly Node[],
  cursorOf: (node: Node) => string,
): Page<Node> {
  const more = rows.length > request.limit;
  const kept = !more
    ? rows
    : request.backwards
      ? rows.slice(rows.length - request.limit)
      : rows.slice(0, request.limit);
  const edges = kept.map((node) => ({ cursor: cursorOf(node), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: request.backwards ? request.before !== null : more,
      hasPreviousPage: request.backwards ? more : request.after !== null,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** Pages a list that is in memory, by each item's own key as its cursor. */
export function pageOfList<Node>(args: PageArguments, all: readonly Node[], keyOf: (node: Node) => string): Page<Node> {
  const request = pageRequest(args);
  const keys = all.map(keyOf);
  const place = (cursor: string): number => {
    const index = keys.indexOf(decodeCursor(cursor));
    if (index < 0) throw badUserInput(`'${cursor.slice(0, 60)}' is no cursor of this list`);
    return index;
  };
  const from = request.after === null ? 0 : place(request.after) + 1;
  const to = request.before === null ? all.length : place(request.before);
  const range = all.slice(from, Math.max(from, to));
  const rows = request.backwards ? range.slice(-(request.limit + 1)) : range.slice(0, request.limit + 1);
  return pageOf(request, rows, (node) => encodeCursor(keyOf(node)));
}

/** Makes an opaque cursor of a place. */
export function encodeCursor(place: string): string {
  return Buffer.from(place, 'utf8').toString('base64url');
}

/** The place in an opaque cursor. What it means is checked by whoever made it. */
export function decodeCursor(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString('utf8');
}
