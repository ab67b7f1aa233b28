import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type FormattedExecutionResult, GraphQLError } from 'graphql';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Principal } from '../features/auth/principal.ts';
import { ApiError } from '../graphql/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { parseAcceptLanguage } from '../platform/messages.ts';
import { answerErrors } from './answer-errors.ts';
import { type OriginRules, refusalByOrigin } from './origins.ts';
import { requestIdOf } from './request-id.ts';
import type { Caller, GraphQLHandler } from './yoga.ts';

/** What the socket edge stands on. */
export interface SocketParts {
  readonly handler: GraphQLHandler;
  readonly origins: OriginRules;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who calls; rejects with UNAUTHENTICATED for a credential that does not verify. */
  readonly authenticate: (authorization: string | null) => Promise<Principal>;
}

/** The socket edge of one server. */
export interface SocketServer {
  /** Open sockets; for the leak check of the tests. */
  size(): number;
  /** Closes every socket with 1012 (restart: connect again) and takes no more. */
  close(): Promise<void>;
}

/** Longest message, bytes: a batch of 1,000 events. */
const MOST_MESSAGE_BYTES = 2 * 1_024 * 1_024;
/** A client that has not sent connection_init by then is closed with 4408. */
const INIT_WITHIN_MS = 3_000;
const PING_MS = 12_000;
/** Longest a timer can wait. */
const MOST_TIMER_MS = 2_147_483_647;

type SocketExtra = Extra & { caller?: Caller; expiry?: NodeJS.Timeout } & Record<PropertyKey, unknown>;

/** Serves graphql-transport-ws on `/graphql` of an HTTP server. */
export function serveSockets(server: Server, parts: SocketParts): SocketServer {
  const { handler, logger } = parts;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : false),
  });
  const disposable = useServer<Record<string, unknown>, SocketExtra>(
    {
      connectionInitWaitTimeout: INIT_WITHIN_MS,
      onConnect: async (context) => {
        const { extra, connectionParams } = context;
        const caller = callerOf(extra.request, connectionParams ?? {});
        const principal = await authenticated(parts, caller.authorization);
        // false closes with 4403: this credential is not accepted.
        if (principal === null) return false;
        extra.caller = caller;
        closeOnExpiry(extra, principal, parts.clock);
        return true;
      },
      onDisconnect: ({ extra }) => clearTimeout(extra.expiry),
      execute: (args) => (args.rootValue as Enveloped).execute(args),
      subscribe: (args) => (args.rootValue as Enveloped).subscribe(args),
      onSubscribe: async ({ extra }, _id, { query, variables, operationName }) => {
        const caller = extra.caller ?? callerOf(extra.request, {});
        const { schema, execute, subscribe, contextFactory, parse, validate } = handler.getEnveloped({
          caller,
          params: { query, variables, operationName },
        });
        try {
          const document = parse(query);
          const faults = validate(schema, document);
          if (faults.length > 0) return faults;
          return {
            schema,
            document,
            operationName,
            variableValues: variables,
            contextValue: await contextFactory(),
            rootValue: { execute, subscribe } satisfies Enveloped,
          };
        } catch (error) {
          // A thrown error would close the whole socket; this one ends the operation alone.
          return [error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error })];
        }
      },
      onNext: ({ extra }, _id, _payload, _args, result) => {
        if (result.errors === undefined) return;
        const errors = answerErrors(result.errors, sceneOf(extra as SocketExtra, logger));
        return { ...result, errors: errors.map((error) => error.toJSON()) } as FormattedExecutionResult;
      },
      onError: ({ extra }, _id, _payload, errors) =>
        answerErrors(errors, sceneOf(extra, logger)).map((error) => error.toJSON()),
    },
    sockets,
    PING_MS,
  );
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const refusal = upgradeRefusal(request, parts.origins);
    if (refusal !== null) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', (error) => logger.debug({ err: error }, 'socket error'));
      sockets.emit('connection', webSocket, request);
    });
  };
  server.on('upgrade', onUpgrade);
  return {
    size: () => sockets.clients.size,
    async close() {
      server.off('upgrade', onUpgrade);
      for (const client of sockets.clients) client.close(1012, 'Restarting, connect again');
      await disposable.dispose();
    },
  };
}

type Enveloped = Pick<ReturnType<GraphQLHandler['getEnveloped']>, 'execute' | 'subscribe'>;

function upgradeRefusal(request: IncomingMessage, origins: OriginRules): string | null {
  const path = (request.url ?? '/').split('?', 1)[0];
  if (path !== '/graphql') return '404 Not Found';
  return refusalByOrigin(origins, request.headers.host, request.headers.origin) === null ? null : '403 Forbidden';
}

/** The credential of connection_init comes before that of the header, for browsers cannot set the latter. */
function callerOf(request: IncomingMessage, parameters: Readonly<Record<string, unknown>>): Caller {
  const { authorization, locale } = parameters;
  return {
    authorization: typeof authorization === 'string' ? authorization : (request.headers.authorization ?? null),
    locales: parseAcceptLanguage(typeof locale === 'string' ? locale : request.headers['accept-language']),
    requestId: requestIdOf(request),
  };
}

async function authenticated(parts: SocketParts, authorization: string | null): Promise<Principal | null> {
  try {
    return await parts.authenticate(authorization);
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}

/** A socket lives no longer than its credential; the client comes back with a new one. */
function closeOnExpiry(extra: SocketExtra, principal: Principal, clock: Clock): void {
  const expiresAt = principal.kind === 'player' || principal.kind === 'key' ? principal.expiresAt : null;
  if (expiresAt === null) return;
  const socket: WebSocket = extra.socket;
  const waitMs = Math.min(Math.max(0, expiresAt - clock.now()), MOST_TIMER_MS);
  extra.expiry = setTimeout(() => socket.close(CloseCode.Forbidden, 'Token expired'), waitMs);
}

function sceneOf(extra: SocketExtra, logger: Logger) {
  return { requestId: extra.caller?.requestId ?? '', logger };
}
