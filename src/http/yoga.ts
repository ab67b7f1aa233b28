import { useExtendContextValuePerExecuteSubscriptionEvent } from '@envelop/execute-subscription-event';
import type { GraphQLSchema } from 'graphql';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { Context } from '../graphql/context.ts';
import type { Logger } from '../platform/logger.ts';
import type { Caller, ServerContext } from './caller.ts';
import { GRAPHIQL_OPTIONS, renderExplorer } from './graphiql.ts';
import { useNoSuggestions } from './no-suggestions.ts';
import type { Operations } from './operations.ts';
import type { PersistedOperations } from './persisted-operations.ts';
import { useAdmission } from './use-admission.ts';
import { useDressedAnswers } from './use-dressed-answers.ts';
import { useOperationLength } from './use-operation-length.ts';
import { useOperations } from './use-operations.ts';
import { useStreamLimits } from './use-stream-limits.ts';
import type { CredentialWatches } from './watch-credential.ts';

/** What Yoga stands on. */
export interface YogaParts {
  readonly schema: GraphQLSchema;
  readonly operations: Operations;
  readonly logger: Logger;
  /** GraphiQL and queries by GET. */
  readonly development: boolean;
  /** Makes the context of an operation, and a fresh one for each event of a subscription. Rejects with UNAUTHENTICATED. */
  readonly contextFor: (caller: Caller) => Promise<Context>;
  /** Counts a request. Rejects with UNAUTHENTICATED and RATE_LIMITED. */
  readonly admit: (caller: Caller) => Promise<Context>;
  readonly persisted: PersistedOperations;
  readonly watches: CredentialWatches;
}

/** Yoga with our context, operations, answers and explorer. */
export type LaurelYoga = YogaServerInstance<ServerContext, Context>;

/** Makes the Yoga that answers what is not ordinary. */
export function createLaurelYoga(parts: YogaParts): LaurelYoga {
  const { schema, operations, logger, development, contextFor, watches } = parts;
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
    parserAndValidationCache: false,
    // It was read and counted before.
    maxRequestBodySize: false,
    logging: {
      debug: (...messages) => logger.debug({ messages }, 'yoga'),
      info: (...messages) => logger.debug({ messages }, 'yoga'),
      warn: (...messages) => logger.warn({ messages }, 'yoga'),
      error: (...messages) => logger.debug({ messages }, 'yoga'),
    },
    context: ({ caller }) => contextFor(caller),
    plugins: [
      useAdmission(parts.admit, parts.persisted),
      useOperations(operations),
      useOperationLength(),
      useExtendContextValuePerExecuteSubscriptionEvent<Context & ServerContext>(async ({ args }) => ({
        contextPartial: await contextFor((args.contextValue as ServerContext).caller),
      })),
      useStreamLimits(contextFor, watches),
      ...(development ? [] : [useNoSuggestions()]),
      useDressedAnswers(logger),
    ],
  });
}
