import { defineConfig } from 'prisma/config';

// The schema engine is a native binary that the Prisma CLI would download; `generate` needs it only to exist. Migrations are run by
// src/platform/migrate.ts, never by the CLI, so any executable will do.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

/** Read by the Prisma CLI (`prisma generate`); the running server never reads it. */
export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } });
