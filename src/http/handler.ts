import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { Rates } from '../features/auth/rates.ts';
import type { Context } from '../graphql/context.ts';
import type { Logger } from '../platform/logger.ts';
import type { Caller } from './caller.ts';
import { counted } from './counted.ts';
import { createLeanPath } from './lean-path.ts';
import { createOperations } from './operations.ts';
import { createPersistedOperations, type Manifest, type PersistedOperations } from './persisted-operations.ts';
import type { CredentialWatches } from './watch-credential.ts';
import { createLaurelYoga, type LaurelYoga } from './yoga.ts';

/** What the GraphQL handler stands on. */
export interface HandlerParts {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  /** Introspection, GraphiQL and queries by GET. */
  readonly development: boolean;
  /** Makes the context of an operation, and a fresh one for each event of a subscription. Rejects with UNAUTHENTICATED. */
  readonly contextFor: (caller: Caller) => Promise<Context>;
  readonly rates: Pick<Rates, 'take'>;
  readonly manifest: Manifest;
  readonly watches: CredentialWatches;
  /** False: everything goes the long way. For the tests that compare the two. */
  readonly lean?: boolean;
  /** Longest an operation takes, milliseconds; 5,000 by default. */
  readonly mostMs?: number | undefined;
}

/** Answers GraphQL. */
export interface GraphQLHandler {
  /** Answers a request whose form was checked. `body` is null for a query by GET. */
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    received: { readonly caller: Caller; readonly body: Buffer | null },
  ): Promise<void>;
  /** For the sockets, which look themselves at what is asked. */
  readonly persisted: PersistedOperations;
  /** For the sockets. */
  readonly getEnveloped: LaurelYoga['getEnveloped'];
}

/** Makes the GraphQL handler: the lean path for ordinary operations by POST, Yoga for everything else, by the same rules. */
export function createGraphQLHandler(parts: HandlerParts): GraphQLHandler {
  const { schema, development, lean = true } = parts;
  const operations = createOperations(schema, { development, mostMs: parts.mostMs });
  const contextFor = (caller: Caller): Promise<Context> => parts.contextFor(caller).catch(rethrowAsOne);
  const admit = (caller: Caller): Promise<Context> =>
    counted(parts.rates, { name: 'api', address: caller.address }, contextFor(caller));
  const persisted = createPersistedOperations(parts.manifest);
  const { logger, watches } = parts;
  const shared = { schema, operations, logger, development, contextFor, admit, persisted, watches };
  const yoga = createLaurelYoga(shared);
  const leanPath = lean ? createLeanPath(shared) : async () => false;
  return {
    async answer(request, response, { caller, body }) {
      if (body === null) {
        await yoga(request, response, { caller });
      } else if (!(await leanPath({ accept: request.headers.accept, body, caller }, response))) {
        await yoga(replayed(request, body), response, { caller, bodyBytes: body.length });
      }
    },
    persisted,
    getEnveloped: yoga.getEnveloped,
  };
}

/** Yoga makes as many errors of an aggregate as it holds; a request that could not begin has one. */
function rethrowAsOne(error: unknown): never {
  throw error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error });
}

/** The request once more, its body unread. Its form was checked; of its address and type Yoga knows other rules. */
function replayed({ headers, method, socket }: IncomingMessage, body: Buffer): IncomingMessage {
  return Object.assign(Readable.from([body], { objectMode: false }), {
    method,
    url: '/graphql',
    headers: { ...headers, 'content-type': 'application/json' },
    socket,
  }) as unknown as IncomingMessage;
}
