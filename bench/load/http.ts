import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Job } from './job.ts';
import type { Transport } from './transport.ts';

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/**
 * A keep-alive connection a caller, on bare sockets: a third of the processor of Node's own client, which would else be what is
 * measured. Reads answers of a known length and chunked ones.
 */
export async function openHttp({ urls, key, inFlight }: Pick<Job, 'urls' | 'key' | 'inFlight'>): Promise<Transport> {
  const lanes = await Promise.all(
    Array.from({ length: inFlight }, (_, caller) => openLane(new URL(urls[caller % urls.length] ?? ''), key)),
  );
  return {
    send: (caller, body, done) => lanes[caller]?.send(body, done),
    close: () => {
      for (const lane of lanes) lane.close();
    },
  };
}

interface Lane {
  send(body: string, done: (answer: string) => void): void;
  close(): void;
}

async function openLane(url: URL, key: string | null): Promise<Lane> {
  const socket: Socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  await once(socket, 'connect');
  const authorization = key === null ? '' : `authorization: Bearer ${key}\r\n`;
  const head = `POST /graphql HTTP/1.1\r\nhost: ${url.host}\r\n${authorization}content-type: application/json\r\naccept: application/json\r\ncontent-length: `;
  let waiting: ((answer: string) => void) | null = null;
  let isClosed = false;
  let received: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const body = wholeBody(received);
    if (body === null) return;
    received = Buffer.alloc(0);
    const done = waiting;
    waiting = null;
    done?.(body);
  });
  socket.on('close', () => {
    isClosed = true;
    if (waiting !== null) throw new Error(`${url.host} closed a connection with a call under way`);
  });
  return {
    send(body, done) {
      if (isClosed) throw new Error(`${url.host} has closed the connection`);
      waiting = done;
      socket.write(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`);
    },
    close: () => socket.destroy(),
  };
}

/** The body of an answer once all of it is there; one answer at a time is under way. @throws when it is not a 200 */
function wholeBody(received: Buffer): string | null {
  const end = received.indexOf(END_OF_HEAD);
  if (end < 0) return null;
  const head = received.toString('latin1', 0, end);
  const from = end + END_OF_HEAD.length;
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  const body = length === undefined ? wholeChunks(received, from) : wholeLength(received, from, Number(length));
  if (body !== null && !head.startsWith('HTTP/1.1 200')) throw new Error(`${head}\n\n${body.slice(0, 500)}`);
  return body;
}

function wholeLength(received: Buffer, from: number, length: number): string | null {
  return received.length < from + length ? null : received.toString('utf8', from, from + length);
}

function wholeChunks(received: Buffer, start: number): string | null {
  const parts: Buffer[] = [];
  for (let from = start; ; ) {
    const line = received.indexOf('\r\n', from, 'latin1');
    if (line < 0) return null;
    const length = Number.parseInt(received.toString('latin1', from, line), 16);
    const next = line + 2 + length + 2;
    if (received.length < next) return null;
    if (length === 0) return Buffer.concat(parts).toString('utf8');
    parts.push(received.subarray(line + 2, line + 2 + length));
    from = next;
  }
}
