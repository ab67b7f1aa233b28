import { createHash } from 'node:crypto';

/** More texts than any release has; beyond it somebody builds SQL from data, and the cache starts again. */
const CAPACITY = 5_000;

const names = new Map<string, string | undefined>();

/**
 * The name to prepare a statement under: the one in its leading comment plus a hash of the whole text, so that two texts never
 * share a name. At most 63 bytes. Undefined for a statement without a name, which is not prepared.
 */
export function statementName(text: string): string | undefined {
  if (names.has(text)) return names.get(text);
  const given = /^\s*\/\*\s*([\w.-]+)\s*\*\//.exec(text)?.[1];
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  const name = given === undefined ? undefined : `${given.slice(0, 50)}:${hash}`;
  if (names.size >= CAPACITY) names.clear();
  names.set(text, name);
  return name;
}
