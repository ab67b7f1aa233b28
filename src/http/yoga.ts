import { useExtendContextValuePerExecuteSubscriptionEvent } from '@envelop/execute-subscription-event';
import type { GraphQLSchema } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { Context } from '../graphql/context.ts';
import type { Logger } from '../platform/logger.ts';
import { answerErrors } from './answer-errors.ts';
import { GRAPHIQL_OPTIONS, renderExplorer } from './graphiql.ts';
import { useNoIntrospection } from './no-introspection.ts';
import { useNoSuggestions } from './no-suggestions.ts';
import { MOST_BODY_BYTES } from './request-form.ts';

/** What identifies a caller, over either transport. */
export interface Caller {
  readonly authorization: string | null;
  /** Best first. */
  readonly locales: readonly string[];
  readonly requestId: string;
}

/** Handed to Yoga with each request or operation. */
export interface ServerContext {
  readonly caller: Caller;
}

/** What the GraphQL handler stands on. */
export interface YogaParts {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  /** Introspection, GraphiQL and queries by GET. */
  readonly development: boolean;
  /** Makes the context of an operation, and a fresh one for each event of a subscription. Rejects with UNAUTHENTICATED. */
  readonly contextFor: (caller: Caller) => Promise<Context>;
}

/** The GraphQL handler: Yoga with our context, errors and explorer. */
export type GraphQLHandler = YogaServerInstance<ServerContext, Context>;

/** Makes the GraphQL handler. */
export function createGraphQLHandler({ schema, logger, development, contextFor }: YogaParts): GraphQLHandler {
  return createYoga<ServerContext, Context>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: development ? GRAPHIQL_OPTIONS : false,
    renderGraphiQL: renderExplorer,
    maskedErrors: false,
    batching: false,
    cors: false,
    multipart: false,
    maxRequestBodySize: MOST_BODY_BYTES,
    logging: {
      debug: (...messages) => logger.debug({ messages }, 'yoga'),
      info: (...messages) => logger.debug({ messages }, 'yoga'),
      warn: (...messages) => logger.warn({ messages }, 'yoga'),
      error: (...messages) => logger.debug({ messages }, 'yoga'),
    },
    context: ({ caller }) => contextFor(caller),
    plugins: [
      useExtendContextValuePerExecuteSubscriptionEvent<Context & ServerContext>(async ({ args }) => ({
        contextPartial: await contextFor((args.contextValue as ServerContext).caller),
      })),
      ...(development ? [] : [useNoIntrospection(), useNoSuggestions()]),
      useAnsweredErrors(logger),
    ],
  });
}

/** Every error of an answer, of whatever phase, gets its code and request id. */
function useAnsweredErrors(logger: Logger): Plugin<object, ServerContext> {
  type Answer = { errors?: readonly Error[] };
  const answered = <Result extends Answer>(result: Result, requestId: string): Result =>
    result.errors === undefined ? result : { ...result, errors: answerErrors(result.errors, { requestId, logger }) };
  return {
    onResultProcess({ result, setResult, serverContext }) {
      const { requestId } = serverContext.caller;
      if (Symbol.asyncIterator in result) {
        const source = result[Symbol.asyncIterator]();
        setResult({
          [Symbol.asyncIterator]: () => ({
            next: async () => {
              const item = await source.next();
              return item.done ? item : { done: false, value: answered(item.value, requestId) };
            },
            return: async () => (await source.return?.()) ?? { done: true, value: undefined },
          }),
        } as never);
      } else if (!Array.isArray(result)) setResult(answered(result as Answer, requestId) as never);
    },
  };
}
