import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { type DirectoryLock, lockDirectory } from '../../src/platform/data-directory.ts';
import { openEmbedded } from '../../src/platform/embedded-database.ts';
import { sql } from '../../src/platform/sql.ts';

let parent: string;
let lock: DirectoryLock;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'laurel-embedded-'));
  lock = await lockDirectory(join(parent, 'data'), systemClock);
});
afterEach(async () => {
  await lock.release();
  await rm(parent, { recursive: true });
});

async function migratedDump(): Promise<Blob> {
  return new Blob([new Uint8Array(await readFile(join(inject('databases').dumps, 'migrated.tar')))]);
}

const outbox = sql`/* test.outbox */ select kind from outbox order by id`;

function announce(kind: string) {
  return sql`insert into outbox (id, kind, payload, created_at) values (gen_random_uuid(), ${kind}, '{}', now())`;
}

test('what was stored is there after closing and opening again', async () => {
  const first = await openEmbedded({ directory: lock, loadDataDir: await migratedDump() });
  await first.query(announce('kept'));
  await first.close();
  await first.close();
  const second = await openEmbedded({ directory: lock });
  expect(await second.query(outbox)).toEqual([{ kind: 'kept' }]);
  await second.close();
});

test('what was committed is there after the process was killed, and the directory can be taken at once', async () => {
  await (await openEmbedded({ directory: lock, loadDataDir: await migratedDump() })).close();
  await lock.release();
  const script = fileURLToPath(new URL('fixtures/write-until-killed.ts', import.meta.url));
  const child = spawn(process.execPath, [script, lock.path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout);
  let committed = 0;
  for await (const line of lines) {
    committed = Number(line);
    if (committed === 20) break;
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  lock = await lockDirectory(lock.path, systemClock);
  const db = await openEmbedded({ directory: lock });
  const rows = await db.query(outbox);
  expect(rows.length).toBeGreaterThanOrEqual(committed);
  await db.close();
});

test('the rest of a first start that was killed is made anew', async () => {
  const first = await openEmbedded({ directory: lock, loadDataDir: await migratedDump() });
  await first.close();
  await rm(join(lock.path, 'made'));
  await rm(join(lock.path, 'postgres', 'global'), { recursive: true });
  const second = await openEmbedded({ directory: lock, loadDataDir: await migratedDump() });
  expect(await second.query(outbox)).toEqual([]);
  await second.close();
});

test('the data of another major version of PostgreSQL is refused and left as it is', async () => {
  await (await openEmbedded({ directory: lock, loadDataDir: await migratedDump() })).close();
  await writeFile(join(lock.path, 'postgres', 'PG_VERSION'), '17\n');
  await expect(openEmbedded({ directory: lock })).rejects.toMatchObject({
    name: 'DirectoryVersionError',
    message: expect.stringContaining('holds the data of PostgreSQL 17, this version of Laurel embeds PostgreSQL 18'),
  });
});

test('a dump is a whole database', async () => {
  const first = await openEmbedded({ memory: true, loadDataDir: await migratedDump() });
  await first.query(announce('copied'));
  const dump = await first.dump();
  await first.close();
  const second = await openEmbedded({ directory: lock, loadDataDir: dump });
  expect(await second.query(outbox)).toEqual([{ kind: 'copied' }]);
  await second.close();
});
