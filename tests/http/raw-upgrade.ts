import { once } from 'node:events';
import { request } from 'node:http';
import type { Socket } from 'node:net';

/** What to ask for. */
export interface UpgradeOptions {
  readonly path?: string;
  readonly protocol?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks for an upgrade and answers the status: 101 when it is granted. The connection is gone after. */
export async function upgrade(url: string, options: UpgradeOptions = {}): Promise<number> {
  const answer = await ask(url, options);
  if (typeof answer === 'number') return answer;
  answer.socket.destroy();
  return 101;
}

/** Asks for an upgrade that is granted and answers the code of the close frame that comes first. */
export async function upgradeToClose(url: string, options: UpgradeOptions = {}): Promise<number> {
  const answer = await ask(url, options);
  if (typeof answer === 'number') throw new Error(`refused with ${answer}`);
  const { socket } = answer;
  let bytes = answer.head;
  while (bytes.length < 4) bytes = Buffer.concat([bytes, ...((await once(socket, 'data')) as Buffer[])]);
  socket.destroy();
  if (bytes[0] !== 0x88) throw new Error('the first frame closes nothing');
  return bytes.readUInt16BE(2);
}

/** Asks for an upgrade and is gone, with a reset, before the answer comes. */
export async function upgradeAndReset(url: string, options: UpgradeOptions = {}): Promise<void> {
  const outgoing = open(url, options);
  outgoing.on('error', () => undefined);
  const [socket] = (await once(outgoing, 'socket')) as [Socket];
  await once(socket, 'connect');
  outgoing.end();
  await new Promise<void>((resolve) => socket.write('', () => resolve()));
  socket.resetAndDestroy();
}

async function ask(url: string, options: UpgradeOptions): Promise<number | { socket: Socket; head: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<number | { socket: Socket; head: Buffer }>();
  const outgoing = open(url, options);
  outgoing.on('upgrade', (_response, socket, head) => resolve({ socket: socket as Socket, head }));
  outgoing.on('response', (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  outgoing.on('error', reject);
  outgoing.end();
  return promise;
}

function open(url: string, { path = '/graphql', protocol = 'graphql-transport-ws', headers = {} }: UpgradeOptions) {
  return request(new URL(path, url), {
    agent: false,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...(protocol === null ? {} : { 'sec-websocket-protocol': protocol }),
      ...headers,
    },
  });
}
