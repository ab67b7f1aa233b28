import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from './clock.ts';
import { processSphere, processStart } from './processes.ts';

/** Who holds, or held, a data directory. */
export interface DirectoryOwner {
  readonly pid: number;
  /** See `processStart`. */
  readonly start: string;
  /** See `processSphere`. */
  readonly sphere: string;
  /** The socket commands are sent to, when the owner serves one. */
  readonly socket: string | null;
  readonly released: boolean;
}

/** A data directory held by this process alone, until it is released or the process ends. */
export interface DirectoryLock {
  /** Absolute path of the directory. */
  readonly path: string;
  /** Tells others where commands are served. */
  announce(socket: string | null): Promise<void>;
  /** Gives the directory back; last of all, after the database in it is closed. */
  release(): Promise<void>;
}

/** The owner's file is touched this often, */
const BEAT_MS = 1_000;

/** and an owner whose process cannot be seen from here (another container, another boot) counts as gone after this long. */
const SILENCE_MS = 10_000;

/** Another process holds the data directory. */
export class DirectoryInUseError extends Error {
  override readonly name = 'DirectoryInUseError';

  readonly directory: string;
  readonly pid: number;

  constructor(directory: string, pid: number, elsewhere: boolean) {
    const where = elsewhere ? ` of another container or machine, or was until ${SILENCE_MS / 1_000} s ago` : '';
    super(
      `${directory} is in use by process ${pid}${where}. ` +
        'Two processes in one data directory would lose data: stop that one first.',
    );
    this.directory = directory;
    this.pid = pid;
  }
}

/**
 * Takes a data directory, made with mode 0700 when it is absent.
 *
 * The lock is the file `lock.<n>` with the highest n; whoever wants the directory after owner n is gone creates n + 1, which the
 * file system grants to one taker only, and then drops the lower ones. The highest file is never removed, not by its owner either
 * (who marks it released), so n never comes back and a slow taker cannot mistake a new owner for the old one.
 * @throws {DirectoryInUseError} while a living process holds it, this one included.
 */
export async function lockDirectory(path: string, clock: Clock): Promise<DirectoryLock> {
  const directory = resolve(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const owner: DirectoryOwner = {
    pid: process.pid,
    start: processStart(process.pid) ?? '',
    sphere: processSphere(),
    socket: null,
    released: false,
  };
  for (;;) {
    const place = await takePlace(directory, owner, clock);
    if (place !== null) return hold(directory, place, owner, clock);
  }
}

/** The living owner of a directory; null when nobody holds it. */
export async function readOwner(directory: string, clock: Clock): Promise<DirectoryOwner | null> {
  const [highest] = await readPlaces(directory);
  return highest === undefined ? null : livingOwner(highest, clock);
}

/** Answers the file this process now owns; null when another taker was faster. */
async function takePlace(directory: string, owner: DirectoryOwner, clock: Clock): Promise<string | null> {
  const [highest] = await readPlaces(directory);
  const living = highest === undefined ? null : await livingOwner(highest, clock);
  if (living !== null) throw new DirectoryInUseError(directory, living.pid, living.sphere !== owner.sphere);
  const number = (highest?.number ?? 0) + 1;
  const file = join(directory, `lock.${number}`);
  if (!(await createWhole(file, owner))) return null;
  const places = await readPlaces(directory);
  if (places[0]?.number !== number) {
    await rm(file, { force: true });
    return null;
  }
  await Promise.all(places.slice(1).map((place) => rm(place.file, { force: true })));
  return file;
}

function hold(path: string, file: string, owner: DirectoryOwner, clock: Clock): DirectoryLock {
  const beat = setInterval(() => {
    const now = new Date(clock.now());
    // Removed by hand: there is nothing to keep fresh.
    utimes(file, now, now).catch(() => undefined);
  }, BEAT_MS);
  beat.unref();
  let current = owner;
  const rewrite = async (change: Partial<DirectoryOwner>): Promise<void> => {
    current = { ...current, ...change };
    const draft = await writeDraft(file, current);
    await rename(draft, file);
  };
  return {
    path,
    announce: (socket) => rewrite({ socket }),
    release: async () => {
      clearInterval(beat);
      if (!current.released) await rewrite({ socket: null, released: true });
    },
  };
}

interface Place {
  readonly number: number;
  readonly file: string;
}

/** The lock files of a directory, highest first. */
async function readPlaces(directory: string): Promise<Place[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .flatMap((name) =>
      /^lock\.\d+$/.test(name) ? [{ number: Number(name.slice(5)), file: join(directory, name) }] : [],
    )
    .sort((one, other) => other.number - one.number);
}

async function livingOwner({ file }: Place, clock: Clock): Promise<DirectoryOwner | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  const owner = text === null ? null : parseOwner(text);
  if (owner === null || owner.released) return null;
  if (owner.sphere === processSphere()) return processStart(owner.pid) === owner.start ? owner : null;
  const { mtimeMs } = await stat(file);
  return clock.now() - mtimeMs < SILENCE_MS ? owner : null;
}

/** Files appear whole, so one that cannot be read is what a power cut left. */
function parseOwner(text: string): DirectoryOwner | null {
  try {
    const owner = JSON.parse(text) as Partial<DirectoryOwner> | null;
    const { pid, start, sphere, socket = null, released = false } = owner ?? {};
    if (typeof pid !== 'number' || typeof start !== 'string' || typeof sphere !== 'string') return null;
    return { pid, start, sphere, socket, released };
  } catch {
    return null;
  }
}

/** Creates a file with its contents in one step; false when it is there already. */
async function createWhole(file: string, owner: DirectoryOwner): Promise<boolean> {
  const draft = await writeDraft(file, owner);
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeDraft(file: string, owner: DirectoryOwner): Promise<string> {
  const draft = `${file}.${randomUUID()}.draft`;
  await writeFile(draft, `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  return draft;
}
