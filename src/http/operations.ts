import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { aliasAndDirectiveRule, MOST_TOKENS } from '../graphql/document-limits.ts';
import { createDocumentCache } from './document-cache.ts';
import { MOST_MS, withinTime } from './operation-time.ts';

/** How documents are checked and run, the same over every transport. */
export interface Operations {
  /** Remembers what it read. Throws the GraphQLError of a document that does not parse or is too long. */
  parse(text: string): DocumentNode;
  /** The faults of a document, remembered as long as the document. */
  validate(document: DocumentNode): readonly GraphQLError[];
  /** Runs a query or mutation, in bounded time; the result of one that waits for nothing is there at once. */
  execute(args: Omit<ExecutionArgs, 'schema'>): ExecutionResult | Promise<ExecutionResult>;
}

/**
 * Makes the one way to check and run documents of a schema. Depth and cost depend on variables and are checked by the schema itself.
 * Outside development introspection is refused (`__typename` stays) and messages of graphql-js name nothing of the schema that the
 * caller did not: a typo finds nothing out.
 */
export function createOperations(
  schema: GraphQLSchema,
  options: { readonly development: boolean; readonly mostMs?: number | undefined },
): Operations {
  const { mostMs = MOST_MS } = options;
  const hideSuggestions = !options.development;
  const rules = [
    ...specifiedRules,
    aliasAndDirectiveRule,
    ...(options.development ? [] : [NoSchemaIntrospectionCustomRule]),
  ];
  const parsed = createDocumentCache<DocumentNode | GraphQLError>();
  const faultsOf = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  return {
    parse(text) {
      const read = parsed.get(text) ?? parsed.remember(text, parseOrFault(text));
      if (read instanceof GraphQLError) throw read;
      return read;
    },
    validate(document) {
      const known = faultsOf.get(document);
      if (known !== undefined) return known;
      const faults = validate(schema, document, rules, { hideSuggestions });
      faultsOf.set(document, faults);
      return faults;
    },
    execute: (args) =>
      withinTime(
        execute({ ...args, schema, hideSuggestions }) as ExecutionResult | Promise<ExecutionResult>,
        args,
        mostMs,
      ),
  };
}

function parseOrFault(text: string): DocumentNode | GraphQLError {
  try {
    return parse(text, { maxTokens: MOST_TOKENS });
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}
