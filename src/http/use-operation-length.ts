import { getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ServerContext } from './caller.ts';
import { MOST_ORDINARY_BYTES, refusalByLength } from './operation-length.ts';
import { MOST_MESSAGE_BYTES } from './socket-limits.ts';

/** Refuses an operation that came in a longer body or message than it may. */
export function useOperationLength(): Plugin<object, ServerContext> {
  return {
    onValidate({ context, params: { documentAST } }) {
      const { bodyBytes, overSocket, params } = context as Partial<ServerContext> & {
        readonly params?: { readonly operationName?: string | null };
      };
      const most = overSocket === true ? MOST_MESSAGE_BYTES : MOST_ORDINARY_BYTES;
      const operation = bodyBytes === undefined ? null : getOperationAST(documentAST, params?.operationName);
      const refusal = operation == null ? null : refusalByLength(bodyBytes ?? 0, operation, most);
      return ({ valid, setResult }) => {
        if (valid && refusal !== null) setResult([refusal]);
      };
    },
  };
}
