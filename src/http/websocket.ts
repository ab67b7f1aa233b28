import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { type FormattedExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer, type Server as ProtocolServer } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { ANONYMOUS, type Principal } from '../features/auth/principal.ts';
import type { Rates } from '../features/auth/rates.ts';
import { ApiError } from '../graphql/errors.ts';
import { isShareable } from '../graphql/sharing.ts';
import type { Logger } from '../platform/logger.ts';
import { parseAcceptLanguage } from '../platform/messages.ts';
import { addressOf } from './address.ts';
import { answerErrors } from './answer-errors.ts';
import type { Caller } from './caller.ts';
import type { GraphQLHandler } from './handler.ts';
import { type OriginRules, refusalByOrigin } from './origins.ts';
import { MOST_BODY_BYTES } from './request-form.ts';
import { requestIdOf } from './request-id.ts';
import { sharedAsk } from './shared-ask.ts';
import { createSharedSubscriptions, type SharedSubscriptions } from './shared-subscriptions.ts';
import { askedDocument, connecting } from './socket-admission.ts';
import { createMessageRate, createSocketCount, MOST_OPERATIONS, type SocketCount } from './socket-limits.ts';
import { carrySocket, type SocketAndRequest, TRY_AGAIN_LATER } from './socket-transport.ts';
import {
  type CredentialEnd,
  type CredentialParts,
  isSignedOut,
  RECHECK_MS,
  watchCredential,
} from './watch-credential.ts';

/** What the socket edge stands on. */
export interface SocketParts extends CredentialParts {
  readonly handler: GraphQLHandler;
  readonly origins: OriginRules;
  /** Proxies in front whose X-Forwarded-For is believed. */
  readonly trustedHops: number;
  readonly rates: Pick<Rates, 'take'>;
  readonly logger: Logger;
  readonly figures?: Partial<SocketFigures>;
}

/** The socket edge of one server. */
export interface SocketServer {
  /** Open sockets; for the leak check of the tests. */
  size(): number;
  /**
   * Takes no more: an upgrade is refused with 503. Answers what closes each open socket with 1012 (restart: connect again): it reads no
   * further message, and what it has under way is answered first, but not after `answeredBy` (of `performance.now()`).
   */
  refuse(answeredBy: number): (() => void)[];
  /** Resolves when no socket is open; each is told to close before. */
  close(): Promise<void>;
}

/** The figures of sockets; times in milliseconds. */
export interface SocketFigures {
  /** A client that has not sent connection_init by then is closed with 4408. */
  readonly initWithinMs: number;
  /** From one ping to the next; a client that leaves one unanswered is cut at the next. */
  readonly pingMs: number;
  /** How often the key of an open socket is looked at again; a revoked one closes it with 4401 (also at once, where the message of it arrives). */
  readonly recheckMs: number;
  /** A client that has not answered our close by then is cut. */
  readonly closeWithinMs: number;
  /** Sockets that may be open without having sent connection_init; one more is refused with 503. */
  readonly mostWaiting: number;
  /** Over so long sockets and streams are ended when the server closes, evenly, where they are more than a few. */
  readonly spreadMs: number;
}

/** The defaults. */
export const socketFigures: SocketFigures = {
  initWithinMs: 3_000,
  pingMs: 12_000,
  recheckMs: RECHECK_MS,
  closeWithinMs: 2_000,
  mostWaiting: 5_000,
  spreadMs: 3_200,
};

/** Between two looks at whether a socket that is to close has all its answers. */
const LOOK_MS = 10;

type SocketExtra = SocketAndRequest & {
  caller?: Caller;
  principal?: Principal;
  /** It has sent connection_init. */
  arrive: () => void;
  leave?: () => void;
  /** What it has under way, by id; null: an operation that is no running subscription. */
  operations?: Readonly<Record<string, unknown>>;
} & Record<PropertyKey, unknown>;

/** Serves graphql-transport-ws on `/graphql` of an HTTP server. */
export function serveSockets(server: Server, parts: SocketParts): SocketServer {
  const { logger } = parts;
  const figures = { ...socketFigures, ...parts.figures };
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_BODY_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : false),
  });
  const protocol = createProtocol(parts, figures);
  /** They have not sent connection_init yet. */
  const waiting = new Set<WebSocket>();
  const open = new Set<SocketExtra>();
  let isRefusing = false;
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const isFull = isRefusing || waiting.size >= figures.mostWaiting;
    const refusal = upgradeRefusal(request, parts.origins) ?? (isFull ? '503 Service Unavailable' : null);
    if (refusal !== null) {
      // Nobody else listens: a reset by the client would end the process.
      socket.on('error', (error) => logger.debug({ err: error }, 'refused upgrade'));
      socket.end(
        `HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\nX-Request-ID: ${requestIdOf(request)}\r\n\r\n`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const arrive = (): void => {
        waiting.delete(webSocket);
      };
      waiting.add(webSocket);
      const extra: SocketExtra = { socket: webSocket, request, arrive };
      open.add(extra);
      webSocket.once('close', () => {
        arrive();
        open.delete(extra);
      });
      carrySocket(protocol, extra, { pingMs: figures.pingMs, rate: createMessageRate(parts.clock), logger });
    });
  });
  return {
    size: () => sockets.clients.size,
    refuse(answeredBy) {
      isRefusing = true;
      return [...open].map((extra) => () => void leave(extra, answeredBy, figures));
    },
    close: () => new Promise((resolve) => sockets.close(() => resolve())),
  };
}

/** Has what the socket asked for answered, then closes it. */
async function leave(extra: SocketExtra, answeredBy: number, { closeWithinMs }: SocketFigures): Promise<void> {
  const { socket, operations = {} } = extra;
  const isWorking = (): boolean => Object.values(operations).includes(null);
  socket.pause();
  while (isWorking() && performance.now() < answeredBy) await wait(LOOK_MS);
  socket.resume();
  if (socket.readyState === socket.CLOSED) return;
  const cut = setTimeout(() => socket.terminate(), closeWithinMs);
  socket.once('close', () => clearTimeout(cut));
  socket.close(1012, 'Restarting, connect again');
}

/** graphql-transport-ws with our credentials, engine and errors. */
function createProtocol(parts: SocketParts, figures: SocketFigures): ProtocolServer<SocketExtra> {
  const { handler, logger } = parts;
  const counts = createSocketCount();
  const shared = createSharedSubscriptions(({ errors, ...result }) =>
    errors === undefined ? result : { ...result, errors: answerErrors(errors, { requestId: '', logger }) },
  );
  return makeServer<Record<string, unknown>, SocketExtra>({
    connectionInitWaitTimeout: figures.initWithinMs,
    onConnect: ({ extra, connectionParams, subscriptions }) => {
      extra.arrive();
      extra.operations = subscriptions;
      return welcome(parts, figures, counts, extra, connectionParams ?? {});
    },
    onClose: ({ extra }) => extra.leave?.(),
    execute: (args) => (args.rootValue as Enveloped).execute(args),
    subscribe: (args) => (args.rootValue as Enveloped).subscribe(args),
    onSubscribe: async ({ extra, subscriptions }, id, { variables, operationName, ...asked }) => {
      if (Object.keys(subscriptions).length > MOST_OPERATIONS && extra.isTrusted !== true) return [tooMany()];
      const caller = extra.caller ?? callerOf(parts, extra.request, {});
      try {
        const query = await askedDocument(parts, asked, {
          principal: extra.principal ?? ANONYMOUS,
          address: caller.address,
        });
        const { schema, execute, subscribe, contextFactory, parse, validate } = handler.getEnveloped({
          caller,
          params: { query, variables, operationName },
          bodyBytes: extra.messageBytes,
          overSocket: true,
        });
        const document = parse(query);
        const faults = validate(schema, document);
        if (faults.length > 0) return faults;
        return {
          schema,
          document,
          operationName,
          variableValues: variables,
          contextValue: await contextFactory(),
          rootValue: {
            execute,
            subscribe: isShareable(schema, document, operationName ?? null)
              ? () => shared.join(...sharedAsk(handler, caller, { query, variables, operationName }), extra.socket, id)
              : subscribe,
          } satisfies Enveloped,
        };
      } catch (error) {
        // A thrown error would close the whole socket; this one ends the operation alone.
        return [error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error })];
      }
    },
    onNext: ({ extra }, _id, _payload, _args, result) => {
      if (result.errors === undefined) return;
      return { ...result, errors: answered(extra, result.errors, logger) } as FormattedExecutionResult;
    },
    onError: ({ extra }, _id, _payload, errors) => answered(extra, errors, logger),
  });
}

/**
 * Takes a client in, or closes its socket: 4403 for a credential that does not verify, 4401 for one who was signed out or a revoked key,
 * 1013 for one who connects too often (the reason says for how long, as JSON) and when that cannot be told now, 4429 where its user has
 * too many.
 */
async function welcome(
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

function tooMany(): GraphQLError {
  const message = `A socket has at most ${MOST_OPERATIONS} operations under way`;
  return new ApiError('RATE_LIMITED', message, { retryAfterMs: 1_000, limit: MOST_OPERATIONS });
}

interface Enveloped extends Pick<ReturnType<GraphQLHandler['getEnveloped']>, 'execute'> {
  subscribe(args: object): ReturnType<SharedSubscriptions['join']>;
}

function upgradeRefusal(request: IncomingMessage, origins: OriginRules): string | null {
  const path = (request.url ?? '/').split('?', 1)[0];
  if (path !== '/graphql') return '404 Not Found';
  return refusalByOrigin(origins, request.headers.host, request.headers.origin) === null ? null : '403 Forbidden';
}

/** The credential of connection_init comes before that of the header, for browsers cannot set the latter. */
function callerOf(
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

const NO_LONGER_ACCEPTED = 'Credential no longer accepted';

/** How a socket is closed whose credential is good no more. */
const CLOSES: Readonly<Record<CredentialEnd, readonly [code: number, reason: string]>> = {
  expired: [CloseCode.Forbidden, 'Token expired'],
  refused: [CloseCode.Forbidden, NO_LONGER_ACCEPTED],
  signedOut: [CloseCode.Unauthorized, 'Signed out'],
  roleChanged: [CloseCode.Forbidden, 'Role changed'],
};

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

/** Errors as they are sent. A credential that was taken and no longer verifies closes the socket behind them. */
function answered(extra: SocketExtra, errors: readonly GraphQLError[], logger: Logger): GraphQLFormattedError[] {
  const { caller, socket } = extra;
  const sent = answerErrors(errors, { requestId: caller?.requestId ?? '', logger });
  if (caller?.authorization && sent.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED')) {
    const [code, reason] = CLOSES[sent.some(isSignedOut) ? 'signedOut' : 'refused'];
    setImmediate(() => socket.close(code, reason));
  }
  return sent.map((error) => error.toJSON());
}
