/**
 * The baselines of P2, each a server of its own process: `graphql-js`: node:http and graphql-js with a cache of documents, an empty
 * mutation; `yoga`: stock Yoga, an empty mutation; `prisma`: as `graphql-js`, with one interactive Prisma transaction an event.
 * Run by p2.ts.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, type DocumentNode, execute, type GraphQLSchema, parse, validate } from 'graphql';
import { createSchema, createYoga } from 'graphql-yoga';
import { createPrismaRecorder, PRISMA_SCHEMA } from './prisma.ts';

const EMPTY = 'type Query { nothing: Boolean } type Mutation { nothing: Boolean }';

interface Body {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

/** node:http and graphql-js: a document is parsed and validated once. */
function bareServer(schema: GraphQLSchema, rootValue: object): Server {
  const documents = new Map<string, DocumentNode>();
  const documentOf = (text: string): DocumentNode => {
    const known = documents.get(text);
    if (known !== undefined) return known;
    const document = parse(text);
    const faults = validate(schema, document);
    if (faults.length > 0) throw new AggregateError(faults);
    documents.set(text, document);
    return document;
  };
  return createServer(async (request, response) => {
    const { query, variables } = JSON.parse(await bodyOf(request)) as Body;
    const result = await execute({ schema, document: documentOf(query), rootValue, variableValues: variables });
    const answer = JSON.stringify(result);
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) })
      .end(answer);
  });
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => {
      text += part;
    });
    request.on('end', () => resolve(text));
    request.on('error', reject);
  });
}

function stockYoga(): Server {
  const resolvers = { Mutation: { nothing: () => true } };
  const yoga = createYoga({ schema: createSchema<object>({ typeDefs: EMPTY, resolvers }) });
  return createServer(yoga as RequestListener);
}

const servers: Readonly<Record<string, () => Server>> = {
  'graphql-js': () => bareServer(buildSchema(EMPTY), { nothing: () => true }),
  yoga: stockYoga,
  prisma: () =>
    bareServer(buildSchema(PRISMA_SCHEMA), { recordEvent: createPrismaRecorder(process.env['DATABASE_URL'] ?? '') }),
};

const server = servers[process.argv[2] ?? '']?.();
if (server === undefined) throw new Error(`one of ${Object.keys(servers).join(', ')} is wanted`);
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`serves http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql\n`);
});
process.once('SIGTERM', () => process.exit(0));
