import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { PostgresFrames } from './postgres-frames.ts';

/** Where a process that records or archives events can be stopped, as its line to PostgreSQL shows it; in this order. */
export const FAILPOINTS = ['before insert', 'before commit', 'after commit', 'before answer'] as const;

/**
 * - before insert: the users are locked and the slice is read; the statement that inserts (or moves) the events has not left
 * - before commit: everything is written; COMMIT has not left
 * - after commit: the server has committed; its answer has not arrived
 * - before answer: COMMIT was answered; what the answers show is about to be read (an archiving answers nobody)
 */
export type Failpoint = (typeof FAILPOINTS)[number];

/** A line to a PostgreSQL server on which the recording and archiving of events can be watched. */
export interface PostgresLine {
  readonly port: number;
  /** At the nth pass of the point from now on `reached` is called; the message that passes there is not passed on. */
  arm(point: Failpoint, nth: number, reached: () => void): void;
  close(): Promise<void>;
}

/** What a connection is at. */
interface Connection {
  /** Its open transaction inserts or moves events. */
  recording: boolean;
}

/** Opens a line on a free port of the loopback, in front of `target`. */
export async function openPostgresLine(target: { host: string; port: number }): Promise<PostgresLine> {
  const pairs = new Set<() => void>();
  let armed: { point: Failpoint; left: number; reached: () => void } | null = null;

  /** True when the message must not be passed on. */
  const isStopped = (point: Failpoint | null): boolean => {
    if (point === null || armed === null || armed.point !== point) return false;
    armed.left -= 1;
    if (armed.left > 0) return false;
    const { reached } = armed;
    armed = null;
    reached();
    return true;
  };

  const server = createServer((near) => {
    const far = connect(target);
    const connection: Connection = { recording: false };
    const end = (): void => {
      pairs.delete(end);
      near.destroy();
      far.destroy();
    };
    pairs.add(end);
    const relay = (from: Socket, to: Socket, pointOf: (message: Buffer, at: Connection) => Failpoint | null): void => {
      const frames = new PostgresFrames(from === near);
      from.setNoDelay(true);
      from.on('error', end).on('close', end);
      from.on('data', (bytes) => {
        for (const message of frames.push(bytes)) {
          if (isStopped(pointOf(message, connection))) return end();
          if (!to.destroyed) to.write(message);
        }
      });
    };
    relay(near, far, sentPoint);
    relay(far, near, answeredPoint);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    arm(point, nth, reached) {
      armed = { point, left: nth, reached };
    },
    async close() {
      for (const end of [...pairs]) end();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A statement's name stands within so many bytes of a Parse or Bind. */
const NAME_BYTES = 96;

function sentPoint(message: Buffer, connection: Connection): Failpoint | null {
  const type = String.fromCharCode(message[0] ?? 0);
  if (type === 'Q') {
    return connection.recording && message.includes('commit\0') ? 'before commit' : null;
  }
  // A statement is named when it is bound; when it is parsed first, it is not at its place yet.
  if (type !== 'B') return null;
  const names = message.subarray(0, NAME_BYTES);
  if (names.includes('state.insert_events:') || names.includes('archive.move:')) {
    connection.recording = true;
    return 'before insert';
  }
  return names.includes('achievements.read_unlocks:') ? 'before answer' : null;
}

function answeredPoint(message: Buffer, connection: Connection): Failpoint | null {
  if (message[0] !== 'C'.charCodeAt(0)) return null;
  const tag = message.subarray(5);
  if (tag.equals(Buffer.from('ROLLBACK\0'))) connection.recording = false;
  if (!connection.recording || !tag.equals(Buffer.from('COMMIT\0'))) return null;
  connection.recording = false;
  return 'after commit';
}
