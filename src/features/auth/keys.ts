import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a server key says about itself before it is checked. */
export interface ParsedKey {
  readonly environment: string;
  /** UUID of the row. */
  readonly id: string;
  readonly secret: string;
}

const FORM = /^lk_([a-z0-9]{1,20})_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

/** Whether a bearer credential looks like a server key. */
export function looksLikeKey(credential: string): boolean {
  return credential.startsWith('lk_');
}

/** Takes a key apart; null when it has no such form. */
export function parseKey(credential: string): ParsedKey | null {
  const [, environment = '', hex = '', secret = ''] = FORM.exec(credential) ?? [];
  if (secret === '') return null;
  return { environment, id: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'), secret };
}

/** Makes the text of a key with 32 random bytes. Shown once; only `secretHash` is kept. */
export function makeKey(environment: string, id: string): { readonly key: string; readonly secretHash: Uint8Array } {
  const secret = randomBytes(32).toString('base64url');
  return { key: `lk_${environment}_${id.replaceAll('-', '')}_${secret}`, secretHash: hashSecret(secret) };
}

/** SHA-256: the secret has 256 random bits, so a slow hash would add nothing. */
export function hashSecret(secret: string): Uint8Array {
  return hash('sha256', secret, 'buffer');
}

/** Compares in constant time. */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
