import type { IncomingMessage } from 'node:http';
import { CloseCode, type Server } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Logger } from '../platform/logger.ts';
import { createInbox, receive } from './socket-inbox.ts';
import { type MessageRate, MOST_MESSAGE_BYTES } from './socket-limits.ts';

/** Try again later: what went wrong was on our side and may pass. */
export const TRY_AGAIN_LATER = 1013;

/** Connect again, at once. */
export const RESTART = [1012, 'Restarting, connect again'] as const;

/** Close code of a message that is too long. */
const TOO_BIG = 1009;

/** Bytes that may wait to be sent to a client; one with more is closed, and goes on by its cursor. */
const MOST_WAITING_BYTES = 1_024 * 1_024;

/** What the protocol keeps beside a socket. */
export interface SocketAndRequest {
  /** Set for a key or an admin, whose messages are not counted. */
  isTrusted?: boolean;
  /** Length of the message that is being taken. */
  messageBytes?: number;
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
}

/**
 * Carries the messages of one socket to the protocol and back until it closes. A message of a type that only servers send closes it
 * with 4400, a long one that carries no operation with 1009; an error nobody foresaw is logged and closes it with 1013, after which
 * clients come back.
 */
export function carrySocket<Extra extends SocketAndRequest & Record<PropertyKey, unknown>>(
  protocol: Server<Extra>,
  extra: Extra,
  { pingMs, rate, logger }: { readonly pingMs: number; readonly rate: MessageRate; readonly logger: Logger },
): void {
  const { socket } = extra;
  const stopPinging = keepAlive(socket, pingMs);
  const fail = (error: unknown): void => {
    if (error instanceof Error && error.message.startsWith('Unexpected message of type')) {
      socket.close(CloseCode.BadRequest, 'Invalid message received');
    } else {
      logger.error({ err: error }, 'socket message failed');
      socket.close(TRY_AGAIN_LATER, 'Try again later');
    }
  };
  // A broken connection (reset, message over the bound) ends in 'close', which is all there is to know about it.
  socket.on('error', (error) => logger.debug({ err: error }, 'socket error'));
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) =>
        new Promise((resolve) => {
          if (socket.bufferedAmount > MOST_WAITING_BYTES) socket.close(TRY_AGAIN_LATER, 'Too slow, connect again');
          if (socket.readyState === socket.OPEN) socket.send(text, () => resolve());
          else resolve();
        }),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (take) => {
        const put = createInbox(async ({ message, bytes }) => {
          if (socket.readyState !== socket.OPEN) return;
          extra.messageBytes = bytes;
          // The protocol parses texts, and takes what is parsed as it is.
          await take(message as string).catch(fail);
        });
        socket.on('message', (data) => {
          // What came before a close was answered is no longer of interest.
          if (socket.readyState !== socket.OPEN) return;
          if (extra.isTrusted !== true && !rate.take())
            return socket.close(CloseCode.TooManyInitialisationRequests, 'Too many messages');
          const received = receive(String(data));
          if (received.bytes > MOST_MESSAGE_BYTES && received.type !== 'subscribe')
            socket.close(TOO_BIG, 'Message too big');
          else put(received);
        });
      },
    },
    extra,
  );
  socket.once('close', (code, reason) => {
    stopPinging();
    closed(code, String(reason)).catch(fail);
  });
}

/** Pings every `pingMs` and cuts a socket that has not answered by the next: a client may vanish without a word. */
function keepAlive(socket: WebSocket, pingMs: number): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) socket.terminate();
    answered = false;
    socket.ping();
  }, pingMs);
  return () => clearInterval(timer);
}
