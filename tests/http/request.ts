import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

/** An answer, whole. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape it asked for.
  readonly json: any;
}

/** What to send; a body given as parts goes chunked, without Content-Length. */
export interface Sending {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Iterable<string | Uint8Array>;
}

/** Sends one request on a connection of its own, with exactly these headers (Host included, which fetch does not let one set). */
export function send(
  url: string,
  { method = 'GET', path = '/graphql', headers = {}, body }: Sending = {},
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const outgoing = request(
    new URL(path, url),
    { method, agent: false, headers: { connection: 'close', ...headers } },
    (incoming) => {
      read(incoming).then(resolve, reject);
    },
  );
  outgoing.on('error', reject);
  if (typeof body === 'string') outgoing.end(body);
  else {
    for (const part of body ?? []) outgoing.write(part);
    outgoing.end();
  }
  return promise;
}

/** Posts an operation as JSON. */
export function sendQuery(url: string, query: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  const body = JSON.stringify({ query });
  return send(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
}

async function read(incoming: IncomingMessage): Promise<Reply> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
  const isJson = text !== '' && incoming.headers['content-type']?.includes('json') === true;
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: isJson ? JSON.parse(text) : null };
}
