import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The secret of a development server: made once, kept in the data directory (mode 0600), so that tokens outlive a restart.
 * Production demands LAUREL_JWT_SECRET instead.
 */
export async function developmentSecret(directory: string): Promise<Uint8Array> {
  const path = join(directory, 'jwt-secret');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const made = join(directory, `jwt-secret.${process.pid}`);
  await writeFile(made, randomBytes(32).toString('base64url'), { mode: 0o600 });
  try {
    // A link appears whole or not at all, and the first of two processes wins.
    await link(made, path);
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  } finally {
    await unlink(made);
  }
  const secret = await readFile(path, 'utf8');
  if (Buffer.byteLength(secret) < 32) throw new Error(`${path} is damaged; delete it and start again`);
  return new TextEncoder().encode(secret);
}
