import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigError } from '../config.ts';
import type { Principal } from '../features/auth/principal.ts';
import { badUserInput, forbidden } from '../graphql/errors.ts';
import { CLAIM_OPERATION } from '../web/claim-page.ts';

/** An operation as it is asked for: its document, or the hash of one (`extensions.persistedQuery.sha256Hash`). */
export interface AskedOperation {
  readonly query?: string | null | undefined;
  readonly extensions?: unknown;
}

/** The operations that the game was built with. */
export interface PersistedOperations {
  /** The document that is meant: what was sent, or what the manifest has under the hash. Null: neither. Throws BAD_USER_INPUT for a hash that the manifest lacks. */
  documentOf(asked: AskedOperation): string | null;
  /** Throws FORBIDDEN where a document is neither of the manifest nor of our own page and only those are answered; keys and admins may ask anything. */
  check(document: string, principal: Principal): void;
}

/** What is known of them. */
export interface Manifest {
  /** Hash -> document. */
  readonly documents: ReadonlyMap<string, string>;
  /** Whether others are refused. */
  readonly only: boolean;
}

/** No manifest: any document is answered. */
export const NO_MANIFEST: Manifest = { documents: new Map(), only: false };

const manifestFile = z.record(z.string().min(1), z.string().min(1));
const hashed = z.object({ persistedQuery: z.object({ sha256Hash: z.string() }) });

/**
 * Reads a manifest: an object of JSON, hash -> document, as graphql-codegen and Relay write it.
 * @throws ConfigError for a file that cannot be read, or holds something else
 */
export async function readManifest(path: string | null, only: boolean): Promise<Manifest> {
  if (path === null) return NO_MANIFEST;
  const fault = (why: string): ConfigError => new ConfigError([`LAUREL_PERSISTED_OPERATIONS: '${path}' ${why}`]);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) throw fault('cannot be read');
  const read = manifestFile.safeParse(parsed(text));
  if (!read.success) throw fault('is no object of hashes and documents');
  return { documents: new Map(Object.entries(read.data)), only };
}

/** Makes them of a manifest. */
export function createPersistedOperations({ documents, only }: Manifest): PersistedOperations {
  const texts = new Set(documents.values()).add(CLAIM_OPERATION);
  return {
    documentOf({ query, extensions }) {
      if (query) return query;
      const hash = hashed.safeParse(extensions).data?.persistedQuery.sha256Hash;
      if (hash === undefined || documents.size === 0) return query ?? null;
      const document = documents.get(hash);
      if (document === undefined) throw badUserInput('No operation has this hash');
      return document;
    },
    check(document, principal) {
      const isTrusted = principal.kind === 'key' || principal.kind === 'admin';
      if (only && !isTrusted && !texts.has(document)) throw forbidden('Only operations of the manifest are answered');
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
