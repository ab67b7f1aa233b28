import { type GraphQLError, Kind, type OperationDefinitionNode } from 'graphql';
import { badUserInput } from '../graphql/errors.ts';

/** Longest body of an ordinary operation, bytes. */
export const MOST_ORDINARY_BYTES = 256 * 1_024;

/** Mutations that carry a batch of events or a whole catalog; these have bounds of their own, below that of every body. */
const BULKY: ReadonlySet<string> = new Set(['recordEvents', 'planCatalog', 'applyCatalog']);

/** Why an operation may not come in a body or message as long as this, of which an ordinary one has at most `most`; null when it may. */
export function refusalByLength(
  bytes: number,
  operation: OperationDefinitionNode,
  most = MOST_ORDINARY_BYTES,
): GraphQLError | null {
  if (bytes <= most || isBulky(operation)) return null;
  return badUserInput(`An operation has at most ${most} bytes, a batch of events excepted`, {
    http: { status: 413 },
  });
}

function isBulky({ operation, selectionSet }: OperationDefinitionNode): boolean {
  return (
    operation === 'mutation' &&
    selectionSet.selections.every((selection) => selection.kind === Kind.FIELD && BULKY.has(selection.name.value))
  );
}
