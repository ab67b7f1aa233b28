import type { CodegenConfig } from '@graphql-codegen/cli';

/** What clients need of the schema: possible types for their caches, and typed operations for our own tests and pages. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['tests/operations/**/*.graphql'],
  generates: {
    'possible-types.json': {
      plugins: ['fragment-matcher'],
      config: { apolloClientVersion: 3, useExplicitTyping: false },
    },
    'tests/operations/operations.ts': {
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        avoidOptionals: { field: true },
        strictScalars: true,
        scalars: { DateTime: 'string', Date: 'string', JSON: 'unknown', SafeInt: 'number' },
      },
    },
  },
};

export default config;
