import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Principal } from '../features/auth/principal.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { parseAcceptLanguage } from '../platform/messages.ts';
import { answerHealth, answerReady, type Readiness } from './health.ts';
import { type OriginRules, refusalByOrigin } from './origins.ts';
import { requestIdOf } from './request-id.ts';
import { type SocketServer, serveSockets } from './websocket.ts';
import type { GraphQLHandler } from './yoga.ts';

/** What the HTTP edge stands on. */
export interface HttpParts {
  readonly handler: GraphQLHandler;
  readonly origins: OriginRules;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  readonly development: boolean;
  readonly authenticate: (authorization: string | null) => Promise<Principal>;
  /** What /ready answers. */
  readonly readiness: () => Promise<Readiness>;
}

/** The HTTP edge: GraphQL, health, sockets. */
export interface HttpServer {
  /** Starts to listen; answers where. Rejects when the port is taken. */
  listen(port: number, host: string): Promise<{ readonly port: number; readonly url: string }>;
  /** Open sockets. */
  sockets(): number;
  /** Takes no more, lets requests in flight end, closes sockets with 1012. */
  close(): Promise<void>;
}

/** Makes the HTTP edge; it does not listen yet. */
export function createHttpServer(parts: HttpParts): HttpServer {
  const server = createServer((request, response) => {
    handle(parts, request, response).catch((error: unknown) => {
      parts.logger.error({ err: error }, 'request failed');
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  const sockets: SocketServer = serveSockets(server, parts);
  return {
    listen: (port, host) => listen(server, port, host),
    sockets: () => sockets.size(),
    async close() {
      await sockets.close();
      if (!server.listening) return;
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
    },
  };
}

async function handle(parts: HttpParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = requestIdOf(request);
  response.setHeader('X-Request-ID', requestId);
  response.setHeader('X-Laurel-Version', parts.version);
  timeResponse(response, parts.clock);
  const path = (request.url ?? '/').split('?', 1)[0];
  if (path === '/health') return answerHealth(response);
  if (path === '/ready') return answerReady(response, await parts.readiness());
  const refusal = refusalByOrigin(parts.origins, request.headers.host, request.headers.origin);
  if (refusal !== null) return answerJson(response, 403, graphQLError('FORBIDDEN', refusal, requestId));
  if (path === '/' && parts.development) {
    response.writeHead(302, { Location: '/graphql' }).end();
    return;
  }
  if (path !== '/graphql')
    return answerJson(response, 404, graphQLError('BAD_USER_INPUT', 'There is nothing here', requestId));
  if (Number(request.headers['content-length'] ?? 0) > MOST_BODY_BYTES) {
    response.setHeader('Connection', 'close');
    return answerJson(
      response,
      413,
      graphQLError('BAD_USER_INPUT', `A request has at most ${MOST_BODY_BYTES} bytes`, requestId),
    );
  }
  const caller = {
    authorization: request.headers.authorization ?? null,
    locales: parseAcceptLanguage(request.headers['accept-language']),
    requestId,
  };
  await parts.handler(request, response, { caller });
}

/** Longest body: a batch of 1,000 events. */
const MOST_BODY_BYTES = 2 * 1_024 * 1_024;

/** X-Response-Time, milliseconds, set at the moment the head is sent. */
function timeResponse(response: ServerResponse, clock: Clock): void {
  const startedAt = clock.now();
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = ((...args: unknown[]) => {
    response.setHeader('X-Response-Time', `${clock.now() - startedAt}ms`);
    return writeHead(...args);
  }) as typeof response.writeHead;
}

function graphQLError(code: string, message: string, requestId: string): object {
  return { errors: [{ message, extensions: { code, requestId } }] };
}

function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

function listen(server: Server, port: number, host: string): Promise<{ port: number; url: string }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const { port: bound } = server.address() as AddressInfo;
      const name = host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? 'localhost' : host;
      resolve({ port: bound, url: `http://${name}:${bound}` });
    });
  });
}
