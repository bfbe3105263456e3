import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AuditRow, hashOf } from '#electron/core/audit/chain';
import { exportHead, exportRow } from '#electron/core/audit/export';

const row = (changes: Partial<AuditRow> = {}): AuditRow => ({
  seq: 7,
  at: Date.parse('2026-11-21T12:00:00Z'),
  actor: 'ada@desk',
  action: 'cluster.update',
  subject: 'prod',
  before: '{"priority":50}',
  after: '{"priority":75}',
  result: 'ok',
  prevHash: 'aa',
  hash: 'bb',
  target: null,
  ...changes,
});

/** One line of CSV as RFC 4180 reads it. */
function cells(line: string): string[] {
  const found = line.replace(/\r\n$/, '').matchAll(/("((?:[^"]|"")*)"|[^",]*)(,|$)/g);
  const all = [...found].map(([, plain = '', quoted]) => quoted?.replaceAll('""', '"') ?? plain);
  return all.slice(0, exportHead('csv').split(',').length);
}

test('CSV has a head, ISO times and quoted JSON', () => {
  const names = exportHead('csv').trim().split(',');
  const values = cells(exportRow(row({ subject: 'a "b", c' }), 'csv'));
  expect(Object.fromEntries(names.map((name, n) => [name, values[n]]))).toEqual({
    seq: '7',
    at: '2026-11-21T12:00:00.000Z',
    actor: 'ada@desk',
    action: 'cluster.update',
    subject: 'a "b", c',
    target: '',
    result: 'ok',
    before: '{"priority":50}',
    after: '{"priority":75}',
    prev_hash: 'aa',
    hash: 'bb',
  });
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =cmd|x', '＝1', '\r\n=1'])(
  'no text becomes a formula of a spreadsheet: %j',
  (subject) => {
    expect(cells(exportRow(row({ subject }), 'csv'))[4]).toBe(`'${subject}`);
  },
);

test('whatever stands in a row, its line of CSV reads back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (subject) => {
      const [, , , , read = ''] = cells(exportRow(row({ subject }), 'csv'));
      expect(read.replace(/^'(?=\s*[=+\-@＝＋－＠])/, '')).toBe(subject);
    }),
  );
});

test('JSON Lines hold all that the hash covers, so that anybody can check the chain', () => {
  const plain = row({ target: '0a8f8a3e-0000-4000-8000-000000000001', after: null });
  const hashed = { ...plain, hash: hashOf(plain) };
  const line = JSON.parse(exportRow(hashed, 'jsonl'));
  const text = (value: unknown) => (value === null ? null : JSON.stringify(value));
  const { seq, at, actor, action, subject, before, after, result, prev_hash, target } = line;
  const content = [seq, at, actor, action, subject, text(before), text(after), result, prev_hash];
  const digest = createHash('sha256')
    .update(JSON.stringify([...content, target]))
    .digest('hex');
  expect(line.hash).toBe(digest);
});
