import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Takes the names of the schema out of messages about a document or its variables: a typo finds nothing out. */
export function useNoSuggestions(): Plugin {
  return {
    onValidate() {
      return ({ valid, result, setResult }) => {
        if (!valid) setResult(result.map((error) => withoutSuggestion(error as GraphQLError)));
      };
    },
    onExecute() {
      return {
        onExecuteDone({ result, setResult }) {
          if (!(Symbol.asyncIterator in result) && result.errors) {
            setResult({ ...result, errors: result.errors.map(withoutSuggestion) });
          }
        },
      };
    },
    onSubscribe() {
      return {
        onSubscribeResult({ result, setResult }) {
          if (!(Symbol.asyncIterator in result) && result.errors) {
            setResult({ ...result, errors: result.errors.map(withoutSuggestion) });
          }
        },
      };
    },
  };
}

/** Only graphql-js itself suggests; what a resolver threw keeps its words. */
function withoutSuggestion(error: GraphQLError): GraphQLError {
  const message = error.message.replace(/ Did you mean [^?]*\?/g, '');
  if (message === error.message || error.path !== undefined) return error;
  const { nodes = null, source = null, positions = null, extensions } = error;
  return new GraphQLError(message, { nodes, source, positions, extensions });
}
