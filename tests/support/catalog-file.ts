import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A catalog on disk, for LAUREL_CATALOG. */
export interface CatalogFile {
  readonly path: string;
  remove(): Promise<void>;
}

/** Writes a catalog of one test's own. */
export async function writeCatalog(text: string): Promise<CatalogFile> {
  const folder = await mkdtemp(join(tmpdir(), 'laurel-catalog-'));
  const path = join(folder, 'game.yaml');
  await writeFile(path, text);
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}
