import { execFile } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import { query } from './databases.ts';
import { ROOT } from './processes.ts';
import type { Machine } from './results.ts';

const execute = promisify(execFile);

/** What the run takes place on. */
export async function describeMachine(postgresUrl: string): Promise<Machine> {
  const processors = cpus();
  const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size'];
  const settings = await query<{ name: string; value: string }>(
    postgresUrl,
    'select name, current_setting(name) as value from unnest($1::text[]) as name',
    [names],
  );
  const [server] = await query<{ version: string }>(postgresUrl, `select current_setting('server_version') as version`);
  return {
    cpu: `${processors[0]?.model.trim() ?? 'unknown'}`,
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    node: process.version,
    postgres: server?.version ?? 'unknown',
    postgresSettings: settings.map(({ name, value }) => `${name} ${value}`).join(', '),
    loadAverage: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** The commit that is checked out, and whether the code differs from it; the bench's own results do not count. */
export async function describeCommit(): Promise<string> {
  const git = async (...argv: string[]): Promise<string> => (await execute('git', argv, { cwd: ROOT })).stdout.trim();
  try {
    const commit = await git('rev-parse', '--short', 'HEAD');
    const changes = await git('status', '--porcelain', '--', '.', ':!bench/RESULTS.md', ':!bench/results.json');
    return changes === '' ? commit : `${commit} with uncommitted changes`;
  } catch {
    return 'unknown (no git)';
  }
}
