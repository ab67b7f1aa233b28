import { useExtendContextValuePerExecuteSubscriptionEvent } from '@envelop/execute-subscription-event';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { Context } from '../graphql/context.ts';
import { statusOf } from '../graphql/errors.ts';
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

type Answer = { readonly data?: unknown; readonly errors?: readonly Error[] };

/** Every error of an answer, of whatever phase, gets its code and request id, and an answer without data its status. */
function useAnsweredErrors(logger: Logger): Plugin<object, ServerContext> {
  const answered = <Result extends Answer>(result: Result, requestId: string): Result => {
    if (result.errors === undefined) return result;
    const errors = answerErrors(result.errors, { requestId, logger });
    if (result.data === undefined) for (const [at, error] of errors.entries()) setStatus(error, result.errors[at]);
    return { ...result, errors };
  };
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

/**
 * Yoga reads the status from `extensions.http`, and does not send it. With `spec`, an answer as application/json keeps its 200; a
 * request that is not even one of GraphQL (Yoga calls it BAD_REQUEST) has its status either way.
 */
function setStatus(error: GraphQLError, cause: Error | undefined): void {
  const { http, code } = cause instanceof GraphQLError ? cause.extensions : {};
  const given = (http ?? { status: statusOf(error.extensions['code']), spec: true }) as { readonly spec?: boolean };
  error.extensions['http'] = { ...given, spec: given.spec === true && code !== 'BAD_REQUEST' };
}
