import { afterAll, beforeAll } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import { conformance } from './conformance';

let store: SqliteStore;
beforeAll(() => {
  store = new SqliteStore(':memory:', systemClock);
});
afterAll(() => store.close());

conformance('SQLite', () => createSqliteState(store, systemClock));
