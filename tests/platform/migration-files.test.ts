import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadMigrations } from '../../src/platform/migration-files.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'laurel-migrations-'));
  await writeFile(join(directory, 'migration_lock.toml'), '');
});
afterEach(() => rm(directory, { recursive: true }));

async function write(name: string, up: string, down?: string): Promise<void> {
  await mkdir(join(directory, name));
  await writeFile(join(directory, name, 'migration.sql'), up);
  if (down !== undefined) await writeFile(join(directory, name, 'down.sql'), down);
}

test('migrations are numbered in the order of their names, with their way back where there is one', async () => {
  await write('2_second', 'select 2');
  await write('1_first', '-- words\n-- works-from: 1\nselect 1', 'select -1');
  expect(await loadMigrations(directory)).toEqual([
    {
      name: '1_first',
      number: 1,
      path: `${directory}/1_first/migration.sql`,
      up: '-- words\n-- works-from: 1\nselect 1',
      down: 'select -1',
      checksum: 'fe3eb511f51352fb31dcf354af29b507f76fef6308e4bb5aa4e083aa52df4ab1',
      worksFrom: 1,
    },
    {
      name: '2_second',
      number: 2,
      path: `${directory}/2_second/migration.sql`,
      up: 'select 2',
      down: null,
      checksum: '3cf988cc782b44bc24ceb17e445d9c3cfd06b6c848ecfff949e1bfdb9f705a61',
      worksFrom: 2,
    },
  ]);
});

test('works-from defaults to the migration itself and cannot be beyond it', async () => {
  await write('1_first', 'select 1');
  await write('2_second', '-- works-from: 3\nselect 2');
  await expect(loadMigrations(directory)).rejects.toThrow(
    `${directory}/2_second/migration.sql: works-from must be a number from 1 to 2, not "3".`,
  );
});

test('a folder without migration.sql is an error, not an empty migration', async () => {
  await mkdir(join(directory, '1_empty'));
  await expect(loadMigrations(directory)).rejects.toThrow('ENOENT');
});
