import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { runProgram } from '../../../src/commands/program.ts';

/** The catalogs of the project. */
export const CATALOGS = path.join(import.meta.dirname, '../../../catalogs');

/** What a command printed, and its exit status. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `laurel catalog ...` in this process, in a folder. A command that asks for a database fails. */
export async function runCatalog(cwd: string, ...argv: readonly string[]): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const status = await runProgram(['catalog', ...argv], {
    withWorkbench: () => Promise.reject(new Error('no database is needed here')),
    serve: null,
    cwd,
    output: {
      stdout: (text) => {
        stdout += text;
      },
      stderr: (text) => {
        stderr += text;
      },
    },
    version: 'test',
    remote: { url: undefined, key: undefined },
    signal: new AbortController().signal,
  });
  return { status, stdout, stderr };
}

/** A folder with these files, which goes when the test ends. */
export async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'laurel-catalog-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return folder;
}
