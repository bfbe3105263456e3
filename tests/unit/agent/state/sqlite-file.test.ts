import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import { sweptFolder } from '#tests/support/temp-folder';

const open = (path: string) => {
  const store = new SqliteStore(path, systemClock);
  return { store, state: createSqliteState(store, systemClock) };
};

test('a file keeps entries and revisions, and drops what stood under leases', async () => {
  const path = join(sweptFolder(), 'state.db');
  const before = open(path);
  await before.state.commit([], [{ key: 'kept', put: { a: 1 } }]);
  const lease = await before.state.lease(60_000);
  await before.state.commit([], [{ key: 'passing', put: 1, lease: lease.id }]);
  const revision = await before.state.revision();
  const kept = await before.state.get('kept');
  await before.state.close();
  before.store.close();

  const after = open(path);
  expect(await after.state.get('kept')).toEqual(kept);
  expect(await after.state.get('passing')).toBeNull();
  expect(await after.state.revision()).toBeGreaterThan(revision);
  after.store.close();
});

test('a file belongs to one agent', () => {
  const path = join(sweptFolder(), 'state.db');
  const { store } = open(path);
  expect(() => open(path)).toThrow(expect.objectContaining({ code: 'STORE_BUSY' }));
  store.close();
});

test('a file that is no database is refused and left as it is', () => {
  const path = join(sweptFolder(), 'state.db');
  writeFileSync(path, 'something precious that is no database at all'.repeat(100));
  expect(() => open(path)).toThrow(expect.objectContaining({ code: 'STORE_BROKEN' }));
});

test('a watcher that comes too late is told to list again', async () => {
  const { store, state } = open(':memory:');
  for (let n = 0; n < 6_000; n += 1) store.commit([], [{ key: 'k', put: n }]);
  const changes = state.watch('', 1, new AbortController().signal);
  await expect(changes[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'REVISION_CHANGED',
  });
  store.close();
});
