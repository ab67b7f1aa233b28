import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CatalogFiles } from './parse.ts';

const MAX_FILES = 500;
const MAX_FILE_BYTES = 2_000_000;
const MAIN_NAMES = ['catalog.yaml', 'catalog.yml', 'main.yaml', 'game.yaml', 'index.yaml'];

/**
 * Reads a catalog into memory: a file (with the YAML files of its own folder and below, so that `include` finds them) or a
 * folder, whose main file is `catalog.yaml`, `main.yaml`, `game.yaml`, or the only YAML file at its top. Paths are relative to
 * the main file's folder, with `/`. Throws what the file system throws, and when a folder has no main file.
 */
export async function readCatalogFiles(target: string): Promise<CatalogFiles> {
  const isFolder = (await stat(target)).isDirectory();
  const folder = isFolder ? target : path.dirname(target);
  const main = isFolder ? await findMain(folder) : path.basename(target);
  const mainText = await readText(path.join(folder, main));
  const files: Record<string, string> = { [main]: mainText };
  if (!/^\s*include\s*:/m.test(mainText)) return { main, files };
  for (const name of await listYaml(folder)) {
    if (name !== main) files[name] = await readText(path.join(folder, name));
  }
  return { main, files };
}

async function findMain(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name));
  const known = MAIN_NAMES.find((name) => names.includes(name)) ?? (names.length === 1 ? names[0] : undefined);
  if (known === undefined) throw new Error(`No catalog in ${folder}: expected one of ${MAIN_NAMES.join(', ')}`);
  return known;
}

async function listYaml(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = found
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((name) => !name.includes('node_modules/'))
    .sort();
  return names.slice(0, MAX_FILES);
}

/** A file beyond the limit is cut just past it: the parser then refuses it by its size. */
async function readText(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > MAX_FILE_BYTES) return ' '.repeat(MAX_FILE_BYTES + 1);
  return readFile(file, 'utf8');
}
