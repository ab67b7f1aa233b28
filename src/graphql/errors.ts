import { GraphQLError } from 'graphql';
import type { Texts } from '../platform/messages.ts';

/** The closed list of `extensions.code`. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'RATE_LIMITED'
  | 'NOT_READY'
  | 'CURSOR_EXPIRED'
  | 'INTERNAL_SERVER_ERROR';

/** HTTP status of an answer that consists of this error alone (application/graphql-response+json). */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
  RATE_LIMITED: 429,
  NOT_READY: 503,
  CURSOR_EXPIRED: 410,
  INTERNAL_SERVER_ERROR: 500,
};

/** A broken protocol, a missing right, a rate: a GraphQL error with a code of the closed list. Its message reaches the caller. */
export class ApiError extends GraphQLError {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, extensions: Readonly<Record<string, unknown>> = {}) {
    super(message, { extensions: { ...extensions, code } });
    this.name = 'ApiError';
    this.code = code;
  }
}

/** HTTP status for a code. */
export function statusOf(code: unknown): number {
  return STATUS[code as ErrorCode] ?? STATUS.INTERNAL_SERVER_ERROR;
}

/** No credential where one is needed, or one that does not verify. */
export function unauthenticated(message = 'Sign in or send a key: Authorization: Bearer <token>'): ApiError {
  return new ApiError('UNAUTHENTICATED', message);
}

/** The caller is known and may not. */
export function forbidden(message = 'You may not do this'): ApiError {
  return new ApiError('FORBIDDEN', message);
}

/** The request itself is malformed. */
export function badUserInput(message: string, extensions: Readonly<Record<string, unknown>> = {}): ApiError {
  return new ApiError('BAD_USER_INPUT', message, extensions);
}

/** The cursor is older than what is kept, or of another log: refetch and go on from `User.cursor`. */
export function cursorExpired(oldest: string | null): ApiError {
  return new ApiError('CURSOR_EXPIRED', 'This cursor is no longer kept; refetch and go on from User.cursor', {
    oldest,
  });
}

/**
 * A refusal that a client can act on: it is data, a member of the mutation's result union. `code` is the class name in capitals.
 * A subclass holds its texts and the values they name.
 */
export abstract class Refusal extends Error {
  /** ICU texts of the message by locale. */
  abstract readonly texts: Texts;
  /** Values named in the texts. */
  readonly values: Readonly<Record<string, string | number>>;

  constructor(values: Readonly<Record<string, string | number>> = {}) {
    super();
    this.name = new.target.name;
    this.values = values;
  }

  /** UserNotFoundError -> USER_NOT_FOUND */
  get code(): string {
    return refusalCode(this.constructor.name);
  }
}

/** UserNotFoundError -> USER_NOT_FOUND */
export function refusalCode(className: string): string {
  return className
    .replace(/Error$/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase();
}
