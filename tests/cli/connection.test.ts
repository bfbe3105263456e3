import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startBrowserHost } from '#electron/browser-host/host';
import { type DemoLab, startDemoLab } from '#electron/demo/lab';
import { commandLine } from '#tests/support/cli';
import { hostOptions } from '#tests/support/host';
import { tempFolder } from '#tests/support/temp-folder';

const PASSPHRASE = 'correct horse battery';
let lab: DemoLab;
let folder: ReturnType<typeof tempFolder>;
let dataDir: string;
let run: ReturnType<typeof commandLine>;

beforeAll(async () => {
  lab = await startDemoLab({ ambient: false, taskPace: 0, unauthorizedDelayMs: 0, guests: 8 });
});
afterAll(() => lab.close());
beforeEach(() => {
  folder = tempFolder();
  dataDir = join(folder.path, 'data');
  const file = join(folder.path, 'passphrase');
  writeFileSync(file, `${PASSPHRASE}\n`, { mode: 0o600 });
  run = commandLine({ dataDir, env: { CLUSTERDECK_PASSPHRASE_FILE: file } });
});
afterEach(() => {
  for (const cluster of lab.clusters) cluster.clearFaults();
  folder.remove();
});

const prod = () => lab.cluster('prod-main');
const add = (...more: string[]) => {
  const { host, port } = prod().endpoint;
  const line = `clusters add --id prod --name P --host ${host} --port ${port} --user root@pam --json`;
  return run([...line.split(' '), '--password-stdin', ...more], {
    stdin: `${prod().user('root@pam').password}\n`,
  });
};

test('add --trust shows the fingerprint and pins it; the test passes and tells its stages', async () => {
  const { fingerprint } = prod().endpoint;
  const added = await add('--trust');
  expect(added.stderr).toContain(fingerprint);
  expect(JSON.parse(added.stdout)).toMatchObject({
    verify: 'pin',
    has_secret: true,
    endpoints: [{ pin: fingerprint }],
  });
  const { code, stdout } = await run(['clusters', 'test', 'prod', '--json']);
  const result = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(result).toMatchObject({
    ok: true,
    version: '9.2.11',
    nodes: 3,
    node_names: ['pve-01', 'pve-02', 'pve-03'],
  });
  expect(
    result.stages.map((stage: { name: string; state: string }) => [stage.name, stage.state]),
  ).toEqual(
    [
      'name resolution',
      'tcp',
      'tls',
      'authentication',
      'permissions',
      'version',
      'nodes',
      'quorum',
    ].map((name) => [name, 'passed']),
  );
  const plain = await run(['clusters', 'test', 'prod']);
  expect(plain.stderr).toMatch(/^authentication +ok +\d+ ms/m);
  expect(plain.stdout.trim()).toBe(result.message);
});

test('an API token works as well', async () => {
  const { host, port, fingerprint } = prod().endpoint;
  const { id, secret } = prod().token('root@pam!full');
  const line = `clusters add --id t --name T --host ${host} --port ${port} --token-id ${id}`;
  await run([...line.split(' '), '--token-secret-stdin', '--pin', fingerprint], { stdin: secret });
  const { code } = await run(['clusters', 'test', 't']);
  expect(code).toBe(0);
});

test('a certificate nobody trusts yet stops the test before the password is sent', async () => {
  await add();
  prod().resetCounters();
  const { code, stdout } = await run(['clusters', 'test', 'prod', '--json']);
  expect(code).toBe(1);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ ok: false, code: 'TLS_UNTRUSTED' });
  expect(result.remedy).not.toBe('');
  expect(result.stages[2]).toMatchObject({ name: 'tls', state: 'failed' });
  expect(prod().requests()).toEqual([]);
});

test('a wrong password fails with its code and remedy', async () => {
  await add('--trust');
  await run(['clusters', 'edit', 'prod', '--password-stdin'], { stdin: 'wrong\n' });
  const { code, stdout } = await run(['clusters', 'test', 'prod', '--json']);
  expect([code, JSON.parse(stdout).code]).toEqual([1, 'AUTH_FAILED']);
});

test('--trust on an edit looks at the certificate anew', async () => {
  await add('--pin', 'AA:'.repeat(31).concat('AA'));
  const failed = await run(['clusters', 'test', 'prod', '--json']);
  expect(JSON.parse(failed.stdout).code).toBe('TLS_CHANGED');
  const { stderr } = await run(['clusters', 'test', 'prod']);
  expect(stderr).toContain(`pinned:  ${'AA:'.repeat(31)}AA\n`);
  expect(stderr).toContain(`offered: ${prod().endpoint.fingerprint}\n`);
  const { stdout } = await run(['clusters', 'edit', 'prod', '--trust', '--json']);
  expect(JSON.parse(stdout).endpoints[0].pin).toBe(prod().endpoint.fingerprint);
  expect((await run(['clusters', 'test', 'prod'])).code).toBe(0);
});

test('the second factor can be given to the test', async () => {
  const { host, port, fingerprint } = prod().endpoint;
  const line = `clusters add --id o --name O --host ${host} --port ${port} --user otto@pve`;
  const { password } = prod().user('otto@pve');
  const options = ['--password-stdin', '--pin', fingerprint];
  await run([...line.split(' '), ...options], { stdin: password });
  const asked = await run(['clusters', 'test', 'o', '--json']);
  expect([asked.code, JSON.parse(asked.stdout).code]).toEqual([1, 'TFA_REQUIRED']);
  const given = await run(['clusters', 'test', 'o', '--totp', prod().totp('otto@pve')]);
  expect(given.code).toBe(0);
  // one that was used is gone, so it is asked for in each test anew
  const [code = ''] = prod().user('otto@pve').recoveryKeys ?? [];
  const byCode = await run(['clusters', 'test', 'o', '--recovery-stdin'], { stdin: `${code}\n` });
  expect(byCode.code).toBe(0);
  const again = await run(['clusters', 'test', 'o', '--recovery-stdin', '--json'], {
    stdin: `${code}\n`,
  });
  expect([again.code, JSON.parse(again.stdout).code]).toEqual([1, 'TFA_FAILED']);
});

test('Ctrl-C ends a test that hangs', async () => {
  await add('--trust');
  prod().setDelay(60_000);
  const end = new AbortController();
  const running = run(['clusters', 'test', 'prod', '--json'], { signal: end.signal });
  await expect.poll(() => prod().traffic().handshakes, { timeout: 5000 }).toBeGreaterThan(0);
  end.abort();
  const { code, stdout } = await running;
  prod().setDelay(0);
  expect([code, JSON.parse(stdout).code]).toEqual([1, 'ABORTED']);
});

test('the inventory asks where nothing is known and filters guests', async () => {
  await add('--trust');
  const { code, stdout } = await run(['inventory', '--json']);
  expect(code).toBe(0);
  const [cluster] = JSON.parse(stdout);
  expect(cluster).toMatchObject({ cluster_id: 'prod', live: { state: 'active' } });
  expect(cluster.as_of).toMatch(/^\d{4}-\d\d-\d\dT/);
  expect(cluster.nodes.map(({ node }: { node: string }) => node).sort()).toEqual([
    'pve-01',
    'pve-02',
    'pve-03',
  ]);
  expect(cluster.guests).toHaveLength(prod().guests().length);
  const running = await run([
    'inventory',
    '--cluster',
    'prod',
    '--query',
    'status:running',
    '--json',
  ]);
  const guests: { status: string }[] = JSON.parse(running.stdout)[0].guests;
  expect(guests.length).toBeGreaterThan(0);
  expect(guests.filter(({ status }) => status !== 'running')).toEqual([]);
});

test('a cluster that does not answer is told on stderr, the others are listed', async () => {
  await add('--trust');
  const dead = 'clusters add --id dead --name D --host 127.0.0.1 --port 1 --user root@pam';
  await run([...dead.split(' '), '--password-stdin', '--verify', 'off'], { stdin: 'x\n' });
  const { code, stdout, stderr } = await run(['inventory', '--json']);
  expect(code).toBe(0);
  expect(stderr).toContain('dead: Nothing listens at this address.');
  const found: { cluster_id: string; live: { state: string } }[] = JSON.parse(stdout);
  expect(Object.fromEntries(found.map(({ cluster_id, live }) => [cluster_id, live.state]))).toEqual(
    {
      prod: 'active',
      dead: 'unavailable',
    },
  );
});

test('a new data folder takes the passphrase file, and only with it secrets open again', async () => {
  await add('--trust');
  const status = await run(['vault', 'status', '--json']);
  expect(JSON.parse(status.stdout)).toMatchObject({
    protection: 'passphrase',
    state: 'unlocked',
    sealed_secrets: 1,
  });
  const without = commandLine({ dataDir });
  const locked = await without(['clusters', 'test', 'prod', '--json']);
  expect([locked.code, JSON.parse(locked.stdout).code]).toEqual([1, 'VAULT_LOCKED']);
});

test('a host whose vault waits for its passphrase gets the one of the command', async () => {
  await add('--trust');
  const host = await startBrowserHost(hostOptions(dataDir));
  expect(await host.client.vault.status()).toMatchObject({ state: 'locked' });
  const env = { CLUSTERDECK_PASSPHRASE_FILE: join(folder.path, 'gone') };
  const { code, stderr } = await run(['clusters', 'list'], { env });
  expect(code).toBe(0);
  expect(stderr).toContain(
    `The passphrase file ${env.CLUSTERDECK_PASSPHRASE_FILE} cannot be used.`,
  );
  expect((await run(['clusters', 'test', 'prod'])).code).toBe(0);
  expect(await host.client.vault.status()).toMatchObject({ state: 'unlocked' });
  await host.close();
});

test('a change of protection keeps the secrets, or says they are not stored any more', async () => {
  await add('--trust');
  const other = join(folder.path, 'other');
  writeFileSync(other, 'another passphrase\n', { mode: 0o600 });
  const wrong = await run(['vault', 'change', '--to', 'passphrase', '--json'], {
    env: { CLUSTERDECK_PASSPHRASE_FILE: other },
  });
  expect([wrong.code, JSON.parse(wrong.stdout).code]).toEqual([1, 'VAULT_LOCKED']);
  const { code, stderr } = await run(['vault', 'change', '--to', 'session']);
  expect(code).toBe(0);
  expect(stderr).toContain('not stored any more');
  const status = JSON.parse((await run(['vault', 'status', '--json'])).stdout);
  expect(status).toMatchObject({ protection: 'session', sealed_secrets: 0 });
});

test.each([
  ['one others may read', (path: string) => writeFileSync(path, PASSPHRASE, { mode: 0o644 })],
  ['one that is too short', (path: string) => writeFileSync(path, 'short\n', { mode: 0o600 })],
  ['one that is not there', () => undefined],
])('a passphrase file of no use is refused: %s', async (_what, make) => {
  const path = join(folder.path, 'bad');
  make(path);
  const env = { CLUSTERDECK_PASSPHRASE_FILE: path };
  const { code, stdout } = await run(['vault', 'change', '--to', 'passphrase', '--json'], { env });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, message: expect.stringContaining(path) });
});
