import { defineConfig } from 'vitest/config';

/**
 * Vitest as a mutation run of the engine wants it (`stryker run tests/engine/stryker.config.json`, by hand): the tests of the engine
 * alone, without a database, property tests with few runs and one seed. The engine keeps no state in its modules but memos of
 * what follows from their keys, so files may share a worker.
 */
// biome-ignore lint/style/noDefaultExport: Vitest reads the default export
export default defineConfig({
  test: {
    include: ['tests/engine/**/*.test.ts'],
    testTimeout: 30_000,
    isolate: false,
    env: { LAUREL_PROPERTY_RUNS: '6', LAUREL_PROPERTY_SEED: '20260101' },
  },
});
