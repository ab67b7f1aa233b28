import { getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ServerContext } from './caller.ts';
import { refusalByLength } from './operation-length.ts';

/** Refuses an operation that came in a longer body or message than it may. */
export function useOperationLength(): Plugin<object, ServerContext> {
  return {
    onValidate({ context, params: { documentAST } }) {
      const { bodyBytes, mostBytes, params } = context as Partial<ServerContext> & {
        readonly params?: { readonly operationName?: string | null };
      };
      const operation = bodyBytes === undefined ? null : getOperationAST(documentAST, params?.operationName);
      const refusal = operation == null ? null : refusalByLength(bodyBytes ?? 0, operation, mostBytes);
      return ({ valid, setResult }) => {
        if (valid && refusal !== null) setResult([refusal]);
      };
    },
  };
}
