import { defineConfig } from 'drizzle-kit';

/**
 * `npx drizzle-kit generate --config build/drizzle.config.ts` writes the SQL of a schema change into
 * dist/drizzle; it is reviewed, made STRICT and numbered by hand into electron/core/db/migrations.
 */
export default defineConfig({
  dialect: 'sqlite',
  schema: './electron/core/db/schema/*.ts',
  out: './dist/drizzle',
});
