import { resolve } from 'node:path';
import { readCatalogFiles } from '../features/catalog/read-files.ts';
import { CatalogFaultsError, compileFiles } from '../features/catalog/service.ts';

/** Whether a catalog on disk compiles, with what to print: a summary, or every fault. */
export async function checkCatalog(path: string, cwd: string): Promise<{ valid: boolean; text: string }> {
  const files = await readCatalogFiles(resolve(cwd, path));
  try {
    const { name, eventTypes, metrics, achievements, leaderboards } = compileFiles(files);
    const counts = `${eventTypes.size} event types, ${metrics.size} metrics, ${achievements.size} achievements, ${leaderboards.size} leaderboards`;
    return { valid: true, text: `${path}: ${name} is valid: ${counts}.` };
  } catch (error) {
    if (error instanceof CatalogFaultsError) return { valid: false, text: error.message };
    throw error;
  }
}
