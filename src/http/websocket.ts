import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { type OriginRules, refusalByOrigin } from './origins.ts';
import { MOST_BODY_BYTES } from './request-form.ts';
import { requestIdOf } from './request-id.ts';
import { createMessageRate } from './socket-limits.ts';
import { type SocketExtra, type SocketFigures, type SocketParts, socketFigures } from './socket-parts.ts';
import { createProtocol } from './socket-protocol.ts';
import { carrySocket, RESTART } from './socket-transport.ts';

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

/** Between two looks at whether a socket that is to close has all its answers. */
const LOOK_MS = 10;

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
  socket.close(...RESTART);
}

function upgradeRefusal(request: IncomingMessage, origins: OriginRules): string | null {
  const path = (request.url ?? '/').split('?', 1)[0];
  if (path !== '/graphql') return '404 Not Found';
  return refusalByOrigin(origins, request.headers.host, request.headers.origin) === null ? null : '403 Forbidden';
}
