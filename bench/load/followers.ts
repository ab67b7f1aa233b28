import { performance } from 'node:perf_hooks';
import { type BareSocket, frameOf, openBareSocket } from './bare-socket.ts';
import { markerOf, SUBSCRIPTION } from './moving-board.ts';

/** Sockets that are being opened at a time: a server takes a client that says nothing for 3 s off. */
const OPENING = 64;
/** Without a new arrival for so long, milliseconds, the run is void. */
const STUCK_MS = 30_000;
/** A marker stands within the first bytes of a message; no need to look at the rest of one that has none. */
const MARKED_BYTES = 160;

const INIT = frameOf(Buffer.from('{"type":"connection_init"}'));
const SUBSCRIBE = frameOf(Buffer.from(JSON.stringify({ id: '1', type: 'subscribe', payload: SUBSCRIPTION })));
const ACKNOWLEDGED = Buffer.from('"connection_ack"');
const NEXT = Buffer.from('"next"');
const FIRST_ENTRY = Buffer.from('"rank":1,');

/** An update at all clients. Times of `performance.now()`. */
export interface Arrived {
  readonly firstAt: number;
  readonly lastAt: number;
  /** As the last client got it. */
  readonly message: string;
}

/** Clients that follow the board. */
export interface Followers {
  /** Resolves when every client has the frame of an update. @throws when that takes too long */
  expect(update: number): Promise<Arrived>;
  /** Of the newest update. */
  messageBytes(): number;
  /** Frames that were none of the expected ones, beside the first of each client. */
  otherFrames(): number;
  /** Closes the sockets in order; resolves when the server has. */
  close(): Promise<void>;
}

/** What is waited for. */
interface Awaited {
  readonly marker: Buffer;
  readonly done: (arrived: Arrived) => void;
  missing: number;
  firstAt: number;
}

/** Opens so many sockets, each with one subscription; resolves when each has its first frame with entries in it. */
export async function openFollowers(url: URL, count: number): Promise<Followers> {
  let awaited: Awaited | null = null;
  let messageBytes = 0;
  let otherFrames = 0;
  let steps = 0;

  const arrive = (payload: Buffer): void => {
    if (awaited === null || payload.subarray(0, MARKED_BYTES).indexOf(awaited.marker) < 0) {
      otherFrames += 1;
      return;
    }
    const waiting = awaited;
    steps += 1;
    waiting.missing -= 1;
    if (waiting.firstAt === 0) waiting.firstAt = performance.now();
    if (waiting.missing > 0) return;
    const lastAt = performance.now();
    awaited = null;
    messageBytes = payload.length;
    waiting.done({ firstAt: waiting.firstAt, lastAt, message: payload.toString('utf8') });
  };

  const open = (): Promise<BareSocket> => {
    const { promise, resolve } = Promise.withResolvers<BareSocket>();
    let isFollowing = false;
    const socket: BareSocket = openBareSocket(
      url,
      () => socket.send(INIT),
      (payload) => {
        if (isFollowing) return arrive(payload);
        if (payload.includes(ACKNOWLEDGED)) return socket.send(SUBSCRIBE);
        if (!payload.includes(NEXT)) throw new Error(`not subscribed: ${payload.toString('utf8').slice(0, 500)}`);
        // A board that is not loaded yet is empty.
        if (!payload.includes(FIRST_ENTRY)) return;
        isFollowing = true;
        steps += 1;
        resolve(socket);
      },
    );
    return promise;
  };

  const unstuck = <T>(work: Promise<T>, what: () => string): Promise<T> => {
    let seen = steps;
    const { promise, reject } = Promise.withResolvers<T>();
    const timer = setInterval(() => {
      if (steps === seen) reject(new Error(`${what()}, and nothing comes for ${STUCK_MS / 1_000} s`));
      seen = steps;
    }, STUCK_MS);
    return Promise.race([work, promise]).finally(() => clearInterval(timer));
  };

  const sockets: BareSocket[] = [];
  let begun = 0;
  const opener = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      sockets.push(await open());
    }
  };
  const opened = Promise.all(Array.from({ length: OPENING }, opener));
  await unstuck(opened, () => `${sockets.length} of ${count} clients are subscribed`);
  return {
    expect(update) {
      const { promise, resolve } = Promise.withResolvers<Arrived>();
      const own: Awaited = { marker: Buffer.from(markerOf(update)), done: resolve, missing: count, firstAt: 0 };
      awaited = own;
      return unstuck(promise, () => `${own.missing} of ${count} clients have no update ${update}`);
    },
    messageBytes: () => messageBytes,
    otherFrames: () => otherFrames,
    async close() {
      for (const socket of sockets) socket.close();
      await unstuck(Promise.all(sockets.map(({ closed }) => closed)), () => 'sockets are open');
    },
  };
}
