import { type Client, createClient } from 'graphql-ws/client';
import { closeCodeOf, endError, isCrowdCode } from './close-codes.ts';
import { asLaurelError, firstGraphQLError, type LaurelError } from './errors.ts';
import { type TypedDocument, textOf } from './http.ts';
import type { Parts } from './options.ts';
import { backoffMs, createWaiting, type Waiting } from './waiting.ts';
import { type WebSockets, watchWebSockets } from './web-sockets.ts';

/** Where a subscription's answers go. */
export interface Sink<R> {
  /** Must not throw. */
  next(data: R): void;
  /** It is over: with an error, or null when the server ended it. Not called after it was stopped. */
  ended(error: LaurelError | null): void;
}

/** One WebSocket for all subscriptions: opened by the first, closed with the last, opened again for ever after it was lost. */
export interface Socket {
  /** Subscribes; after each lost connection again, with the variables of that moment. Answers what stops it. */
  subscribe<R, V extends object>(document: TypedDocument<R, V>, variables: () => V, sink: Sink<R>): () => void;
  /** Tries to connect at once instead of waiting out a failure. */
  hurry(): void;
  /** Ends every subscription and the connection; resolves when it is gone, at the latest after 2 s. */
  close(): Promise<void>;
}

/** From the last sign of life to the next ping, milliseconds. */
const PING_AFTER_MS = 10_000;
/** A ping that is not answered by then means that the line is dead, milliseconds. */
const PONG_WITHIN_MS = 5_000;
/** A connection that is not acknowledged by then is given up, milliseconds. */
const WELCOME_WITHIN_MS = 10_000;
/** A close that is not answered by then is cut short, milliseconds. */
const CLOSE_WITHIN_MS = 2_000;
/** A connection being kept. */
interface Line {
  readonly parts: Parts;
  readonly waiting: Waiting;
  readonly sockets: WebSockets;
  /** Called after each welcome. */
  readonly connected: () => void;
  isClosed: boolean;
  isCrowded: boolean;
  stopPong: () => void;
}

/** Makes the WebSocket side of a client; nothing is opened before the first subscription. `connected` is called after each welcome. */
export function createSocket(parts: Parts, connected: () => void): Socket {
  const stops = new Set<() => void>();
  let open: { readonly line: Line; readonly client: Client } | null = null;
  const opened = (): { readonly line: Line; readonly client: Client } => {
    if (open !== null) return open;
    const [waiting, sockets] = [createWaiting(parts), watchWebSockets(parts.webSocketImpl)];
    const state = { isClosed: false, isCrowded: false, stopPong: () => undefined };
    const line: Line = { parts, waiting, sockets, connected, ...state };
    open = { line, client: openClient(line) };
    return open;
  };
  return {
    subscribe(document, variables, sink) {
      const unsubscribe = subscribe(opened().client, textOf(document, parts), variables, {
        next: sink.next,
        ended: (error) => {
          stops.delete(unsubscribe);
          sink.ended(error);
        },
      });
      stops.add(unsubscribe);
      return () => {
        stops.delete(unsubscribe);
        unsubscribe();
      };
    },
    hurry: () => open?.line.waiting.wake(),
    async close() {
      for (const stop of [...stops]) stop();
      if (open !== null) await closeLine(open.line, open.client);
    },
  };
}

function subscribe<R>(client: Client, query: string, variables: () => object, sink: Sink<R>): () => void {
  let isOver = false;
  const end = (error: LaurelError | null): void => {
    if (isOver) return;
    isOver = true;
    sink.ended(error);
  };
  // graphql-ws serialises the payload each time it subscribes: the getter is what makes it resume where it is.
  const payload = {
    query,
    get variables() {
      return variables() as Record<string, unknown>;
    },
  };
  const unsubscribe = client.subscribe<Record<string, unknown>>(payload, {
    next: ({ data, errors }) => {
      if (isOver) return;
      const error = firstGraphQLError(errors);
      if (error === null && data) sink.next(data as R);
      else end(error);
    },
    error: (thrown) => end(endError(thrown)),
    complete: () => end(null),
  });
  return () => {
    isOver = true;
    unsubscribe();
  };
}

function openClient(line: Line): Client {
  const { parts, waiting, sockets } = line;
  let credential: string | null = null;
  const client = createClient({
    // The credential is fetched before the socket is opened, for the server waits but 3 s for it.
    url: async () => {
      credential = await askAuthorization(line);
      // A client that was closed meanwhile must not open a socket any more.
      if (line.isClosed) return await new Promise<string>(() => undefined);
      return parts.url.replace(/^http/, 'ws');
    },
    connectionParams: () => ({
      ...(credential === null ? {} : { authorization: credential }),
      ...(parts.locale === null ? {} : { locale: parts.locale }),
    }),
    webSocketImpl: sockets.impl,
    generateID: parts.uuid,
    keepAlive: PING_AFTER_MS,
    connectionAckWaitTimeout: WELCOME_WITHIN_MS,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    // After a restart or an overload spread over 4 s instead of 1 s.
    retryWait: (retries) => waiting.wait(backoffMs(retries + (line.isCrowded ? 2 : 0), parts.random)),
    on: {
      connected: () => {
        line.isCrowded = false;
        line.connected();
      },
      ping: (isReceived) => {
        if (isReceived) return;
        line.stopPong();
        line.stopPong = parts.schedule(() => terminate(line, client), PONG_WITHIN_MS);
      },
      pong: (isReceived) => {
        if (isReceived) line.stopPong();
      },
      closed: (event) => {
        line.stopPong();
        line.isCrowded = isCrowdCode(closeCodeOf(event));
        const error = endError(event);
        if (error.stops) parts.tell(error);
      },
    },
  });
  return client;
}

async function askAuthorization(line: Line): Promise<string | null> {
  const { parts, waiting } = line;
  for (let failures = 0; !line.isClosed; failures += 1) {
    try {
      return await parts.authorization();
    } catch (thrown) {
      parts.tell(asLaurelError(thrown, 'AUTHORIZATION'));
    }
    await waiting.wait(backoffMs(failures, parts.random));
  }
  return null;
}

/** Lets go of the connection of now; what is still wanted connects again. */
function terminate({ sockets }: Line, client: Client): void {
  client.terminate();
  sockets.cut();
}

async function closeLine(line: Line, client: Client): Promise<void> {
  line.isClosed = true;
  line.stopPong();
  // Also what graphql-ws would begin to wait for from now on, as after a line that is lost at this moment.
  line.waiting.close();
  const patience = createWaiting(line.parts);
  const isGone = line.sockets.gone().then(() => true);
  const isLate = patience.wait(CLOSE_WITHIN_MS).then(() => false);
  if (!(await Promise.race([isGone, isLate]))) terminate(line, client);
  patience.close();
}
