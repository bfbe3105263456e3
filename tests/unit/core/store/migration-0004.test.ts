import { expect, test } from 'vitest';
import { bundledMigrations } from '#electron/core/db/migrate';
import { openDatabase } from '#electron/core/db/open';
import { FakeClock } from '#tests/support/fake-clock';
import { silent } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

test('0004_imports: an import is kept as JSON, and its number is never given again', () => {
  const dataDir = sweptFolder();
  const open = (count: number) => {
    const migrations = bundledMigrations().slice(0, count);
    return openDatabase({ dataDir, clock: new FakeClock(), logger: silent, migrations });
  };
  open(3).close();
  const sqlite = open(4);
  const insert = (body: string) =>
    sqlite
      .prepare('INSERT INTO imports (at, source, file_name, body) VALUES (1, ?, ?, ?)')
      .run('bundle', 'lab.cdeck', body).lastInsertRowid;
  expect(insert('{}')).toBe(1);
  sqlite.exec('DELETE FROM imports');
  expect(insert('{}')).toBe(2);
  expect(() => insert('{')).toThrow('imports_body');
  sqlite.close();
});
