import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Context } from '../graphql/context.ts';
import type { Caller, ServerContext } from './caller.ts';
import type { PersistedOperations } from './persisted-operations.ts';

/** Counts each request before anything is made of it, and finds its document; refuses one too many, and one that is not answered here. */
export function useAdmission(
  admit: (caller: Caller) => Promise<Context>,
  persisted: PersistedOperations,
): Plugin<object, ServerContext> {
  return {
    async onParams({ context, params, setParams, setResult }) {
      try {
        const { principal } = await admit((context as ServerContext).caller);
        const query = persisted.documentOf(params);
        if (query === null) return;
        persisted.check(query, principal);
        if (query !== params.query) setParams({ ...params, query });
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error;
        setResult({ errors: [error] });
      }
    },
  };
}
