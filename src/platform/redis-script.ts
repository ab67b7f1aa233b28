import { createHash } from 'node:crypto';
import type { RedisCommander } from 'ioredis';

/** A text that Redis runs in one atomic step. */
export interface RedisScript {
  readonly lua: string;
  readonly sha: string;
}

/**
 * Runs a script by its hash, and by its text where Redis does not know it (yet, or any more).
 * @throws what Redis or the connection says
 */
export async function runScript(
  client: RedisCommander,
  { lua, sha }: RedisScript,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return client.eval(lua, keys.length, ...keys, ...args);
  }
}

/** A script of these parts, one after the other. */
export function script(...parts: readonly string[]): RedisScript {
  const lua = parts.join('\n');
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}
