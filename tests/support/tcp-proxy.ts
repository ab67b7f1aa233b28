import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP line to a server that tests can break. */
export interface TcpProxy {
  readonly port: number;
  /** Connections open at this moment. */
  readonly connections: number;
  /** Connections accepted since the start. */
  readonly accepted: number;
  /** Passes bytes both ways; the state at the start, unless opened `refused`. Thaws nothing: what was dropped stays dropped. */
  forward(): Promise<void>;
  /** Resets every connection; new ones are passed on as before. */
  cut(): void;
  /** Resets every connection and refuses new ones: nothing listens on the port. */
  refuse(): Promise<void>;
  /** Half-open: connections stay, and new ones are accepted, but every byte is dropped, both ways. */
  freeze(): void;
  /** Half-open as by `freeze`, but only the open connections whose client has said `word` so far; later ones are passed on. */
  mute(word: string): void;
  /** Ends everything. */
  close(): Promise<void>;
}

/** What is kept of what a client says first. */
const OPENING_CHARACTERS = 1_024;

/** Opens a proxy on a free port of the loopback, in front of `target`. With `refused` the port is kept for later. */
export async function openTcpProxy(
  target: { host: string; port: number },
  { refused = false }: { refused?: boolean } = {},
): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const said = new WeakMap<readonly [Socket, Socket], string>();
  const muted = new WeakSet<readonly [Socket, Socket]>();
  let isFrozen = false;
  let accepted = 0;
  let server: Server | null = null;

  const accept = (near: Socket) => {
    accepted += 1;
    const far = connect({ ...target, allowHalfOpen: true });
    const pair = [near, far] as const;
    pairs.add(pair);
    const isMute = () => isFrozen || muted.has(pair);
    near.on('data', (bytes) => {
      const before = said.get(pair) ?? '';
      if (before.length < OPENING_CHARACTERS) said.set(pair, before + bytes.toString('latin1'));
    });
    const drop = () => {
      // A frozen line does not even tell that the other side went away.
      if (isMute() || !pairs.delete(pair)) return;
      near.destroy();
      far.destroy();
    };
    for (const [from, to] of [pair, [far, near] as const]) {
      from.setNoDelay(true);
      from.on('data', (bytes) => {
        if (!isMute() && !to.destroyed) to.write(bytes);
      });
      from.on('end', () => {
        if (!isMute()) to.end();
      });
      from.on('error', () => {});
      from.on('close', drop);
    }
  };
  const cut = () => {
    for (const pair of [...pairs]) {
      pairs.delete(pair);
      for (const socket of pair) {
        if (socket.connecting) socket.destroy();
        else socket.resetAndDestroy();
      }
    }
  };
  const listen = async (at: number) => {
    const listening = createServer({ allowHalfOpen: true }, accept);
    listening.listen(at, '127.0.0.1');
    await once(listening, 'listening');
    server = listening;
    const address = listening.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  };
  const stop = async () => {
    const stopping = server;
    server = null;
    cut();
    if (!stopping) return;
    stopping.close();
    await once(stopping, 'close');
  };

  const port = await listen(0);
  if (refused) await stop();
  return {
    port,
    get connections() {
      return pairs.size;
    },
    get accepted() {
      return accepted;
    },
    forward: async () => {
      // Connections that lost bytes are of no use to anybody.
      if (isFrozen) {
        isFrozen = false;
        cut();
      }
      if (!server) await listen(port);
    },
    cut,
    refuse: stop,
    freeze: () => {
      isFrozen = true;
    },
    mute: (word) => {
      for (const pair of pairs) if (said.get(pair)?.includes(word)) muted.add(pair);
    },
    close: async () => {
      isFrozen = false;
      await stop();
    },
  };
}
