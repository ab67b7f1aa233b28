import type { ExecutionArgs } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Operations } from './operations.ts';

/** Lets Yoga, and with it the sockets, check and run documents in the one way there is. */
export function useOperations(operations: Operations): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn((source: unknown) => operations.parse(String(source)));
    },
    onValidate({ params: { documentAST }, setValidationFn }) {
      setValidationFn((() => operations.validate(documentAST)) as never);
    },
    onExecute({ setExecuteFn }) {
      setExecuteFn((args: ExecutionArgs) => operations.execute(args));
    },
  };
}
