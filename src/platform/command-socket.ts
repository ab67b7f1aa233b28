import { connect, createServer, type Server, type Socket } from 'node:net';
import { z } from 'zod';
import { type Clock, systemClock } from './clock.ts';
import { chooseSocketPath, clearSocketPath, listenPrivately } from './command-socket-path.ts';
import { type DirectoryLock, readOwner } from './data-directory.ts';

/** A command as typed, for the process that holds the data directory. */
export interface CommandRequest {
  readonly argv: readonly string[];
  /** Relative paths of the command start here. */
  readonly cwd: string;
  readonly stdin?: string | undefined;
}

/** Where a command writes. */
export interface CommandOutput {
  stdout(text: string): void;
  stderr(text: string): void;
}

/** Runs a command and answers its exit code. The signal aborts when the caller has gone or the server closes. */
export type RunCommand = (request: CommandRequest, output: CommandOutput, signal: AbortSignal) => Promise<number>;

/** A request is no longer than this, standard input (a catalog at most) included, in characters. */
export const REQUEST_LIMIT = 4 * 1024 * 1024;

/** While the server closes, a caller who reads nothing for this long is cut off. */
const LAST_WORDS_MS = 500;

const requestSchema = z.strictObject({ argv: z.array(z.string()), cwd: z.string(), stdin: z.string().optional() });

/** A line of JSON from the server; `exit` is the last. */
const frameSchema = z.union([
  z.object({ stdout: z.string() }),
  z.object({ stderr: z.string() }),
  z.object({ exit: z.number().int() }),
]);

type Frame = z.infer<typeof frameSchema>;

/** The owner's process went away, or was closed, before the command had ended. */
export class CommandInterruptedError extends Error {
  override readonly name = 'CommandInterruptedError';

  constructor() {
    super('The running Laurel went away before the command had ended; what it had done by then is done.');
  }
}

/**
 * Serves commands on a Unix socket in the data directory, for this user alone (mode 0600). A socket a dead owner left is replaced.
 * `close` takes no more commands, aborts those that run and waits for them.
 */
export async function serveCommands(lock: DirectoryLock, run: RunCommand): Promise<{ close(): Promise<void> }> {
  const path = await chooseSocketPath(lock.path);
  const closing = new AbortController();
  const running = new Set<Promise<void>>();
  const server = createServer((socket) => {
    const done = answer(socket, run, closing.signal).finally(() => running.delete(done));
    running.add(done);
  });
  await listenPrivately(server, path);
  await lock.announce(path);
  return {
    close: async () => {
      await lock.announce(null);
      const closed = closeServer(server);
      closing.abort();
      await Promise.all(running);
      await closed;
      await clearSocketPath(path);
    },
  };
}

/**
 * Runs a command inside the process that holds `directory` and answers its exit code; null when no living process serves it, so
 * that the caller may open the directory itself.
 * @throws {CommandInterruptedError} when the connection ends before the command does.
 */
export async function runRemotely(
  directory: string,
  request: CommandRequest,
  output: CommandOutput,
  options: { readonly clock?: Clock; readonly signal?: AbortSignal } = {},
): Promise<number | null> {
  const owner = await readOwner(directory, options.clock ?? systemClock);
  if (owner === null || owner.socket === null) return null;
  const socket = await open(owner.socket);
  if (socket === null) return null;
  const abort = (): void => void socket.destroy();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    socket.write(`${JSON.stringify(request)}\n`);
    return await readFrames(socket, output);
  } finally {
    options.signal?.removeEventListener('abort', abort);
    socket.destroy();
  }
}

async function answer(socket: Socket, run: RunCommand, closing: AbortSignal): Promise<void> {
  const gone = new AbortController();
  const send = (frame: Frame): void => {
    if (socket.writable) socket.write(`${JSON.stringify(frame)}\n`);
  };
  // 'close' follows every error and is all there is to know about one.
  socket.on('error', () => undefined).on('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, closing]);
  try {
    const request = parseRequest(await readRequest(socket, signal));
    const output = { stdout: (stdout: string) => send({ stdout }), stderr: (stderr: string) => send({ stderr }) };
    send({ exit: await run(request, output, signal) });
  } catch (error) {
    send({ stderr: `${error instanceof Error ? error.message : String(error)}\n` });
    send({ exit: 1 });
  } finally {
    await endSocket(socket, closing);
  }
}

function parseRequest(line: string): CommandRequest {
  try {
    return requestSchema.parse(JSON.parse(line));
  } catch (error) {
    throw new Error('The request is not a command: one line of JSON with argv and cwd is expected.', { cause: error });
  }
}

/** The first line; what follows it is not looked at. */
function readRequest(socket: Socket, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  signal.addEventListener('abort', () => reject(new Error('The connection ended before the request did.')), {
    once: true,
  });
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    if (text.length > REQUEST_LIMIT || text.includes('\n')) return;
    text += chunk;
    const end = text.indexOf('\n');
    if (end >= 0 && end <= REQUEST_LIMIT) resolve(text.slice(0, end));
    else if (text.length > REQUEST_LIMIT) reject(new Error(`The request is over ${REQUEST_LIMIT} characters.`));
  });
  return promise;
}

async function readFrames(socket: Socket, output: CommandOutput): Promise<number> {
  let rest = '';
  try {
    for await (const chunk of socket.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const frame = frameSchema.parse(JSON.parse(line));
        if ('exit' in frame) return frame.exit;
        if ('stdout' in frame) output.stdout(frame.stdout);
        else output.stderr(frame.stderr);
      }
    }
  } catch (error) {
    if (!isSocketError(error)) throw error;
  }
  throw new CommandInterruptedError();
}

/** Null when nobody listens there any more. */
function open(path: string): Promise<Socket | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket | null>();
  const socket = connect(path, () => resolve(socket));
  socket.once('error', (error) => (isSocketError(error) ? resolve(null) : reject(error)));
  return promise;
}

function isSocketError(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return ['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'ABORT_ERR', 'ERR_STREAM_PREMATURE_CLOSE'].includes(
    String(error.code),
  );
}

/** Ends a socket and waits until it is closed. Whoever does not read what was written is waited for, but not by `close`. */
async function endSocket(socket: Socket, closing: AbortSignal): Promise<void> {
  if (socket.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const cutWhenIdle = (): void => void socket.setTimeout(LAST_WORDS_MS, () => socket.destroy());
  socket.once('close', () => resolve()).end(() => socket.destroy());
  if (closing.aborted) cutWhenIdle();
  closing.addEventListener('abort', cutWhenIdle, { once: true });
  await promise;
  closing.removeEventListener('abort', cutWhenIdle);
}

async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  await promise;
}
