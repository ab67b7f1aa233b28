import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const TEXT = 0x1;
const PING = 0x9;
const PONG = 0xa;
const CLOSE = 0x8;
/** Longest payload a client sends. */
const MOST_SENT = 65_535;

/** One buffer for what all sockets read: a chunk is over with when the reader returns. */
const shared = Buffer.alloc(64 * 1_024);

/** A client's end of a WebSocket. */
export interface BareSocket {
  /** Sends what `frameOf` made. */
  send(frame: Buffer): void;
  /** Says goodbye; `closed` resolves when the server has closed too. */
  close(): void;
  readonly closed: Promise<void>;
}

/**
 * A WebSocket of graphql-transport-ws on a bare TCP socket, without an object or a copy a message: a generator of thousands of clients
 * must not be what is measured. `onText` gets the payload of each text frame as a part of a shared buffer, good until it returns. Pings are
 * answered; fragments are refused, for no server here sends them.
 */
export function openBareSocket(url: URL, onOpen: () => void, onText: (payload: Buffer) => void): BareSocket {
  let isOpen = false;
  let isClosing = false;
  let rest: Buffer | null = null;
  const { promise: closed, resolve: hasClosed } = Promise.withResolvers<void>();

  const take = (length: number): boolean => {
    const chunk = shared.subarray(0, length);
    const received = rest === null ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    if (!isOpen) {
      const end = received.indexOf(END_OF_HEAD);
      if (end < 0) {
        rest = Buffer.from(received);
        return true;
      }
      const head = received.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 101')) throw new Error(`${url.host} does not take the socket: ${head}`);
      isOpen = true;
      from = end + END_OF_HEAD.length;
      onOpen();
    }
    const read = takeFrames(received, from, frame);
    rest = read === received.length ? null : Buffer.from(received.subarray(read));
    return true;
  };
  const frame = (opcode: number, payload: Buffer): void => {
    if (opcode === TEXT) onText(payload);
    else if (opcode === PING) socket.write(frameOf(payload, PONG));
    else if (opcode === CLOSE && !isClosing) {
      throw new Error(`${url.host} closed a socket: ${payload.readUInt16BE(0)} ${payload.toString('utf8', 2)}`);
    }
  };

  const options: TcpNetConnectOpts = {
    host: url.hostname,
    port: Number(url.port),
    noDelay: true,
    onread: { buffer: shared, callback: take },
  };
  const socket: Socket = connect(options);
  socket.write(
    `GET /graphql HTTP/1.1\r\nhost: ${url.host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n` +
      'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n',
  );
  socket.on('close', () => {
    if (!isClosing) throw new Error(`${url.host} closed a socket`);
    hasClosed();
  });
  return {
    send: (data) => void socket.write(data),
    close() {
      isClosing = true;
      socket.write(frameOf(Buffer.from([0x03, 0xe8]), CLOSE));
    },
    closed,
  };
}

/** A client's frame. The mask is zero, which leaves the payload as it is and every check of the server in place. */
export function frameOf(payload: Buffer, opcode = TEXT): Buffer {
  const { length } = payload;
  if (length > MOST_SENT) throw new Error(`${length} bytes are more than a client sends here`);
  const head = length < 126 ? [0x80 | opcode, 0x80 | length] : [0x80 | opcode, 0xfe, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

/** Hands over each whole frame of a server; answers where the first that is not whole begins. */
function takeFrames(received: Buffer, start: number, take: (opcode: number, payload: Buffer) => void): number {
  for (let from = start; ; ) {
    if (received.length < from + 2) return from;
    const [first = 0, second = 0] = [received[from], received[from + 1]];
    if ((first & 0xf0) !== 0x80) throw new Error('a frame in parts, or compressed');
    let length = second & 0x7f;
    let at = from + 2;
    if (length === 126) {
      if (received.length < at + 2) return from;
      length = received.readUInt16BE(at);
      at += 2;
    } else if (length === 127) {
      if (received.length < at + 8) return from;
      length = Number(received.readBigUInt64BE(at));
      at += 8;
    }
    if (received.length < at + length) return from;
    take(first & 0x0f, received.subarray(at, at + length));
    from = at + length;
  }
}
