import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import {
  DirectoryInUseError,
  type DirectoryLock,
  lockDirectory,
  readOwner,
} from '../../src/platform/data-directory.ts';
import { processSphere, processStart } from '../../src/platform/processes.ts';

let parent: string;
let directory: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'laurel-lock-'));
  directory = join(parent, 'data');
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => end(child)));
  await rm(parent, { recursive: true });
});

/** Starts a process that takes the directory, and answers what it said first. */
async function holdElsewhere(): Promise<{ child: ChildProcess; said: string }> {
  const script = fileURLToPath(new URL('fixtures/hold-directory.ts', import.meta.url));
  const child = spawn(process.execPath, [script, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  if (child.stdout === null) throw new Error('no output');
  const [said] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, said };
}

async function end(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  if (signal === undefined) child.stdin?.end();
  else child.kill(signal);
  await exited;
}

/** Writes the lock file a process would have left. */
async function leaveLock(owner: object, number = 1): Promise<void> {
  const lock = await lockDirectory(directory, systemClock);
  await lock.release();
  await rm(join(directory, 'lock.1'));
  await writeFile(join(directory, `lock.${number}`), JSON.stringify(owner));
}

const start = processStart(process.pid) ?? '';
const sphere = processSphere();

test('the directory is made for this user alone', async () => {
  const lock = await lockDirectory(directory, systemClock);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect(lock.path).toBe(directory);
  await lock.release();
});

test('a second opener in the same process is refused until the first releases', async () => {
  const lock = await lockDirectory(directory, systemClock);
  const error = await lockDirectory(directory, systemClock).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DirectoryInUseError);
  expect(error).toMatchObject({
    directory,
    pid: process.pid,
    message: `${directory} is in use by process ${process.pid}. Two processes in one data directory would lose data: stop that one first.`,
  });
  await lock.release();
  await lock.release();
  const again = await lockDirectory(directory, systemClock);
  await again.release();
});

test('another process is refused with the pid of the owner', async () => {
  const lock = await lockDirectory(directory, systemClock);
  const { said } = await holdElsewhere();
  expect(said).toContain(`in use by process ${process.pid}.`);
  await lock.release();
});

test('the directory of a killed process is taken over, that of a living one is not', async () => {
  const { child, said } = await holdElsewhere();
  expect(said).toBe('held');
  await expect(lockDirectory(directory, systemClock)).rejects.toThrow(`in use by process ${child.pid}.`);
  await end(child, 'SIGKILL');
  const lock = await lockDirectory(directory, systemClock);
  expect(await readOwner(directory, systemClock)).toMatchObject({ pid: process.pid });
  await lock.release();
});

test('a process that ends well leaves a directory anyone may take', async () => {
  const { child } = await holdElsewhere();
  await end(child);
  expect(child.exitCode).toBe(0);
  const lock = await lockDirectory(directory, systemClock);
  await lock.release();
});

test('a pid that was given to another process since does not keep the directory', async () => {
  await leaveLock({ pid: process.pid, start: `${start}0`, sphere });
  const lock = await lockDirectory(directory, systemClock);
  await lock.release();
});

test('a pid nobody has does not keep the directory', async () => {
  const { child } = await holdElsewhere();
  await end(child, 'SIGKILL');
  await rm(join(directory, 'lock.1'));
  await leaveLock({ pid: child.pid, start, sphere });
  const lock = await lockDirectory(directory, systemClock);
  await lock.release();
});

test('an owner out of sight keeps the directory while it gives signs of life, and 10 s longer', async () => {
  await leaveLock({ pid: 1, start: '1', sphere: 'another boot pid:[1]' });
  const file = join(directory, 'lock.1');
  const beat = new Date('2026-11-21T06:34:00.000Z');
  await utimes(file, beat, beat);
  const after = (ms: number) => ({ now: () => beat.getTime() + ms });
  await expect(lockDirectory(directory, after(9_999))).rejects.toThrow('of another container or machine');
  const lock = await lockDirectory(directory, after(10_000));
  await lock.release();
});

test('a lock that a power cut left empty does not keep the directory', async () => {
  await leaveLock({});
  await writeFile(join(directory, 'lock.1'), '');
  const lock = await lockDirectory(directory, systemClock);
  await lock.release();
});

test('of many who find the same dead owner exactly one gets the directory', async () => {
  for (let round = 0; round < 20; round += 1) {
    await leaveLock({ pid: process.pid, start: 'long ago', sphere }, round + 1);
    const attempts = Array.from({ length: 20 }, () => lockDirectory(directory, systemClock));
    const results = await Promise.allSettled(attempts);
    const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(locks).toHaveLength(1);
    await Promise.all(locks.map((lock: DirectoryLock) => lock.release()));
    await rm(directory, { recursive: true });
  }
});

test('of several processes that race for a dead owner exactly one gets the directory', async () => {
  await leaveLock({ pid: process.pid, start: 'long ago', sphere });
  const results = await Promise.all(Array.from({ length: 4 }, holdElsewhere));
  expect(results.filter(({ said }) => said === 'held')).toHaveLength(1);
  expect(results.filter(({ said }) => said.startsWith('refused'))).toHaveLength(3);
});

test('a slow taker gives way to an owner who came in the meantime', async () => {
  await leaveLock({ pid: 1, start: '1', sphere: 'another boot pid:[1]' });
  // While it judges the dead owner of lock.1, others take lock.2, give it back, and take lock.3.
  const meanwhile = () => {
    rmSync(join(directory, 'lock.1'), { force: true });
    writeFileSync(join(directory, 'lock.3'), JSON.stringify({ pid: process.pid, start, sphere }));
    return Number.MAX_SAFE_INTEGER;
  };
  await expect(lockDirectory(directory, { now: meanwhile })).rejects.toThrow(`in use by process ${process.pid}.`);
  expect(await readdir(directory)).toEqual(['lock.3']);
});

test('the lock file tells where commands are served, and one file is left', async () => {
  const lock = await lockDirectory(directory, systemClock);
  expect(await readOwner(directory, systemClock)).toEqual({
    pid: process.pid,
    start,
    sphere,
    socket: null,
    released: false,
  });
  await lock.announce('/somewhere/commands.sock');
  expect(await readOwner(directory, systemClock)).toMatchObject({ socket: '/somewhere/commands.sock' });
  await lock.release();
  expect(await readOwner(directory, systemClock)).toBeNull();
  const again = await lockDirectory(directory, systemClock);
  expect(await readdir(directory)).toEqual(['lock.2']);
  expect(JSON.parse(await readFile(join(directory, 'lock.2'), 'utf8'))).toMatchObject({
    socket: null,
    released: false,
  });
  await again.release();
});

test('nobody owns a directory that is not there', async () => {
  expect(await readOwner(join(parent, 'nowhere'), systemClock)).toBeNull();
});
