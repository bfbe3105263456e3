import { expect, test } from 'vitest';
import { deskId, readRecords } from '#shared/domain/sync/record';
import { settle } from '#shared/domain/sync/settle';

const row = (more: object = {}) => ({
  id: 'c1',
  db_id: 1,
  name: 'Lab One',
  host: '10.0.0.5',
  user: 'root@pam',
  created_at: '2026-11-21T19:49:57.949304',
  updated_at: '2026-11-21T19:49:57.949309',
  is_default: true,
  ...more,
});
const read = (...list: unknown[]) => readRecords(list);

test('a record is read with its known values put right and its unknown ones as they are', () => {
  const { records } = read(
    row({ port: '8007', is_active: 1, rack: { row: 4 }, description: '  ' }),
  );
  expect(records).toEqual([
    {
      id: 'c1',
      number: 1,
      createdThere: '2026-11-21T19:49:57.949304',
      isDefault: true,
      values: {
        name: 'Lab One',
        host: '10.0.0.5',
        user: 'root@pam',
        port: 8007,
        is_active: true,
        description: null,
        rack: { row: 4 },
      },
    },
  ]);
});

test('what looks like a secret, an endless value and a name that bends objects are left behind', () => {
  const odd = JSON.parse(
    JSON.stringify(
      row({ root_password: 'x', nested: { api_key: 'y' }, big: 'z'.repeat(20_000) }),
    ).replace('"name"', '"__proto__":{"polluted":true},"name"'),
  );
  const [record] = read(odd).records;
  expect(Object.keys(record?.values ?? {}).toSorted()).toEqual(['host', 'name', 'user']);
  expect(record?.values['polluted']).toBeUndefined();
});

test.each<[string, unknown, RegExp]>([
  ['no object', 7, /no object/],
  ['no id', row({ id: undefined }), /no id/],
  ['an id of nothing', row({ id: ' ' }), /no id/],
  ['a strange id', row({ id: 'Größe' }), /characters that an id cannot have/],
  ['no number', row({ db_id: '1' }), /no number/],
  ['a port in words', row({ port: 'not-a-port' }), /^port must be a whole number/],
  ['a name of null', row({ name: null }), /^name must be text/],
  ['no host', { ...row(), host: undefined }, /^host /],
  ['a user without realm', row({ user: 'root' }), /^user must have a realm/],
])('%s makes a record unreadable, and that is said', (_name, raw, reason) => {
  const { records, unreadable } = read(raw, row({ id: 'good', db_id: 2 }));
  expect(records.map(({ id }) => id)).toEqual(['good']);
  expect(unreadable[0]?.reasons.join(' ')).toMatch(reason);
});

test('ids and numbers that stand twice make all their records unreadable', () => {
  const ids = read(row(), row({ db_id: 2 }), row({ id: 'C1', db_id: 3 }));
  expect(ids.unreadable).toHaveLength(3);
  const numbers = read(row(), row({ id: 'c2' }), row({ id: 'c3', db_id: 3 }));
  expect(numbers.records.map(({ id }) => id)).toEqual(['c3']);
  expect(numbers.unreadable[0]?.reasons[0]).toMatch(/number 1 to more than one/);
});

test.each([
  ['Main_Lab', 'main-lab'],
  [' a.b c ', 'a-b-c'],
  ['--x', 'x'],
])('%s stands here as %s', (there, here) => {
  expect(deskId(there)).toBe(here);
});

const base = { id: 'c1', number: 1, createdThere: null, values: { name: 'Old', priority: 1 } };
const there = (values: object) => read(row({ ...values })).records[0] ?? null;

test('a change that is there is agreed on, whatever was edited since; one that is not, is not', () => {
  const intent = {
    kind: 'update' as const,
    id: 'c1',
    values: { name: 'New', iso_storage: 'isos' },
  };
  expect(settle(intent, base, there({ name: 'New' }), false)).toMatchObject({
    end: 'arrived',
    base: { values: { name: 'New', priority: 1, iso_storage: 'isos' } },
  });
  expect(settle(intent, base, there({ name: 'Old' }), false)).toMatchObject({
    end: 'differs',
    differing: ['name'],
    base: { values: { name: 'Old', priority: 1 } },
  });
  expect(settle(intent, base, null, false)).toEqual({ end: 'missing', base, differing: [] });
});

test('a change of values nobody can see counts as done only where the remote said so', () => {
  const intent = { kind: 'update' as const, id: 'c1', values: { iso_storage: 'isos' } };
  expect(settle(intent, base, there({}), true)).toMatchObject({
    end: 'arrived',
    base: { values: { iso_storage: 'isos' } },
  });
  expect(settle(intent, base, there({}), false)).toMatchObject({ end: 'missing' });
});

test('a deletion is done when the record is gone', () => {
  const intent = { kind: 'delete' as const, id: 'c1', values: {} };
  expect(settle(intent, base, null, false)).toEqual({ end: 'arrived', base: null, differing: [] });
  expect(settle(intent, base, there({}), true)).toMatchObject({ end: 'missing', base });
});
