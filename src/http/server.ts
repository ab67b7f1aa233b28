import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Rates } from '../features/auth/rates.ts';
import type { Logger } from '../platform/logger.ts';
import { parseAcceptLanguage } from '../platform/messages.ts';
import { ownUrl } from '../platform/own-url.ts';
import { createClaimPage, type Page } from '../web/claim-page.ts';
import { addressOf } from './address.ts';
import { allowOrigin, answerPreflight } from './cors.ts';
import type { GraphQLHandler } from './handler.ts';
import { answerHealth, answerReady, type Readiness } from './health.ts';
import { letGoEvenly } from './let-go.ts';
import { type OriginRules, refusalByOrigin } from './origins.ts';
import { receiveBody } from './request-body.ts';
import { type FormRefusal, refusalByForm } from './request-form.ts';
import { requestIdOf } from './request-id.ts';
import { type SocketFigures, socketFigures } from './socket-parts.ts';
import { TimedResponse } from './timed-response.ts';
import type { CredentialParts } from './watch-credential.ts';
import { type SocketServer, serveSockets } from './websocket.ts';

/** What the HTTP edge stands on. */
export interface HttpParts extends CredentialParts {
  readonly handler: GraphQLHandler;
  readonly origins: OriginRules;
  readonly logger: Logger;
  readonly version: string;
  readonly development: boolean;
  /** What /ready answers. */
  readonly readiness: () => Promise<Readiness>;
  /** Proxies in front whose X-Forwarded-For is believed. */
  readonly trustedHops: number;
  readonly rates: Pick<Rates, 'take'>;
  readonly figures?: Partial<SocketFigures>;
}

/** What is under way on a socket has this long to be answered once the server closes. */
const ANSWER_WITHIN_MS = 6_000;
/** What browsers may do with an answer. The explorer of development has scripts in its page. */
const SECURITY_HEADERS: readonly (readonly [string, string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
];
const NO_CONTENT = "default-src 'none'; frame-ancestors 'none'";

/** Requests in flight have this long to end once the server closes; then they are cut. */
const DRAIN_WITHIN_MS = 8_000;

/** The HTTP edge: GraphQL, health, sockets, the page of the first admin. */
export interface HttpServer {
  /** Starts to listen; answers where. Rejects with a PortInUseError when the port is taken. */
  listen(port: number, host: string): Promise<{ readonly port: number; readonly url: string }>;
  /** Open sockets. */
  sockets(): number;
  /**
   * Takes no more sockets; closes the open ones with 1012 and ends event streams, evenly over some 3 s where they are more than a few;
   * meanwhile requests are answered, each with the last of its connection. Then it takes no more of them either and lets those in flight end.
   */
  close(): Promise<void>;
}

/** Another program listens there. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';

  constructor(port: number, host: string, cause: Error) {
    super(`Port ${port} of ${host} is in use by another program; stop it, or set PORT to another one.`, { cause });
  }
}

/** Makes the HTTP edge; it does not listen yet. */
export function createHttpServer(parts: HttpParts): HttpServer {
  const answering = new Set<ServerResponse>();
  const { spreadMs } = { ...socketFigures, ...parts.figures };
  const edge: Edge = { ...parts, claimPage: createClaimPage(parts) };
  let isClosing = false;
  const server = createServer({ ServerResponse: TimedResponse }, (request, response) => {
    answering.add(response.once('close', () => answering.delete(response)));
    if (isClosing) response.shouldKeepAlive = false;
    handle(edge, request, response).catch((error: unknown) => {
      parts.logger.error({ err: error, requestId: response.getHeader('X-Request-ID') }, 'request failed');
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  const sockets: SocketServer = serveSockets(server, parts);
  return {
    listen: (port, host) => listen(server, port, host),
    sockets: () => sockets.size(),
    async close() {
      isClosing = true;
      const startedAt = performance.now();
      const streams = [...answering].filter(isEventStream).map((response) => () => void response.destroy());
      await letGoEvenly([...sockets.refuse(startedAt + ANSWER_WITHIN_MS), ...streams], spreadMs);
      await sockets.close();
      if (server.listening) await drain(server, answering, startedAt + DRAIN_WITHIN_MS);
    },
  };
}

/** Without the word that an operation is complete: its client knows that it is to come back. */
function isEventStream(response: ServerResponse): boolean {
  return String(response.getHeader('Content-Type')).startsWith('text/event-stream');
}

/** Ends event streams that were opened meanwhile, which would never end by themselves, and lets every other answer finish. */
async function drain(server: Server, answering: ReadonlySet<ServerResponse>, endedBy: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  for (const response of answering) {
    if (isEventStream(response)) response.destroy();
    else response.once('finish', () => setImmediate(() => server.closeIdleConnections()));
  }
  const cut = setTimeout(() => server.closeAllConnections(), Math.max(0, endedBy - performance.now()));
  await closed;
  clearTimeout(cut);
}

/** The parts with what is made of them once. */
interface Edge extends HttpParts {
  readonly claimPage: (locales: readonly string[]) => Page;
}

async function handle(parts: Edge, request: IncomingMessage, response: TimedResponse): Promise<void> {
  const requestId = requestIdOf(request);
  response.setHeader('X-Request-ID', requestId);
  response.setHeader('X-Laurel-Version', parts.version);
  for (const [name, value] of SECURITY_HEADERS) response.setHeader(name, value);
  if (!parts.development) response.setHeader('Content-Security-Policy', NO_CONTENT);
  response.startTiming(parts.clock);
  const path = (request.url ?? '/').split('?', 1)[0];
  if (path === '/health') return answerHealth(response);
  if (path === '/ready') return answerReady(response, await parts.readiness());
  const refusal = refusalByOrigin(parts.origins, request.headers.host, request.headers.origin);
  if (refusal !== null) return answerJson(response, 403, graphQLError('FORBIDDEN', refusal, requestId));
  if (path === '/' && parts.development) {
    response.writeHead(302, { Location: '/graphql' }).end();
    return;
  }
  if (path === '/claim') return answerPage(parts.claimPage, request, response, requestId);
  if (path !== '/graphql') {
    return answerJson(response, 404, graphQLError('BAD_USER_INPUT', 'There is nothing here', requestId));
  }
  if (request.headers.origin !== undefined) {
    allowOrigin(response, request.headers.origin);
    if (request.method === 'OPTIONS') return answerPreflight(response);
  }
  return answerGraphQL(parts, request, response, requestId);
}

function answerPage(
  pageIn: Edge['claimPage'],
  { method, headers: asked }: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): void {
  if (method !== 'GET' && method !== 'HEAD') {
    answerJson(response, 405, graphQLError('BAD_USER_INPUT', 'Send GET', requestId), { Allow: 'GET, HEAD' });
    return;
  }
  const { html, headers } = pageIn(parseAcceptLanguage(asked['accept-language']));
  response.writeHead(200, { ...headers, 'Content-Length': Buffer.byteLength(html) }).end(html);
}

async function answerGraphQL(
  parts: HttpParts,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const { handler, development } = parts;
  const refuse = ({ status, message, headers }: FormRefusal): void =>
    answerJson(response, status, graphQLError('BAD_USER_INPUT', message, requestId), headers);
  const misshapen = refusalByForm(request, development);
  if (misshapen !== null) return refuse(misshapen);
  const caller = {
    authorization: request.headers.authorization ?? null,
    address: addressOf(request, parts.trustedHops),
    locales: parseAcceptLanguage(request.headers['accept-language']),
    requestId,
  };
  if (request.method !== 'POST') return handler.answer(request, response, { caller, body: null });
  const received = await receiveBody(request);
  if (received === null) return;
  if ('refusal' in received) return refuse(received.refusal);
  await handler.answer(request, response, { caller, body: received.body });
}

function graphQLError(code: string, message: string, requestId: string): object {
  return { errors: [{ message, extensions: { code, requestId } }] };
}

function answerJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response
    .writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers })
    .end(JSON.stringify(body));
}

function listen(server: Server, port: number, host: string): Promise<{ port: number; url: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(isTaken(error) ? new PortInUseError(port, host, error) : error);
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      const { port: bound } = server.address() as AddressInfo;
      resolve({ port: bound, url: ownUrl(host, bound) });
    });
  });
}

function isTaken(error: Error): boolean {
  return 'code' in error && error.code === 'EADDRINUSE';
}
