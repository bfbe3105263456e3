import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DemoLab, startDemoLab } from '#electron/demo/lab';
import { type Keyring, startKeyring } from '#tests/support/keyring';
import { tempFolder } from '#tests/support/temp-folder';
import { ensureBuilt, root } from '../../build/builder.mjs';

let folder: ReturnType<typeof tempFolder>;
let keyring: Keyring;
let lab: DemoLab;
beforeAll(() => ensureBuilt(), 120_000);
beforeEach(async () => {
  folder = tempFolder();
  [keyring, lab] = await Promise.all([startKeyring(), startDemoLab({ clusters: 1, guests: 2 })]);
});
afterEach(async () => {
  await keyring.stop();
  await lab.close();
  folder.remove();
});

/** The command line as a process of its own, within the session that has the keychain. */
async function clusterdeck(args: readonly string[], stdin = '') {
  const entry = join(root, 'dist', 'node', 'cli.js');
  const child = execFile(process.execPath, [entry, '--data', folder.path, ...args, '--json'], {
    env: keyring.env,
  });
  let stdout = '';
  child.stdout?.on('data', (text: string) => {
    stdout += text;
  });
  child.stdin?.end(stdin);
  const [code] = await once(child, 'close');
  return { code, document: JSON.parse(stdout) };
}

test('a new data folder takes the keychain; a locked one is told and works again when unlocked', async () => {
  const { endpoint } = lab.cluster('prod-main');
  const { password } = lab.cluster('prod-main').user('root@pam');
  const add = `clusters add --id p --name P --host ${endpoint.host} --port ${endpoint.port}`;
  const account = ['--user', 'root@pam', '--password-stdin', '--pin', endpoint.fingerprint];
  await clusterdeck([...add.split(' '), ...account], `${password}\n`);
  const status = await clusterdeck(['vault', 'status']);
  expect(status.document).toMatchObject({
    protection: 'keychain',
    label: 'Secret Service',
    state: 'unlocked',
    sealed_secrets: 1,
  });
  expect((await clusterdeck(['clusters', 'test', 'p'])).code).toBe(0);

  await keyring.lock();
  const locked = await clusterdeck(['clusters', 'test', 'p']);
  expect(locked).toMatchObject({ code: 1, document: { ok: false, code: 'VAULT_LOCKED' } });
  expect(locked.document.remedy).not.toBe('');
  expect((await clusterdeck(['clusters', 'list'])).code).toBe(0);

  await keyring.unlock();
  expect((await clusterdeck(['clusters', 'test', 'p'])).code).toBe(0);
  const files = readdirSync(folder.path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder.path, name))
    .filter((path) => statSync(path).isFile());
  expect(files.filter((path) => readFileSync(path).includes(password))).toEqual([]);
}, 60_000);
