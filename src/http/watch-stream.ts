import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CredentialParts, watchCredential } from './watch-credential.ts';

/** How often the key of an open event stream is looked at again, milliseconds. */
const RECHECK_MS = 1_000;

/** Whether a request may be answered with an event stream. */
export function isStreamWanted({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes('text/event-stream') === true;
}

/** Ends an event stream with its credential. Resolves once the credential is known; one that does not verify is refused by what runs. */
export async function watchStream(
  parts: CredentialParts,
  { headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const authorization = headers.authorization ?? null;
  const principal = await parts.authenticate(authorization).catch(() => null);
  if (principal === null || response.closed) return;
  const end = (): void => {
    // Many clients would take a stream and are answered at once: that answer is let through.
    if (String(response.getHeader('Content-Type')).startsWith('text/event-stream')) response.destroy();
  };
  const unwatch = watchCredential(parts, { authorization, principal, recheckMs: RECHECK_MS }, end);
  response.once('close', unwatch);
}
