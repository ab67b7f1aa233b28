import { type ExecutionArgs, type ExecutionResult, getOperationAST, Kind, type OperationDefinitionNode } from 'graphql';
import type { Context } from '../graphql/context.ts';
import { ApiError } from '../graphql/errors.ts';

/** Longest that a query or mutation takes before its caller is told so, milliseconds. */
export const MOST_MS = 5_000;

/** Mutations with bounds of their own: those that walk over the whole log, or wait for who does, and batches. */
const LONG: ReadonlySet<string> = new Set([
  'planCatalog',
  'applyCatalog',
  'rollbackCatalog',
  'recordEvents',
  'upsertUsers',
]);

/**
 * The result, or after `mostMs` the error NOT_READY: then the operation reads nothing more. A transaction that is under way goes on to its
 * end, so that nothing is half-written; a caller that sends an event again with its idempotencyKey is answered as the first was.
 */
export function withinTime(
  result: ExecutionResult | Promise<ExecutionResult>,
  { document, operationName, contextValue }: Pick<ExecutionArgs, 'document' | 'operationName' | 'contextValue'>,
  mostMs: number,
): ExecutionResult | Promise<ExecutionResult> {
  if (!(result instanceof Promise)) return result;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      if (mayTakeLong(getOperationAST(document, operationName))) return;
      (contextValue as Context).end();
      resolve({ errors: [tookTooLong(mostMs)] });
    }, mostMs);
    result.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function mayTakeLong(operation: OperationDefinitionNode | null | undefined): boolean {
  return (
    operation?.operation === 'mutation' &&
    operation.selectionSet.selections.some(
      (selection) => selection.kind === Kind.FIELD && LONG.has(selection.name.value),
    )
  );
}

function tookTooLong(mostMs: number): ApiError {
  const message = `An operation takes at most ${mostMs / 1_000} s. A mutation may be done all the same: send it again with its idempotencyKey`;
  return new ApiError('NOT_READY', message, { retryAfterMs: 1_000 });
}
