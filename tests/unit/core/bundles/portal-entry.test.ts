import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeAll } from '#electron/core/bundles/judge';
import { readPortalEntry } from '#electron/core/bundles/portal-entry';
import { deckOf, judgeOne, stored } from '#tests/support/judging';

const entry = (more: object) => ({
  id: 'one',
  name: 'Lab One',
  host: '10.0.0.5',
  port: 8006,
  user: 'root@pam',
  password: 'pw-one',
  verify_ssl: false,
  is_default: false,
  is_active: true,
  ...more,
});
const judge = (...list: unknown[]) => judgeAll(list.map(readPortalEntry), deckOf([]));
const first = (more: object) => judgeOne(readPortalEntry(entry(more)));

test('an entry as the portal writes it is new, with no reason to speak of', () => {
  const { entry: view, outcome } = first({});
  expect(view).toEqual({
    key: '0',
    clusterId: 'one',
    name: 'Lab One',
    address: '10.0.0.5:8006',
    verdict: 'new',
    diff: [],
    reasons: [],
    hasSecret: true,
  });
  expect(outcome).toMatchObject({ input: { verify: 'pin', isActive: true }, secret: 'pw-one' });
});

test.each<[string, object, object, RegExp]>([
  [
    'a port as text',
    { port: '8007' },
    { endpoints: [{ host: '10.0.0.5', port: 8007, pin: null }] },
    /port/,
  ],
  ['a flag as text', { verify_ssl: 'yes' }, { verify: 'ca' }, /verify_ssl/],
  ['a flag as number', { is_active: 0 }, { isActive: false }, /is_active/],
  ['an id as number', { id: 7 }, { clusterId: '7' }, /id was a number/],
  ['an id in capitals', { id: 'Lab_A' }, { clusterId: 'lab-a' }, /becomes lab-a/],
  [
    'a URL',
    { host: 'https://pve.lab:8443/' },
    { endpoints: [{ host: 'pve.lab', port: 8443, pin: null }] },
    /pve.lab:8443/,
  ],
  [
    'a bracketed IPv6',
    { host: '[fd00::1]' },
    { endpoints: [{ host: 'fd00::1', port: 8006, pin: null }] },
    /fd00::1/,
  ],
  ['a user without realm', { user: 'root' }, { user: 'root@pam' }, /root@pam/],
  ['no name', { name: null }, { name: 'one' }, /no name/],
  ['no password', { password: '' }, { authKind: 'password' }, /no password/],
  [
    'a token without its secret',
    { user: 'deck@pve!desk', password: '' },
    { authKind: 'token' },
    /no token secret/,
  ],
])('%s is corrected, and that is said', (_name, wrong, expected, reason) => {
  const { entry: view, outcome } = first(wrong);
  expect(view.verdict).toBe('new');
  expect(outcome?.input).toMatchObject(expected);
  expect(view.reasons.join(' ')).toMatch(reason);
});

test.each<[string, unknown, RegExp]>([
  ['a text', 'lab', /no object/],
  ['null', null, /no object/],
  ['no id', entry({ id: undefined }), /no id/],
  ['an id of nothing usable', entry({ id: 'Größe!' }), /^id: /],
  ['no host', entry({ host: '' }), /no host/],
  ['a host with a path', entry({ host: 'pve/lab' }), /endpoints/],
  ['a port that is none', entry({ port: 'not-a-port' }), /port is not a whole number/],
  ['a port out of range', entry({ port: 70_000 }), /65535/],
  ['a flag that is none', entry({ is_active: 'perhaps' }), /is_active/],
  ['no user', entry({ user: null }), /no user/],
  ['a list for a name', entry({ name: ['a'] }), /name is not text/],
  ['a password with a line break', entry({ password: 'a\nb' }), /secret: Line breaks/],
])('%s is refused with its reason', (_name, raw, reason) => {
  const judged = judgeOne(readPortalEntry(raw));
  expect(judged).toMatchObject({ outcome: null, entry: { verdict: 'invalid' } });
  expect(judged.entry.reasons.join(' ')).toMatch(reason);
});

test('an id that stands earlier in the file is refused; a broken one before it does not count', () => {
  const judged = judge(entry({ host: '' }), entry({}), entry({ id: 'ONE' }));
  expect(judged.map(({ entry: view }) => view.verdict)).toEqual(['invalid', 'new', 'invalid']);
  expect(judged[2]?.entry.reasons.join()).toContain('earlier in this file');
});

test('what a file does not name stays as it is on the desk, pins and further endpoints included', () => {
  const pin = Array.from({ length: 32 }, () => 'AB').join(':');
  const mine = stored('one', {
    name: 'Lab One',
    priority: 90,
    description: 'mine',
    isoStorage: 'isos',
    endpoints: [
      { host: '10.0.0.4', port: 8006, pin: null },
      { host: '10.0.0.5', port: 8006, pin },
    ],
  });
  const { entry: view, outcome } = judgeOne(
    readPortalEntry(entry({ is_active: false })),
    deckOf([mine]),
  );
  expect(view.verdict).toBe('changed');
  expect(view.diff.map(({ field }) => field)).toEqual(['endpoints', 'is_active', 'secret']);
  expect(outcome?.input).toMatchObject({ priority: 90, description: 'mine', isoStorage: 'isos' });
  expect(outcome?.input.endpoints.map(({ host }) => host)).toEqual(['10.0.0.5', '10.0.0.4']);
  expect(outcome?.input.endpoints[0]?.pin).toBe(pin);
});

test('a token in place of a user becomes token authentication', () => {
  expect(first({ user: 'deck@pve!desk' }).outcome?.input).toMatchObject({
    authKind: 'token',
    user: 'deck@pve',
    tokenId: 'deck@pve!desk',
  });
});

test('fields nobody knows are kept, those of the portal by name, and a stray secret is not', () => {
  const { outcome, entry: view } = first({
    admin_group: 'ops',
    vm_cache_ttl: '300',
    enable_ip_lookup: false,
    rack: { row: 4 },
    api_token: 'stray-1',
    nested: { root_password: 'stray-2' },
  });
  expect(outcome?.kept).toMatchObject({
    adminGroup: 'ops',
    vmCacheTtl: 300,
    enableIpLookup: false,
    extra: { rack: { row: 4 } },
  });
  expect(JSON.stringify(outcome?.kept)).not.toContain('stray');
  expect(view.reasons.join(' ')).toMatch(/api_token .* nested/s);
});

test('any JSON at all is judged without an exception, entry by entry', () => {
  const mine = stored('a');
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.jsonValue(),
          fc.record({
            id: fc.oneof(fc.jsonValue(), fc.constant('a')),
            host: fc.jsonValue(),
            port: fc.jsonValue(),
            user: fc.jsonValue(),
            password: fc.jsonValue(),
          }),
        ),
      ),
      (list) => {
        const judged = judgeAll(list.map(readPortalEntry), deckOf([mine]));
        expect(judged.map(({ entry: view }) => view.key)).toEqual(list.map((_, at) => String(at)));
        for (const { entry: view, outcome } of judged) {
          expect(outcome === null).toBe(view.verdict === 'invalid');
          expect(outcome !== null || view.reasons.length > 0).toBe(true);
        }
      },
    ),
  );
});
