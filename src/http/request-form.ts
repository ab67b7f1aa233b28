import type { IncomingMessage } from 'node:http';

/** Why a request is refused before its body is read. */
export interface FormRefusal {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Longest body, bytes: a batch of 1,000 events. A body without Content-Length is counted as it is read. */
export const MOST_BODY_BYTES = 2 * 1_024 * 1_024;

/** The refusal of a body over the bound. */
export function tooLong(): FormRefusal {
  return { status: 413, message: `A request has at most ${MOST_BODY_BYTES} bytes` };
}

/**
 * Why a request to the GraphQL endpoint has not the form of one; null when it has. Operations come by POST as JSON, so that no
 * form of a page elsewhere can send one; queries by GET in development only.
 */
export function refusalByForm({ method, headers }: IncomingMessage, development: boolean): FormRefusal | null {
  if (method === 'POST') {
    if (!isJson(headers['content-type'])) return { status: 415, message: 'Send application/json' };
    if (!/^(identity)?$/i.test(headers['content-encoding'] ?? '')) {
      return { status: 415, message: 'Send the body without Content-Encoding' };
    }
    return Number(headers['content-length'] ?? 0) > MOST_BODY_BYTES ? tooLong() : null;
  }
  if (development && (method === 'GET' || method === 'HEAD')) return null;
  const allowed = development ? 'GET, POST' : 'POST';
  return { status: 405, message: `Send ${allowed.replace(', ', ' or ')}`, headers: { Allow: allowed } };
}

function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/json\s*(;|$)/i.test(contentType);
}
