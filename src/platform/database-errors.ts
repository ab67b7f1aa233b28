/** COMMIT was answered with ROLLBACK: a statement of the transaction had failed and its error was swallowed. Nothing was stored. */
export class TransactionAbortedError extends Error {
  override readonly name = 'TransactionAbortedError';
  readonly code = '25P02';

  constructor() {
    super('The transaction was rolled back instead of committed: one of its statements had failed.');
  }
}

/** A statement outside the transaction was called from inside it; on one connection that would wait for ever. */
export class OutsideTransactionError extends Error {
  override readonly name = 'OutsideTransactionError';

  constructor() {
    super('The database (or Prisma) was called from inside an open transaction; use the transaction itself.');
  }
}

/** The five characters PostgreSQL gives an error (SQLSTATE), alike from both backends; undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) && !error.code.startsWith('E')
    ? error.code
    : undefined;
}

/** Serialization failure or deadlock: the same transaction may well succeed when it is run again. */
export function isRetryable(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40001' || state === '40P01';
}

/**
 * The server, or the way to it, went away: what was under way may or may not have happened. True for errors of the socket, for
 * class 08 (connection), and for 57P01 to 57P03 (shut down, crashed, starting up).
 */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return state.startsWith('08') || /^57P0[123]$/.test(state);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)/.test(code) || LOST.test(error.message);
}

/** The messages of node-postgres that come without a code. */
const LOST =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout)/;
