import { expect, test } from 'vitest';
import { commandLine } from '#tests/support/cli';
import { MemoryKeychain } from '#tests/support/ports';
import { withPortal } from '#tests/support/sync-desk';
import { sweptFolder } from '#tests/support/temp-folder';

const PASSWORD = 'correct horse';

async function world() {
  const running = await withPortal();
  const dataDir = sweptFolder();
  const run = commandLine({ dataDir, protectors: [new MemoryKeychain()] });
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await run([...args, '--json']);
    return { code, stderr, document: JSON.parse(stdout) };
  };
  const add = (...more: string[]) =>
    run(['remote', 'add', '--name', 'Portal', '--url', running.url, '--user', 'ada@pve', ...more], {
      stdin: `${PASSWORD}\n`,
    });
  return { ...running, run, json, add };
}

test('a remote is added with its certificate looked at, tested, listed and removed', async () => {
  const { add, json, run, fingerprint, url, portal } = await world();
  portal.add('c1');
  const added = await add('--password-stdin', '--trust', '--auto', '--json');
  expect(added.code).toBe(0);
  expect(added.stderr).toContain(fingerprint);
  expect(JSON.parse(added.stdout)).toMatchObject({
    name: 'Portal',
    url,
    auth: 'login',
    pin: fingerprint,
    sync_when_online: true,
    has_secret: true,
    last_sync_at: null,
  });
  expect(added.stdout).not.toContain(PASSWORD);
  const { document } = await json('remote', 'list');
  expect(document).toMatchObject([{ name: 'Portal', waiting: 0, last_failure: null }]);
  const tested = await run(['remote', 'test', 'portal']);
  expect(tested).toMatchObject({ code: 0, stdout: 'The remote answers with 1 cluster.\n' });
  expect(tested.stderr).toMatch(/^login {11}ok /m);
  expect((await run(['remote', 'list'])).stdout).toMatch(/Portal {2}https.* ada@pve {2}pin /);
  const removed = await json('remote', 'remove', 'Portal');
  expect(removed.document).toMatchObject({ ok: true, name: 'Portal' });
  expect((await run(['remote', 'list'])).stdout).toBe('There is no remote yet.\n');
});

test('a refused login ends the test and the sync with 1, a code and a remedy', async () => {
  const { run, json, url, fingerprint } = await world();
  const wrong = [
    'remote',
    'add',
    '--name',
    'P',
    '--url',
    url,
    '--user',
    'ada@pve',
    '--pin',
    fingerprint,
  ];
  await run([...wrong, '--password-stdin'], { stdin: 'nope\n' });
  const tested = await json('remote', 'test', 'P');
  expect(tested).toMatchObject({ code: 1, document: { ok: false, code: 'AUTH_FAILED' } });
  const synced = await json('sync');
  expect(synced).toMatchObject({ code: 1, document: { ok: false, code: 'AUTH_FAILED' } });
  expect(synced.document.remedy).toMatch(/user and password/);
});

test.each<[string, string[], RegExp]>([
  ['no name', ['remote', 'add', '--url', 'https://x'], /--name/],
  [
    'a password without user',
    ['remote', 'add', '--name', 'a', '--url', 'https://x', '--password-stdin'],
    /Name the user/,
  ],
  [
    'token and user',
    ['remote', 'add', '--name', 'a', '--url', 'https://x', '--user', 'u', '--token-stdin'],
    /either a user/,
  ],
  [
    'trust over http',
    ['remote', 'add', '--name', 'a', '--url', 'http://x', '--trust'],
    /begins with https/,
  ],
  ['another side', ['sync', '--resolve', 'ours'], /Allowed choices are mine, theirs/],
  ['a number in words', ['outbox', 'drop', 'first'], /whole number/],
])('%s is wrong usage', async (_name, args, sentence) => {
  const run = commandLine({ dataDir: sweptFolder(), protectors: [new MemoryKeychain()] });
  const { code, stderr } = await run(args, { stdin: 'x\n' });
  expect([code, stderr]).toEqual([2, expect.stringMatching(sentence)]);
});

test('an unknown remote, and none at all, are told', async () => {
  const run = commandLine({ dataDir: sweptFolder(), protectors: [new MemoryKeychain()] });
  expect(await run(['sync'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no remote yet.'),
  });
  expect(await run(['sync', 'nowhere'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no remote nowhere.'),
  });
});

test('a sync tells per cluster and field what happened; conflicts end with 1 until a side is named', async () => {
  const { add, json, run, portal } = await world();
  await add('--password-stdin', '--trust');
  portal.add('c1', { name: 'Base' });
  portal.add('bad', { port: 'nonsense' });
  const first = await json('sync');
  expect(first).toMatchObject({
    code: 0,
    document: {
      ok: true,
      remotes: [
        {
          remote: 'Portal',
          ok: true,
          dry_run: false,
          message: '1 synced, 1 left out.',
          clusters: expect.arrayContaining([
            expect.objectContaining({ cluster_id: 'c1', verdict: 'createHere', result: 'done' }),
            expect.objectContaining({ cluster_id: 'bad', verdict: 'invalid', result: 'skipped' }),
          ]),
        },
      ],
    },
  });
  await run(['clusters', 'edit', 'c1', '--name', 'Mine', '--priority', '9']);
  portal.change('c1', { name: 'Theirs' });
  const { document: waiting } = await json('outbox', 'list');
  expect(waiting).toMatchObject([{ remote: 'Portal', cluster_id: 'c1', uncertain: false }]);
  const torn = await json('sync', 'portal');
  expect(torn.code).toBe(1);
  const [entry] = torn.document.remotes[0].clusters;
  expect(entry).toMatchObject({
    cluster_id: 'c1',
    verdict: 'conflict',
    result: 'waits',
    fields: expect.arrayContaining([
      {
        field: 'name',
        base: 'Base',
        mine: 'Mine',
        theirs: 'Theirs',
        outcome: 'conflict',
        note: null,
      },
      expect.objectContaining({ field: 'priority', mine: 9, outcome: 'mine' }),
    ]),
  });
  const dry = await run(['sync', '--dry-run', '--resolve', 'mine']);
  expect(dry).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('here Mine, there Theirs, before Base'),
  });
  expect(portal.row('c1')?.['name']).toBe('Theirs');
  expect((await run(['sync', '--resolve', 'mine'])).code).toBe(0);
  expect(portal.row('c1')).toMatchObject({ name: 'Mine', priority: 9 });
  expect((await run(['sync'])).stdout).toContain('1 left out');
});

test('a cluster follows a remote by its name; its password goes only with --send-secrets', async () => {
  const { add, run, json, portal } = await world();
  await add('--password-stdin', '--trust');
  portal.add('there');
  const cluster = ['clusters', 'add', '--id', 'mine', '--name', 'Mine', '--host', 'mine.lab'];
  const account = ['--user', 'root@pam', '--password-stdin', '--remote', 'portal'];
  expect((await run([...cluster, ...account], { stdin: 'of mine\n' })).code).toBe(0);
  const kept = await json('sync');
  expect(kept.code).toBe(1);
  expect(portal.row('mine')).toBeUndefined();
  const sent = await run(['sync', '--send-secrets', 'mine']);
  expect(sent.code).toBe(0);
  expect(portal.hidden.get(portal.row('mine')?.db_id ?? 0)).toMatchObject({ password: 'of mine' });
  expect(sent.stdout + sent.stderr).not.toContain('of mine');

  await run(['clusters', 'edit', 'mine', '--no-remote']);
  const { document } = await json('clusters', 'show', 'mine');
  expect(document.remote_uuid).toBeNull();
});

test('a waiting change is dropped by its number', async () => {
  const { add, run, json, portal } = await world();
  await add('--password-stdin', '--trust');
  portal.add('c1');
  await run(['sync']);
  await run(['clusters', 'edit', 'c1', '--name', 'Wrong']);
  const listed = await run(['outbox', 'list']);
  expect(listed.stdout).toMatch(/Portal .* 0 {2}Change name of Wrong\./);
  const { document } = await json('outbox', 'list');
  expect((await run(['outbox', 'drop', String(document[0].id)])).code).toBe(0);
  expect((await run(['outbox', 'list'])).stdout).toBe('Nothing waits.\n');
  expect((await json('clusters', 'show', 'c1')).document.name).toBe('Lab c1');
});
