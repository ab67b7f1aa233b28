import { GraphQLError, type GraphQLErrorOptions } from 'graphql';
import { ApiError } from '../graphql/errors.ts';
import { isConnectionLost } from '../platform/database-errors.ts';
import type { Logger } from '../platform/logger.ts';

/** Where an answer's errors came up. */
export interface ErrorScene {
  readonly requestId: string;
  readonly logger: Logger;
}

const KNOWN = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'RATE_LIMITED',
  'NOT_READY',
  'CURSOR_EXPIRED',
  'INTERNAL_SERVER_ERROR',
]);

const AWAY = 'The database is away; try again';
/** About as long as the database takes to be found again. */
const RETRY_AFTER_MS = 1_000;

/**
 * Gives every error a code of the closed list and the request id. What the caller's own document or variables caused keeps its
 * message as BAD_USER_INPUT; what nobody foresaw is logged once and masked; while the database is away that is NOT_READY.
 */
export function answerErrors(errors: readonly Error[], scene: ErrorScene): GraphQLError[] {
  return errors.map((error) => answerError(error, scene));
}

function answerError(error: Error, { requestId, logger }: ErrorScene): GraphQLError {
  const located = error instanceof GraphQLError ? error : null;
  const own = innermost(error);
  if (!(own instanceof GraphQLError)) {
    logger.error({ err: own, requestId, path: located?.path }, 'request failed');
    if (isConnectionLost(own))
      return dressed(located, AWAY, { code: 'NOT_READY', retryAfterMs: RETRY_AFTER_MS, requestId });
    return dressed(located, 'Something went wrong on our side', { code: 'INTERNAL_SERVER_ERROR', requestId });
  }
  const known = KNOWN.has(String(own.extensions['code']));
  // What another library noted beside its message (a status, a stack of causes) is no business of the caller.
  const { http: _, ...extensions } = known ? { ...own.extensions, ...located?.extensions } : { code: 'BAD_USER_INPUT' };
  return dressed(located ?? own, own.message, { ...extensions, code: extensions['code'], requestId });
}

/** GraphQL wraps what a resolver threw; a GraphQLError without an original is its own cause. */
function innermost(error: Error): Error {
  let current: unknown = error;
  while (current instanceof GraphQLError && !(current instanceof ApiError) && current.originalError) {
    current = current.originalError;
  }
  return current instanceof Error ? current : new Error(String(current));
}

function dressed(located: GraphQLError | null, message: string, extensions: Record<string, unknown>): GraphQLError {
  const { nodes, source, positions, path } = located ?? {};
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source,
    positions,
    path,
    extensions,
  } as GraphQLErrorOptions);
}
