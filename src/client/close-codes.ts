import { asLaurelError, firstGraphQLError, LaurelError } from './errors.ts';

/** Codes after which the same client would be refused again: signed out or banned, and faults of the protocol. */
const FINAL_CODES: readonly number[] = [4400, 4401, 4406, 4409, 4429];
/** Restart and overload. */
const CROWD_CODES: readonly number[] = [1012, 1013];

/** The server closed on everybody at once, so everybody comes back at once unless they are spread. */
export function isCrowdCode(code: number | null): boolean {
  return code !== null && CROWD_CODES.includes(code);
}

/** The code of a close event; null for anything else. */
export function closeCodeOf(thrown: unknown): number | null {
  const { code } = (thrown ?? {}) as { code?: unknown };
  return typeof code === 'number' ? code : null;
}

/** What ended an operation: GraphQL errors, or the close of its socket, which `stops` when the same client would be refused again. */
export function endError(thrown: unknown): LaurelError {
  const closeCode = closeCodeOf(thrown);
  if (closeCode === null) return firstGraphQLError(thrown) ?? asLaurelError(thrown, 'NETWORK');
  const { reason } = thrown as { reason?: unknown };
  return new LaurelError('SOCKET_CLOSED', `The socket was closed with ${closeCode}: ${String(reason ?? '')}`, {
    closeCode,
    stops: FINAL_CODES.includes(closeCode),
  });
}
