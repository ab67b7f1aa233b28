import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Caller, ServerContext } from './caller.ts';

/** Counts each request before anything is made of it, and refuses it where that is one too many. */
export function useRates(admit: (caller: Caller) => Promise<unknown>): Plugin<object, ServerContext> {
  return {
    async onParams({ context, setResult }) {
      await admit((context as ServerContext).caller).catch((error: unknown) => {
        if (!(error instanceof GraphQLError)) throw error;
        setResult({ errors: [error] });
      });
    },
  };
}
