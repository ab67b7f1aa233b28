import path from 'node:path';
import { type Child, ROOT, residentMb } from './processes.ts';

/** Flags of Node with which a process frees what it no longer uses when it is asked to. */
export const COLLECTABLE = ['--expose-gc', '--import', path.join(ROOT, 'bench/support/collectable.ts')];

const COLLECT_WITHIN_MS = 60_000;
const collected = new WeakMap<Child, number>();

/** Memory of a process, KB. */
export interface Memory {
  readonly resident: number;
  /** Of V8's heap and what its objects hold outside it. Unlike resident memory it has no room that was left by something before. */
  readonly used: number;
}

/** Has a process free what it no longer uses; answers its memory after. @throws where there is no /proc */
export async function collect(child: Child): Promise<Memory> {
  const times = (collected.get(child) ?? 0) + 1;
  collected.set(child, times);
  process.kill(child.pid, 'SIGUSR2');
  const [, used] = await child.says(new RegExp(`^collected ${times}, (\\d+) KB`, 'm'), COLLECT_WITHIN_MS);
  const mb = await residentMb(child.pid);
  if (mb === null) throw new Error('memory is read from /proc');
  return { resident: mb * 1_024, used: Number(used) };
}
