import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['tests/**/*.test.ts'], globalSetup: ['tests/support/global-setup.ts'] },
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
});
