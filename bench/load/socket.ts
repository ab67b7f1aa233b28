import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Job } from './job.ts';
import type { Transport } from './transport.ts';

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

/** One WebSocket with the graphql-transport-ws protocol; each caller is an operation under way. */
export async function openSocket({ urls: [url = ''], key }: Job): Promise<Transport> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    perMessageDeflate: false,
  });
  await once(socket, 'open');
  const parameters = key === null ? {} : { authorization: `Bearer ${key}` };
  socket.send(JSON.stringify({ type: 'connection_init', payload: parameters }));
  const [welcome] = await once(socket, 'message');
  if ((JSON.parse(String(welcome)) as Message).type !== 'connection_ack') throw new Error(`not taken: ${welcome}`);
  const waiting = new Map<string, { answer: string; done: (answer: string) => void }>();
  let closed = false;
  socket.on('message', (data) => take(String(data)));
  socket.on('close', (code, reason) => {
    if (!closed) throw new Error(`${url} closed the socket: ${code} ${reason}`);
  });

  /** An answer counts once its operation is complete. */
  const take = (text: string): void => {
    const { id = '', type, payload } = JSON.parse(text) as Message;
    if (type === 'ping') socket.send('{"type":"pong"}');
    const operation = waiting.get(id);
    if (operation === undefined) return;
    if (type === 'next') {
      operation.answer = JSON.stringify(payload);
      return;
    }
    waiting.delete(id);
    operation.done(type === 'complete' ? operation.answer : JSON.stringify({ errors: payload }));
  };
  let operations = 0;
  return {
    send(_caller, body, done) {
      operations += 1;
      const id = String(operations);
      waiting.set(id, { answer: '', done });
      socket.send(`{"id":"${id}","type":"subscribe","payload":${body}}`);
    },
    close() {
      closed = true;
      socket.close();
    },
  };
}
