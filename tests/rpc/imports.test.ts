import { safe } from '@orpc/server';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeClustersJson } from '#electron/core/imports/judge';
import { openCore } from '#tests/support/core';

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
const nothing = { clusterIds: new Set<string>(), hasDefault: false };
const judge = (...list: unknown[]) => judgeClustersJson(JSON.stringify(list), nothing);
const first = (more: object) => {
  const [judged] = judge(entry(more));
  if (judged === undefined) throw new Error('nothing was judged');
  return judged;
};

test('an entry as the portal writes it is new, with no reason to speak of', () => {
  const { entry: view, made } = first({});
  expect(view).toEqual({
    index: 0,
    clusterId: 'one',
    name: 'Lab One',
    address: '10.0.0.5:8006',
    verdict: 'new',
    reasons: [],
    hasSecret: true,
  });
  expect(made?.input).toMatchObject({ verify: 'pin', secret: 'pw-one', isActive: true });
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
  ['no password', { password: '' }, { secret: undefined }, /no password/],
])('%s is corrected, and that is said', (_name, wrong, expected, reason) => {
  const { entry: view, made } = first(wrong);
  expect(view.verdict).toBe('new');
  expect(made?.input).toMatchObject(expected);
  expect(view.reasons.join(' ')).toMatch(reason);
});

test.each<[string, unknown, RegExp]>([
  ['a text', 'lab', /no object/],
  ['null', null, /no object/],
  ['no id', entry({ id: undefined }), /no id/],
  ['an id of nothing usable', entry({ id: 'Größe!' }), /Id: /],
  ['no host', entry({ host: '' }), /no host/],
  ['a host with a path', entry({ host: 'pve/lab' }), /Address: /],
  ['a port that is none', entry({ port: 'not-a-port' }), /port is not a whole number/],
  ['a port out of range', entry({ port: 70_000 }), /65535/],
  ['a flag that is none', entry({ is_active: 'perhaps' }), /is_active/],
  ['no user', entry({ user: null }), /no user/],
  ['a list for a name', entry({ name: ['a'] }), /name is not text/],
  ['a password with a line break', entry({ password: 'a\nb' }), /Password: /],
  ['a token without secret', entry({ user: 'deck@pve!desk', password: '' }), /no secret/],
])('%s is refused with its reason', (_name, raw, reason) => {
  const [judged] = judge(raw);
  expect(judged).toMatchObject({ made: null, entry: { verdict: 'invalid' } });
  expect(judged?.entry.reasons.join(' ')).toMatch(reason);
});

test('an id that was seen before or is in the store is skipped; a broken one does not count', () => {
  const verdicts = judge(entry({ host: '' }), entry({}), entry({ id: 'ONE' })).map(
    ({ entry: view }) => view.verdict,
  );
  expect(verdicts).toEqual(['invalid', 'new', 'exists']);
  const present = { clusterIds: new Set(['one']), hasDefault: false };
  const [judged] = judgeClustersJson(JSON.stringify([entry({})]), present);
  expect(judged).toMatchObject({ made: null, entry: { verdict: 'exists' } });
});

test('a token in place of a user becomes token authentication', () => {
  expect(first({ user: 'deck@pve!desk' }).made?.input).toMatchObject({
    authKind: 'token',
    user: 'deck@pve',
    tokenId: 'deck@pve!desk',
  });
});

test('fields nobody knows are kept, those of the portal by name, and a stray secret is not', () => {
  const { made, entry: view } = first({
    admin_group: 'ops',
    vm_cache_ttl: '300',
    enable_ip_lookup: false,
    rack: { row: 4 },
    api_token: 'stray-1',
    nested: { root_password: 'stray-2' },
  });
  expect(made?.kept).toMatchObject({
    adminGroup: 'ops',
    vmCacheTtl: 300,
    enableIpLookup: false,
    extra: { rack: { row: 4 } },
  });
  expect(JSON.stringify(made?.kept)).not.toContain('stray');
  expect(view.reasons.join(' ')).toMatch(/api_token .* nested/s);
});

test('any JSON at all is judged without an exception, entry by entry', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.jsonValue(),
          fc.record({
            id: fc.jsonValue(),
            host: fc.jsonValue(),
            port: fc.jsonValue(),
            user: fc.jsonValue(),
            password: fc.jsonValue(),
          }),
        ),
      ),
      (list) => {
        const judged = judgeClustersJson(JSON.stringify(list), nothing);
        expect(judged.map(({ entry: view }) => view.index)).toEqual(list.map((_, index) => index));
        for (const { entry: view, made } of judged) {
          expect(made !== null).toBe(view.verdict === 'new');
          expect(view.verdict === 'new' || view.reasons.length > 0).toBe(true);
        }
      },
    ),
  );
});

test.each(['', '{"clusters":[]}', 'null', '[1,', '\u0000'])(
  '%j is no clusters.json',
  async (text) => {
    const { client } = await openCore();
    const { error } = await safe(client.imports.previewClustersJson({ text }));
    expect(error).toMatchObject({ code: 'INVALID_INPUT', data: { field: 'text' } });
  },
);

test('what is ticked is imported with its secret, all or nothing', async () => {
  const { client, core } = await openCore();
  const list = [
    entry({ is_default: true }),
    entry({ id: 'two', password: 'pw-two', is_default: true }),
    entry({ id: 'three', port: 'x' }),
    entry({ id: 'four' }),
  ];
  const text = `\uFEFF${JSON.stringify(list)}`;
  const preview = await client.imports.previewClustersJson({ text });
  expect(preview.map(({ verdict }) => verdict)).toEqual(['new', 'new', 'invalid', 'new']);
  expect(preview[1]?.reasons.join()).toContain('default');
  expect(JSON.stringify(preview)).not.toMatch(/pw-/);
  const { error } = await safe(client.imports.applyClustersJson({ text, only: [0, 2] }));
  expect(error).toMatchObject({ code: 'INVALID_INPUT', data: { field: 'only.2' } });
  expect(await client.clusters.list()).toEqual([]);
  const made = await client.imports.applyClustersJson({ text, only: [0, 1, 1] });
  expect(made.map(({ clusterId, isDefault }) => [clusterId, isDefault])).toEqual([
    ['one', true],
    ['two', false],
  ]);
  expect(await core.vault.open(made[1]?.uuid ?? '')).toBe('pw-two');
  const again = await client.imports.previewClustersJson({ text });
  expect(again.map(({ verdict }) => verdict)).toEqual(['exists', 'exists', 'invalid', 'new']);
});
