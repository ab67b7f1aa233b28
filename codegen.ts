import type { CodegenConfig } from '@graphql-codegen/cli';

const operations = {
  useTypeImports: true,
  enumsAsTypes: true,
  avoidOptionals: { field: true },
  strictScalars: true,
  scalars: { DateTime: 'string', Date: 'string', JSON: 'unknown', SafeInt: 'number' },
};

/** What clients need of the schema: possible types for their caches, and typed operations for our client, tests and pages. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  generates: {
    'possible-types.json': {
      plugins: ['fragment-matcher'],
      config: { apolloClientVersion: 3, useExplicitTyping: false },
    },
    'tests/operations/operations.ts': {
      documents: ['tests/operations/**/*.graphql'],
      plugins: ['typescript-operations', 'typed-document-node'],
      config: operations,
    },
    // As strings: a client needs no printer of documents.
    'src/client/operations.ts': {
      documents: ['src/client/**/*.graphql'],
      plugins: ['typescript-operations', 'typed-document-node'],
      config: { ...operations, documentMode: 'string' },
    },
  },
};

export default config;
