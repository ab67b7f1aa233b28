import { type FormattedExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import { makeServer, type Server as ProtocolServer } from 'graphql-ws';
import { ANONYMOUS } from '../features/auth/principal.ts';
import type { Context } from '../graphql/context.ts';
import { ApiError } from '../graphql/errors.ts';
import { isShareable } from '../graphql/sharing.ts';
import type { Logger } from '../platform/logger.ts';
import { answerErrors } from './answer-errors.ts';
import type { GraphQLHandler } from './handler.ts';
import { sharedAsk } from './shared-ask.ts';
import { createSharedSubscriptions, type SharedSubscriptions } from './shared-subscriptions.ts';
import { askedDocument } from './socket-admission.ts';
import { createSocketCount, MOST_OPERATIONS } from './socket-limits.ts';
import type { SocketExtra, SocketFigures, SocketParts } from './socket-parts.ts';
import { CLOSES, callerOf, welcome } from './socket-welcome.ts';
import { isSignedOut } from './watch-credential.ts';

/** graphql-transport-ws with our credentials, engine and errors. */
export function createProtocol(parts: SocketParts, figures: SocketFigures): ProtocolServer<SocketExtra> {
  const { handler, logger } = parts;
  const counts = createSocketCount();
  const shared = createSharedSubscriptions(({ errors, ...result }) =>
    errors === undefined ? result : { ...result, errors: answerErrors(errors, { requestId: '', logger }) },
  );
  return makeServer<Record<string, unknown>, SocketExtra>({
    connectionInitWaitTimeout: figures.initWithinMs,
    onConnect: ({ extra, connectionParams, subscriptions }) => {
      extra.arrive();
      extra.operations = subscriptions;
      return welcome(parts, figures, counts, extra, connectionParams ?? {});
    },
    onClose: ({ extra }) => extra.leave?.(),
    execute: (args) => (args.rootValue as Enveloped).execute(args),
    subscribe: (args) => (args.rootValue as Enveloped).subscribe(args),
    onSubscribe: async ({ extra, subscriptions }, id, { variables, operationName, ...asked }) => {
      if (Object.keys(subscriptions).length > MOST_OPERATIONS && extra.isTrusted !== true) return [tooMany()];
      const caller = extra.caller ?? callerOf(parts, extra.request, {});
      try {
        const query = await askedDocument(parts, asked, {
          principal: extra.principal ?? ANONYMOUS,
          address: caller.address,
        });
        const { schema, execute, subscribe, contextFactory, parse, validate } = handler.getEnveloped({
          caller,
          params: { query, variables, operationName },
          bodyBytes: extra.messageBytes,
          overSocket: true,
        });
        const document = parse(query);
        const faults = validate(schema, document);
        if (faults.length > 0) return faults;
        const context = await contextFactory();
        const { principal, services } = context as unknown as Context;
        // To who is in quarantine boards are not what they are to all.
        const isAlone = principal.kind === 'player' && (await services.leaderboards.isQuarantined(principal.userId));
        const isShared = !isAlone && isShareable(schema, document, operationName ?? null);
        return {
          schema,
          document,
          operationName,
          variableValues: variables,
          contextValue: context,
          rootValue: {
            execute,
            subscribe: isShared
              ? () => shared.join(...sharedAsk(handler, caller, { query, variables, operationName }), extra.socket, id)
              : subscribe,
          } satisfies Enveloped,
        };
      } catch (error) {
        // A thrown error would close the whole socket; this one ends the operation alone.
        return [error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error })];
      }
    },
    onNext: ({ extra }, _id, _payload, _args, result) => {
      if (result.errors === undefined) return;
      return { ...result, errors: answered(extra, result.errors, logger) } as FormattedExecutionResult;
    },
    onError: ({ extra }, _id, _payload, errors) => answered(extra, errors, logger),
  });
}

function tooMany(): GraphQLError {
  const message = `A socket has at most ${MOST_OPERATIONS} operations under way`;
  return new ApiError('RATE_LIMITED', message, { retryAfterMs: 1_000, limit: MOST_OPERATIONS });
}

interface Enveloped extends Pick<ReturnType<GraphQLHandler['getEnveloped']>, 'execute'> {
  subscribe(args: object): ReturnType<SharedSubscriptions['join']>;
}

/** Errors as they are sent. A credential that was taken and no longer verifies closes the socket behind them. */
function answered(extra: SocketExtra, errors: readonly GraphQLError[], logger: Logger): GraphQLFormattedError[] {
  const { caller, socket } = extra;
  const sent = answerErrors(errors, { requestId: caller?.requestId ?? '', logger });
  if (caller?.authorization && sent.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED')) {
    const [code, reason] = CLOSES[sent.some(isSignedOut) ? 'signedOut' : 'refused'];
    setImmediate(() => socket.close(code, reason));
  }
  return sent.map((error) => error.toJSON());
}
