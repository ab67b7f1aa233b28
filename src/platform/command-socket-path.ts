import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';

/** The kernel takes 108 bytes on Linux and 104 elsewhere, the closing zero included. */
const LONGEST = 100;

/**
 * Where the socket of a data directory goes: `run/commands.sock` inside it, or, where that path is too long for the kernel, a
 * directory under the system's temporary one named by a hash of the data directory. The directory is this user's alone and holds
 * nothing but the socket; a socket left there is removed.
 * @throws when somebody else made that directory.
 */
export async function chooseSocketPath(directory: string): Promise<string> {
  const path = socketPath(directory);
  const home = dirname(path);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const found = await lstat(home);
  const mine = process.getuid === undefined || found.uid === process.getuid();
  if (!found.isDirectory() || !mine) throw new Error(`${home} belongs to somebody else; remove it to serve commands.`);
  await chmod(home, 0o700);
  await rm(path, { force: true });
  return path;
}

/** Listens on the path with mode 0600. Between the two steps the directory around it keeps others out. */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(path, () => resolve());
  await promise;
  server.removeListener('error', reject);
  await chmod(path, 0o600);
}

/** Removes the socket and the directory made for it. */
export async function clearSocketPath(path: string): Promise<void> {
  await rm(dirname(path), { recursive: true, force: true });
}

function socketPath(directory: string): string {
  const inside = join(directory, 'run', 'commands.sock');
  if (Buffer.byteLength(inside) <= LONGEST) return inside;
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  return join(tmpdir(), `laurel-${userInfo().uid}-${hash}`, 'commands.sock');
}
