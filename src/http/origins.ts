import { isLoopback } from '../config.ts';

/** What decides whether a request may come from a page. */
export interface OriginRules {
  /** With LAUREL_AUTH=off everybody is an admin, so pages elsewhere and rebound host names are kept out. */
  readonly loopbackOnly: boolean;
  readonly allowed: readonly string[];
}

/**
 * Why a request is refused, by its Host and Origin headers; null when it is not. A missing Origin (no browser) is allowed, the
 * server's own too, a foreign one is not.
 */
export function refusalByOrigin(
  rules: OriginRules,
  host: string | undefined,
  origin: string | undefined,
): string | null {
  if (rules.loopbackOnly && host !== undefined && !isLoopback(hostName(host))) {
    return `Host ${host} is not this machine, and LAUREL_AUTH is off`;
  }
  if (origin === undefined) return null;
  if (rules.allowed.includes(origin)) return null;
  const parsed = URL.canParse(origin) ? new URL(origin) : null;
  if (parsed !== null && parsed.host !== '' && parsed.host === host) return null;
  if (rules.loopbackOnly && parsed !== null && isLoopback(parsed.hostname)) return null;
  return `Origin ${origin.slice(0, 100)} is not allowed`;
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '');
}
