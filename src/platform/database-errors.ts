/** COMMIT was answered with ROLLBACK: a statement of the transaction had failed and its error was swallowed. Nothing was stored. */
export class TransactionAbortedError extends Error {
  override readonly name = 'TransactionAbortedError';
  readonly code = '25P02';

  constructor() {
    super('The transaction was rolled back instead of committed: one of its statements had failed.');
  }
}

/** The way to the server broke while it was told to commit: the transaction is stored as a whole, or not at all. */
export class CommitUnknownError extends Error {
  override readonly name = 'CommitUnknownError';
  /** transaction_resolution_unknown */
  readonly code = '08007';

  constructor(cause: unknown) {
    super('The connection was lost during COMMIT; whether it happened is not known.', { cause });
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
  const code = codeOf(error);
  // Node.js has codes of five capitals too (EPIPE), Prisma of a P and four digits (P2002); no SQLSTATE begins so.
  return /^(?!E|P[1-9])[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Serialization failure or deadlock: the same transaction may well succeed when it is run again. */
export function isRetryable(error: unknown): boolean {
  return ['40001', '40P01', 'P2034'].includes(codeOf(error));
}

/**
 * The server, or the way to it, went away: what was under way may or may not have happened. True for errors of the socket, for
 * class 08 (connection), for 53300 (takes no more connections), for 57P01 to 57P03 (shut down, crashed, starting up), and for what
 * Prisma makes of them.
 */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error);
  if (LOST_CODES.test(code)) return true;
  if (code === 'P2039') return LOST_CODES.test(WRAPPED_STATE.exec((error as Error).message)?.[1] ?? '');
  return code === '' && error instanceof Error && LOST_MESSAGES.test(error.message);
}

const LOST_CODES =
  /^(08\w{3}|53300|57P0[123]|P10(01|02|08|17)|P2037|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)$/;

/** Prisma's P2039 has the server's own state in its text alone. */
const WRAPPED_STATE = /Database error\. Code: `(\w{5})`/;

/** The messages of node-postgres that come without a code. */
const LOST_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout)/;

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
