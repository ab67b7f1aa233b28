import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names the set of processes that see each other's pids: one boot of one machine and one pid namespace (each container has its
 * own). Elsewhere than on Linux the host's name has to do.
 */
export function processSphere(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/**
 * When a process of this sphere started, in a form only good for comparing: pids are used again, a pid with its start is not.
 * Null when there is no such process; an empty text when it lives and its start cannot be known.
 */
export function processStart(pid: number): string | null {
  if (!isAlive(pid)) return null;
  try {
    // After the command's name in brackets, which may hold anything: state is field 3, start time field 22 (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return process.platform === 'win32' ? '' : startByPs(pid);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function startByPs(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
