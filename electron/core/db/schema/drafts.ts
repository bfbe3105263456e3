import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** What a form held when it was left, as JSON; never a secret. */
export const drafts = sqliteTable('drafts', {
  key: text('key').primaryKey(),
  value: text('value').notNull(),
  keptAt: integer('kept_at').notNull(),
});
