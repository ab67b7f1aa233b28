import type { IncomingMessage } from 'node:http';
import { CloseCode } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { ApiError } from '../graphql/errors.ts';
import { parseAcceptLanguage } from '../platform/messages.ts';
import { addressOf } from './address.ts';
import type { Caller } from './caller.ts';
import { requestIdOf } from './request-id.ts';
import { connecting } from './socket-admission.ts';
import type { SocketCount } from './socket-limits.ts';
import type { SocketExtra, SocketFigures, SocketParts } from './socket-parts.ts';
import { RESTART, TRY_AGAIN_LATER } from './socket-transport.ts';
import { type CredentialEnd, isSignedOut, watchCredential } from './watch-credential.ts';

const NO_LONGER_ACCEPTED = 'Credential no longer accepted';

/** How a socket is closed whose credential is good no more. */
export const CLOSES: Readonly<Record<CredentialEnd, readonly [code: number, reason: string]>> = {
  expired: [CloseCode.Forbidden, 'Token expired'],
  refused: [CloseCode.Forbidden, NO_LONGER_ACCEPTED],
  signedOut: [CloseCode.Unauthorized, 'Signed out'],
  roleChanged: [CloseCode.Forbidden, 'Role changed'],
  // Nothing tells it from any other restart.
  quarantined: RESTART,
};

/**
 * Takes a client in, or closes its socket: 4403 for a credential that does not verify, 4401 for one who was signed out or a revoked key,
 * 1013 for one who connects too often (the reason says for how long, as JSON) and when that cannot be told now, 4429 where its user has
 * too many.
 */
export async function welcome(
  parts: SocketParts,
  figures: SocketFigures,
  counts: SocketCount,
  extra: SocketExtra,
  parameters: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const { socket, request } = extra;
  const caller = callerOf(parts, request, parameters);
  try {
    const principal = await connecting(parts, caller);
    if (socket.readyState !== socket.OPEN) return false;
    const uncount = principal.kind === 'player' ? counts.enter(principal.userId) : () => undefined;
    if (uncount === null) {
      socket.close(CloseCode.TooManyInitialisationRequests, 'Too many sockets');
      return false;
    }
    const { authorization } = caller;
    const ended = (end: CredentialEnd): void => closeFor(socket, CLOSES[end], figures);
    const unwatch = watchCredential(parts, { authorization, principal, recheckMs: figures.recheckMs }, ended);
    extra.caller = caller;
    extra.principal = principal;
    extra.isTrusted = principal.kind === 'key' || principal.kind === 'admin';
    extra.leave = () => {
      uncount();
      unwatch();
    };
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'RATE_LIMITED') {
      closeFor(socket, [TRY_AGAIN_LATER, JSON.stringify(error.extensions)], figures);
    } else if (!(error instanceof ApiError && error.code === 'UNAUTHENTICATED')) {
      parts.logger.error({ err: error, requestId: caller.requestId }, 'a credential could not be checked');
      socket.close(TRY_AGAIN_LATER, 'Try again later');
    } else if (isSignedOut(error)) {
      closeFor(socket, CLOSES.signedOut, figures);
    }
    // false closes with 4403, unless the socket is closing already.
    return false;
  }
}

/** Nothing is sent from here on; a client that does not answer the close is cut. */
function closeFor(
  socket: WebSocket,
  close: readonly [code: number, reason: string],
  { closeWithinMs }: SocketFigures,
): void {
  const cut = setTimeout(() => socket.terminate(), closeWithinMs);
  socket.once('close', () => clearTimeout(cut));
  socket.close(...close);
}

/** The credential of connection_init comes before that of the header, for browsers cannot set the latter. */
export function callerOf(
  { trustedHops }: SocketParts,
  request: IncomingMessage,
  parameters: Readonly<Record<string, unknown>>,
): Caller {
  const { authorization, locale } = parameters;
  return {
    authorization: typeof authorization === 'string' ? authorization : (request.headers.authorization ?? null),
    address: addressOf(request, trustedHops),
    locales: parseAcceptLanguage(typeof locale === 'string' ? locale : request.headers['accept-language']),
    requestId: requestIdOf(request),
  };
}
