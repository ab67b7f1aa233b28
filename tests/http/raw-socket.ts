import { once } from 'node:events';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.ts';

/** A message of graphql-transport-ws. */
export interface Message {
  readonly type: string;
  readonly id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape it asked for.
  readonly payload?: any;
}

/** A bare socket: nothing but what the test sends. */
export interface RawSocket {
  readonly socket: WebSocket;
  /** Everything received, in order. */
  readonly received: Message[];
  send(message: unknown): void;
  /** Takes the next message off the line. */
  next(): Promise<Message>;
  /** Sends connection_init and waits for the acknowledgement. */
  init(payload?: object): Promise<void>;
  /** How it was closed: the code, and the reason. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  isClosed(): boolean;
}

/** Opens a socket to `/graphql`. */
export async function openSocket(
  url: string,
  { protocol = 'graphql-transport-ws', headers = {} } = {},
): Promise<RawSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, protocol.split(','), { headers });
  const received: Message[] = [];
  let at = 0;
  let isClosed = false;
  socket.on('message', (data) => received.push(JSON.parse(String(data))));
  socket.on('error', () => undefined);
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => {
      isClosed = true;
      resolve({ code, reason: String(reason) });
    });
  });
  await Promise.race([once(socket, 'open'), closed]);
  const raw: RawSocket = {
    socket,
    received,
    send: (message) =>
      socket.send(typeof message === 'string' || message instanceof Uint8Array ? message : JSON.stringify(message)),
    async next() {
      await eventually(
        `message ${at + 1} comes, after ${JSON.stringify(received)}`,
        () => received.length > at || isClosed,
      );
      const message = received[at];
      if (message === undefined) throw new Error(`the socket was closed: ${JSON.stringify(await closed)}`);
      at += 1;
      return message;
    },
    async init(payload) {
      raw.send({ type: 'connection_init', ...(payload === undefined ? {} : { payload }) });
      const { type } = await raw.next();
      if (type !== 'connection_ack') throw new Error(`not acknowledged: ${type}`);
    },
    closed,
    isClosed: () => isClosed,
  };
  return raw;
}
