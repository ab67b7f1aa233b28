import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * The address a request comes from. Behind proxies of ours it is what the outermost of them saw: each appends to X-Forwarded-For whom
 * it was called by, so of `trustedHops` proxies the entry that far from the end; what stands before it anybody may have written.
 */
export function addressOf({ headers, socket }: IncomingMessage, trustedHops: number): string {
  const own = plain(socket.remoteAddress ?? '');
  if (trustedHops === 0) return own;
  const forwarded = String(headers['x-forwarded-for'] ?? '').split(',');
  const seen = plain(forwarded.at(-Math.min(trustedHops, forwarded.length)) ?? '');
  return isIP(seen) === 0 ? own : seen;
}

/** Without the form that IPv4 has on an IPv6 socket. */
function plain(address: string): string {
  return address.trim().replace(/^::ffff:(?=\d+\.)/i, '');
}
