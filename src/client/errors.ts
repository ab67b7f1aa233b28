/** A refused event, as the server says why, or as the queue does (`QUEUE_FULL`). */
export interface Refusal {
  /** `UNKNOWN_EVENT_TYPE`, `EVENT_TIME`, ...: the type of the error in capitals; also `BAD_USER_INPUT`, `FORBIDDEN`, `QUEUE_FULL`. */
  readonly code: string;
  /** For people, in the client's language. */
  readonly message: string;
  /** Milliseconds until the catalog takes such an event again (`EVENT_LIMIT`); null otherwise. */
  readonly retryAfterMs: number | null;
  /** What is wrong with its details (`INVALID_EVENT_DETAILS`); empty otherwise. */
  readonly issues: readonly { readonly path: string; readonly message: string }[];
  /** The event type that was probably meant (`UNKNOWN_EVENT_TYPE`); null otherwise. */
  readonly suggestion: string | null;
}

/** What a {@link LaurelError} comes with. */
export interface LaurelErrorDetails {
  readonly retryAfterMs?: number | null;
  readonly closeCode?: number | null;
  readonly stops?: boolean;
  readonly path?: readonly unknown[] | null;
  readonly cause?: unknown;
}

/**
 * Something between the game and the server. `code` is one of the server's closed list (`RATE_LIMITED`, `CURSOR_EXPIRED`, ...) or one
 * of the client's own: `NETWORK`, `BAD_RESPONSE`, `SOCKET_CLOSED`, `AUTHORIZATION`, `STORAGE`, `HANDLER`.
 */
export class LaurelError extends Error {
  readonly code: string;
  /** Milliseconds the server asks to wait; null when it does not say. */
  readonly retryAfterMs: number | null;
  /** Why the socket was closed; null where it is not about that. */
  readonly closeCode: number | null;
  /** Nothing is tried again: what met it has stopped. Otherwise the client goes on by itself. */
  readonly stops: boolean;

  /** The field of the operation that it is about; null where it is about the whole. */
  readonly path: readonly unknown[] | null;

  constructor(code: string, message: string, details: LaurelErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'LaurelError';
    this.code = code;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.closeCode = details.closeCode ?? null;
    this.stops = details.stops ?? false;
    this.path = details.path ?? null;
  }
}

/** The same error, as one that ends what met it. */
export function stopping(error: LaurelError): LaurelError {
  const { code, message, retryAfterMs, closeCode, path, cause } = error;
  return new LaurelError(code, message, { retryAfterMs, closeCode, path, stops: true, cause });
}

/** Whatever was thrown, as a LaurelError: itself, or with this code. */
export function asLaurelError(thrown: unknown, code: string): LaurelError {
  if (thrown instanceof LaurelError) return thrown;
  return new LaurelError(code, thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}

/** The first of GraphQL's errors; null without any. */
export function firstGraphQLError(errors: unknown): LaurelError | null {
  if (!Array.isArray(errors) || errors.length === 0) return null;
  const { message, path, extensions } = errors[0] as Record<'message' | 'path' | 'extensions', unknown>;
  const { code, retryAfterMs } = (extensions ?? {}) as Record<string, unknown>;
  return new LaurelError(typeof code === 'string' ? code : 'BAD_RESPONSE', String(message ?? 'Refused'), {
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : null,
    path: Array.isArray(path) ? path : null,
  });
}
