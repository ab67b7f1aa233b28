import type { Caller } from './caller.ts';
import type { GraphQLHandler } from './handler.ts';
import type { Subscribed } from './shared-subscriptions.ts';

/** An operation as it comes over a socket. */
export interface Asked {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly operationName?: string | null | undefined;
}

/**
 * What names a subscription that is the same for all who ask it in these languages, and what opens it: as nobody, so that it ends with
 * nobody's credential.
 */
export function sharedAsk(
  handler: GraphQLHandler,
  { address, locales, requestId }: Caller,
  { query, variables, operationName }: Asked,
): [key: string, open: () => Promise<Subscribed>] {
  const open = async (): Promise<Subscribed> => {
    const caller: Caller = { authorization: null, address, locales, requestId };
    const params = { query, ...(variables != null && { variables }), ...(operationName != null && { operationName }) };
    const { schema, subscribe, contextFactory, parse } = handler.getEnveloped({ caller, params, overSocket: true });
    return subscribe({
      schema,
      document: parse(query),
      operationName,
      variableValues: variables,
      contextValue: await contextFactory(),
    }) as Promise<Subscribed>;
  };
  return [JSON.stringify([query, operationName ?? null, variables ?? null, locales]), open];
}
