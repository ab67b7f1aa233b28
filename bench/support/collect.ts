import path from 'node:path';
import { type Child, ROOT, residentMb } from './processes.ts';

/** Flags of Node with which a process frees what it no longer uses when it is asked to. */
export const COLLECTABLE = ['--expose-gc', '--import', path.join(ROOT, 'bench/support/collectable.ts')];

const COLLECT_WITHIN_MS = 60_000;
const collected = new WeakMap<Child, number>();

/** Has a process free what it no longer uses; answers its resident memory in KB. @throws where there is no /proc */
export async function collect(child: Child): Promise<number> {
  const times = (collected.get(child) ?? 0) + 1;
  collected.set(child, times);
  process.kill(child.pid, 'SIGUSR2');
  await child.says(new RegExp(`^collected ${times}$`, 'm'), COLLECT_WITHIN_MS);
  const mb = await residentMb(child.pid);
  if (mb === null) throw new Error('memory is read from /proc');
  return mb * 1_024;
}
