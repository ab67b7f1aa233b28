import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import {
  type CommandRequest,
  REQUEST_LIMIT,
  type RunCommand,
  runRemotely,
  serveCommands,
} from '../../src/platform/command-socket.ts';
import { type DirectoryLock, lockDirectory, readOwner } from '../../src/platform/data-directory.ts';

let parent: string;
let directory: string;
let lock: DirectoryLock;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'laurel-commands-'));
  directory = join(parent, 'data');
  lock = await lockDirectory(directory, systemClock);
});
afterEach(async () => {
  await lock.release();
  await rm(parent, { recursive: true });
});

const request: CommandRequest = { argv: ['catalog', 'apply'], cwd: '/home/somebody', stdin: 'a: 1\nb: "ü"\n' };

function collect() {
  const written: { stdout?: string; stderr?: string }[] = [];
  return {
    written,
    stdout: (stdout: string) => void written.push({ stdout }),
    stderr: (stderr: string) => void written.push({ stderr }),
  };
}

const nothing: RunCommand = async () => 0;

async function socketPath(): Promise<string> {
  return (await readOwner(directory, systemClock))?.socket ?? '';
}

/** Sends raw text and answers all the server said. */
async function sendRaw(text: string): Promise<string> {
  const socket = connect(await socketPath());
  socket.write(text);
  let said = '';
  for await (const chunk of socket.setEncoding('utf8') as AsyncIterable<string>) said += chunk;
  return said;
}

test('a command runs in the owner, its output streams back in order, and its exit code with it', async () => {
  const requests: CommandRequest[] = [];
  const served = await serveCommands(lock, async (got, output) => {
    requests.push(got);
    output.stdout('first\n');
    output.stderr('careful: "quoted"\n');
    await Promise.resolve();
    output.stdout('\u{1F3C6}'.repeat(100_000));
    return 3;
  });
  const output = collect();
  expect(await runRemotely(directory, request, output)).toBe(3);
  expect(requests).toEqual([request]);
  expect(output.written).toEqual([
    { stdout: 'first\n' },
    { stderr: 'careful: "quoted"\n' },
    { stdout: '\u{1F3C6}'.repeat(100_000) },
  ]);
  await served.close();
});

test('several commands run beside each other', async () => {
  const gates = new Map<string, () => void>();
  const served = await serveCommands(lock, async ({ argv: [name = ''] }) => {
    await new Promise<void>((resolve) => gates.set(name, resolve));
    return Number(name);
  });
  const answers = ['1', '2', '3'].map((name) => runRemotely(directory, { argv: [name], cwd: '/' }, collect()));
  await vi.waitFor(() => expect(gates.size).toBe(3));
  for (const open of gates.values()) open();
  expect(await Promise.all(answers)).toEqual([1, 2, 3]);
  await served.close();
});

test('only this user may connect', async () => {
  const served = await serveCommands(lock, nothing);
  const path = await socketPath();
  expect(path).toBe(join(directory, 'run', 'commands.sock'));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(directory, 'run'))).mode & 0o777).toBe(0o700);
  await served.close();
  expect(await readdir(directory)).toEqual(['lock.1']);
});

test('a path too long for the kernel moves to the temporary directory, as private, and clients find it', async () => {
  const deep = join(parent, 'd'.repeat(60), 'e'.repeat(60));
  const deepLock = await lockDirectory(deep, systemClock);
  const served = await serveCommands(deepLock, async () => 7);
  const path = (await readOwner(deep, systemClock))?.socket ?? '';
  expect(path).toMatch(new RegExp(`^${tmpdir()}/laurel-\\d+-[0-9a-f]{16}/commands\\.sock$`));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
  expect(await runRemotely(deep, request, collect())).toBe(7);
  await served.close();
  await expect(stat(join(path, '..'))).rejects.toThrow('ENOENT');
  await deepLock.release();
});

test('a socket that a dead owner left is replaced', async () => {
  await mkdir(join(directory, 'run'));
  await writeFile(join(directory, 'run', 'commands.sock'), '');
  const served = await serveCommands(lock, async () => 4);
  expect(await runRemotely(directory, request, collect())).toBe(4);
  await served.close();
});

test('without a living owner there is nobody to ask', async () => {
  expect(await runRemotely(join(parent, 'nowhere'), request, collect())).toBeNull();
  expect(await runRemotely(directory, request, collect())).toBeNull();
  await lock.announce(join(directory, 'gone.sock'));
  expect(await runRemotely(directory, request, collect())).toBeNull();
  const served = await serveCommands(lock, nothing);
  await served.close();
  expect(await runRemotely(directory, request, collect())).toBeNull();
});

test('a command that throws ends with its message and exit code 1', async () => {
  const served = await serveCommands(lock, () => Promise.reject(new Error('no such catalog')));
  const output = collect();
  expect(await runRemotely(directory, request, output)).toBe(1);
  expect(output.written).toEqual([{ stderr: 'no such catalog\n' }]);
  await served.close();
});

test('what is not a command is answered with an error and runs nothing', async () => {
  const run = vi.fn(nothing);
  const served = await serveCommands(lock, run);
  const refused = 'The request is not a command: one line of JSON with argv and cwd is expected.';
  const answer = `${JSON.stringify({ stderr: `${refused}\n` })}\n${JSON.stringify({ exit: 1 })}\n`;
  for (const line of [
    'not json',
    '{}',
    '[]',
    'null',
    '{"argv":["a"]}',
    '{"argv":"a","cwd":"/"}',
    '{"argv":[],"cwd":"/","x":1}',
    '',
  ]) {
    expect(await sendRaw(`${line}\n`)).toBe(answer);
  }
  expect(run).not.toHaveBeenCalled();
  await served.close();
});

test('a request beyond the limit is refused without being kept', async () => {
  const run = vi.fn(nothing);
  const served = await serveCommands(lock, run);
  const stdin = 'x'.repeat(REQUEST_LIMIT);
  const output = collect();
  expect(await runRemotely(directory, { ...request, stdin }, output)).toBe(1);
  expect(output.written).toEqual([{ stderr: `The request is over ${REQUEST_LIMIT} characters.\n` }]);
  expect(run).not.toHaveBeenCalled();
  const fits = 'x'.repeat(REQUEST_LIMIT - 1_000);
  expect(await runRemotely(directory, { ...request, stdin: fits }, collect())).toBe(0);
  await served.close();
});

/** A command that runs until it is aborted. */
function endless() {
  const started = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const run: RunCommand = async (_, output, signal) => {
    started.resolve();
    await once(signal, 'abort');
    aborted.resolve();
    output.stdout('stopped\n');
    return 130;
  };
  return { run, started: started.promise, aborted: aborted.promise };
}

test('a caller who goes away aborts the command', async () => {
  const command = endless();
  const served = await serveCommands(lock, command.run);
  const caller = new AbortController();
  const answer = runRemotely(directory, request, collect(), { signal: caller.signal });
  const interrupted = expect(answer).rejects.toThrow('went away before the command had ended');
  await command.started;
  caller.abort();
  await command.aborted;
  await interrupted;
  await served.close();
});

test('closing aborts what runs, lets it say its last words, and waits for it', async () => {
  const command = endless();
  const served = await serveCommands(lock, command.run);
  const output = collect();
  const answer = runRemotely(directory, request, output);
  await command.started;
  await served.close();
  expect(await answer).toBe(130);
  expect(output.written).toEqual([{ stdout: 'stopped\n' }]);
});

test('closing does not wait for a caller who says nothing or reads nothing', async () => {
  const command = endless();
  const served = await serveCommands(lock, async (got, output, signal) => {
    output.stdout('x'.repeat(10_000_000));
    return command.run(got, output, signal);
  });
  const silent: Socket = connect(await socketPath());
  const deaf: Socket = connect(await socketPath());
  deaf.pause().write(`${JSON.stringify(request)}\n`);
  await command.started;
  await served.close();
  silent.destroy();
  deaf.destroy();
});

test('a server that dies in the middle is told from a command that ended', async () => {
  const server = createServer((socket) => socket.resume().end('{"stdout":"half"}\n'));
  const path = join(directory, 'dying.sock');
  server.listen(path);
  await once(server, 'listening');
  await lock.announce(path);
  const output = collect();
  await expect(runRemotely(directory, request, output)).rejects.toMatchObject({ name: 'CommandInterruptedError' });
  expect(output.written).toEqual([{ stdout: 'half' }]);
  server.close();
  await once(server, 'close');
});
