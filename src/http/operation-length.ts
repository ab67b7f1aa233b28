import { type GraphQLError, Kind, type OperationDefinitionNode } from 'graphql';
import { badUserInput } from '../graphql/errors.ts';

/** Longest body of an ordinary operation, bytes. */
export const MOST_ORDINARY_BYTES = 256 * 1_024;

/** Mutations that carry a batch of events or a whole catalog; these have bounds of their own, below that of every body. */
const BULKY: ReadonlySet<string> = new Set(['recordEvents', 'planCatalog', 'applyCatalog']);

/** Why an operation may not come in a body as long as this; null when it may. */
export function refusalByLength(bytes: number, operation: OperationDefinitionNode): GraphQLError | null {
  if (bytes <= MOST_ORDINARY_BYTES || isBulky(operation)) return null;
  return badUserInput(`An operation has at most ${MOST_ORDINARY_BYTES} bytes, a batch of events excepted`, {
    http: { status: 413 },
  });
}

function isBulky({ operation, selectionSet }: OperationDefinitionNode): boolean {
  return (
    operation === 'mutation' &&
    selectionSet.selections.every((selection) => selection.kind === Kind.FIELD && BULKY.has(selection.name.value))
  );
}
