import { asLaurelError, firstGraphQLError, LaurelError } from './errors.ts';
import type { LaurelFetch, Parts } from './options.ts';

/**
 * An operation with the types of its answer and variables, as codegen makes it: a string with a type (`documentMode: 'string'`), or a
 * TypedDocumentNode, for which the client needs the option `print`. A plain string does too, untyped.
 */
export interface TypedDocument<R, V> {
  readonly __apiType?: (variables: V) => R;
}

/** Queries and mutations over HTTP. */
export interface Requests {
  /**
   * Sends one operation and answers its data.
   * @throws LaurelError with the code of the first GraphQL error; NETWORK (also after 30 s), BAD_RESPONSE, AUTHORIZATION, CLOSED
   */
  send<R, V>(document: TypedDocument<R, V> | string, variables: V): Promise<R>;
  /** Gives up what is under way, which rejects with NETWORK; what comes later rejects with CLOSED. */
  close(): void;
}

/** An answer that has not come by then is given up, milliseconds. */
const ANSWER_WITHIN_MS = 30_000;

/** Makes the HTTP side of a client. */
export function createRequests(parts: Parts): Requests {
  const underWay = new Set<AbortController>();
  let isClosed = false;
  return {
    async send<R, V>(document: TypedDocument<R, V> | string, variables: V): Promise<R> {
      const query = textOf(document, parts);
      const headers = await headersOf(parts);
      if (isClosed) throw new LaurelError('CLOSED', 'The client is closed');
      const abort = new AbortController();
      const cancel = parts.schedule(() => abort.abort(), ANSWER_WITHIN_MS);
      underWay.add(abort);
      try {
        const body = JSON.stringify({ query, variables });
        const answer = ask(parts, { method: 'POST', headers, body, signal: abort.signal });
        return dataOf<R>(...(await Promise.race([answer, aborted(abort.signal)])));
      } catch (thrown) {
        throw asLaurelError(thrown, 'NETWORK');
      } finally {
        cancel();
        underWay.delete(abort);
      }
    },
    close() {
      isClosed = true;
      for (const abort of underWay) abort.abort();
    },
  };
}

async function ask({ url, fetchImpl }: Parts, init: Parameters<LaurelFetch>[1]): Promise<readonly [number, unknown]> {
  const response = await fetchImpl(url, init);
  // A proxy may answer in its own words.
  return [response.status, await response.json().catch(() => null)];
}

/** Rejects once it is aborted, whether or not the fetch of this platform heeds the signal. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new LaurelError('NETWORK', 'No answer came in time')));
  });
}

/**
 * The text of a document.
 * @throws TypeError for a syntax tree without the option `print`
 */
export function textOf(document: object | string, { print }: Pick<Parts, 'print'>): string {
  if (typeof document === 'string' || document instanceof String) return document.toString();
  if (print === null)
    throw new TypeError('The document is a syntax tree: give the option print, that of the graphql package');
  return print(document);
}

async function headersOf({ authorization, locale }: Parts): Promise<Record<string, string>> {
  let credential: string | null;
  try {
    credential = await authorization();
  } catch (thrown) {
    throw asLaurelError(thrown, 'AUTHORIZATION');
  }
  return {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json',
    ...(credential === null ? {} : { authorization: credential }),
    ...(locale === null ? {} : { 'accept-language': locale }),
  };
}

function dataOf<R>(status: number, answer: unknown): R {
  const { data, errors } = (answer ?? {}) as { data?: unknown; errors?: unknown };
  const error = firstGraphQLError(errors);
  if (error !== null) throw error;
  if (data === undefined || data === null) {
    throw new LaurelError('BAD_RESPONSE', `The server answered ${status} and no GraphQL`);
  }
  return data as R;
}
