import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitsGlob } from '#shared/domain/glob';
import { matcher, parseQuery, QUERY_HELP } from '#shared/domain/query';
import { guestRow } from '#tests/support/rows';

const cluster = { clusterId: 'prod-main', name: 'Main campus' };
const row = guestRow({
  vmid: 110,
  name: 'Web-ÄRZTE-1',
  node: 'pve3',
  tags: ['exam', 'lab'],
  cpu: 0.85,
  mem: 6 * 2 ** 30,
  maxMem: 8 * 2 ** 30,
  uptimeS: 3 * 86_400,
  haState: 'started',
});

function fits(text: string, guest = row): boolean {
  const parsed = parseQuery(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return matcher(parsed.query)(guest, cluster);
}

test.each([
  '',
  'status:running',
  'STATUS:Running',
  'tag:exam',
  'tag:foo,exam',
  'node:pve*',
  'cluster:prod-main',
  'cluster:"main campus"',
  'name:web*',
  'name:ärzte',
  'vmid:100-120',
  'vmid:110',
  'cpu:>80',
  'cpu:80-90%',
  'mem:>4G',
  'mem:>=6GiB',
  'mem:>70%',
  'uptime:>2d',
  '-template:true',
  'template:false',
  'is:running',
  '-is:template',
  'is:ha',
  'type:vm',
  'web 110',
  '"campus"',
  'status:running tag:exam node:pve3 cluster:prod* name:web* vmid:100-120 cpu:>80 mem:>4G -template:true "ärzte"',
])('%s finds the guest', (text) => {
  expect(fits(text)).toBe(true);
});

test.each([
  'status:stopped',
  'status:run',
  'tag:exa',
  '-tag:lab',
  'node:pve',
  'vmid:111',
  'cpu:>85',
  'mem:<4G',
  'mem:>80%',
  'uptime:<1h',
  'is:template',
  'type:lxc',
  'pool:lab',
  'status:running tag:none',
  'nowhere',
])('%s does not', (text) => {
  expect(fits(text)).toBe(false);
});

test('what was not measured fits no comparison, and a minus turns that round', () => {
  const silent = guestRow({ cpu: null });
  expect(fits('cpu:>0', silent)).toBe(false);
  expect(fits('cpu:<100', silent)).toBe(false);
  expect(fits('-cpu:>0', silent)).toBe(true);
});

test.each([
  ['colour:red', 0, 10, 'There is no field “colour”'],
  ['web cpu:>fast', 8, 13, '“>fast” is no number'],
  ['vmid:120-100', 5, 12, 'is no number'],
  ['name:', 0, 5, 'Say what name should be'],
  ['is:blue', 3, 7, '“is:” knows'],
  ['a "b c', 2, 6, 'quotation mark'],
  ['-template:maybe', 10, 15, 'true or false'],
])('%s is refused from %d to %d', (text, from, to, message) => {
  const parsed = parseQuery(text);
  expect(parsed).toMatchObject({ ok: false, error: { from, to } });
  expect(parsed.ok ? '' : parsed.error.message).toContain(message);
});

test('every example of the help can be read', () => {
  for (const { example } of QUERY_HELP) expect(parseQuery(example)).toMatchObject({ ok: true });
});

test('no text whatever breaks the parser, and an error always points into the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (text) => {
      const parsed = parseQuery(text);
      if (parsed.ok) matcher(parsed.query)(row, cluster);
      const { from, to } = parsed.ok ? { from: 0, to: 0.5 } : parsed.error;
      expect(from).toBeGreaterThanOrEqual(0);
      expect(from).toBeLessThan(to);
      expect(to).toBeLessThanOrEqual(Math.max(0.5, text.length));
    }),
  );
});

test('a quoted word finds exactly the names that contain it', () => {
  const word = fc.stringMatching(/^[a-z0-9 ,:*-]{1,12}$/).filter((text) => text.trim() !== '');
  fc.assert(
    fc.property(word, fc.stringMatching(/^[a-z0-9 -]{0,20}$/), (text, name) => {
      const guest = guestRow({ name, vmid: 999_999_999, node: 'ÿ', tags: [] });
      const found = matcher({ terms: parsedTerms(`"${text}"`) })(guest, {
        clusterId: 'ÿ',
        name: 'ÿ',
      });
      expect(found).toBe(name.includes(text) || '999999999'.includes(text));
    }),
  );
});

function parsedTerms(text: string) {
  const parsed = parseQuery(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.query.terms;
}

test('a pattern agrees with the regular expression it stands for', () => {
  const letters = fc.stringMatching(/^[ab]{0,12}$/);
  fc.assert(
    fc.property(letters, fc.stringMatching(/^[ab*?]{0,8}$/), (text, pattern) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
      expect(fitsGlob(text, pattern)).toBe(expression.test(text));
    }),
  );
});

test('a hostile pattern does not hang', () => {
  expect(fitsGlob('a'.repeat(5000), `${'*a'.repeat(200)}*b`)).toBe(false);
});
