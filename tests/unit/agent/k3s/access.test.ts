import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { readAccess } from '#agent/roles/k3s/access';
import { Failure } from '#shared/contract/errors';
import type { FakeKube } from '#tests/support/kube';
import { sweptFolder } from '#tests/support/temp-folder';
import { accessTo, clientWith, withKube } from './kube-server';

interface Kubeconfig {
  clusters: { cluster: Record<string, string> }[];
  users: { user: Record<string, string> }[];
}

/** The fake's own file, changed by a test. */
async function written(kube: FakeKube, change: (config: Kubeconfig, folder: string) => void) {
  const folder = sweptFolder();
  const config: Kubeconfig = parse(await kube.kubeconfig('system:admin'));
  change(config, folder);
  const path = join(folder, 'kubelet.kubeconfig');
  writeFileSync(path, stringify(config));
  return path;
}

const failed = async (path: string): Promise<Failure> => {
  const error: unknown = await readAccess(path).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Failure) return error;
  throw new Error('it did not fail as expected');
};

test('certificates beside the file are read too, as the kubelet has them', async () => {
  const kube = await withKube();
  const path = await written(kube, ({ clusters, users }, folder) => {
    for (const part of [clusters[0]?.cluster ?? {}, users[0]?.user ?? {}]) {
      for (const [key, data] of Object.entries(part)) {
        if (!key.endsWith('-data')) continue;
        const name = key.slice(0, -'-data'.length);
        writeFileSync(join(folder, `${name}.pem`), Buffer.from(data, 'base64'));
        delete part[key];
        part[name] = `${name}.pem`;
      }
    }
  });
  const client = clientWith(await readAccess(path));
  expect((await client.ask({ path: '/version' })).status).toBe(200);
});

test('before k3s has started there is nothing to read, and that is said', async () => {
  expect((await failed(join(sweptFolder(), 'k3s.yaml'))).code).toBe('NOT_FOUND');
});

test.each<[string, (config: Kubeconfig) => void]>([
  ['no user', (config) => (config.users = [])],
  [
    'plain HTTP',
    ({ clusters }) => Object.assign(clusters[0]?.cluster ?? {}, { server: 'http://x' }),
  ],
  ['a cut key', ({ users }) => cut(users[0]?.user, 'client-key-data')],
  ['a cut certificate', ({ users }) => cut(users[0]?.user, 'client-certificate-data')],
  ['a missing file', ({ users }) => move(users[0]?.user, 'client-key-data', 'client-key')],
])('%s is told as damage, without a word of the key', async (_, harm) => {
  const kube = await withKube();
  const failure = await failed(await written(kube, harm));
  expect(failure.code).toBe('BAD_RESPONSE');
  const said = JSON.stringify(failure.view()) + String(failure.cause ?? '');
  expect(said).not.toMatch(/PRIVATE|LS0t/);
});

test('an answer that is no JSON, too large or of another status is told as such', async () => {
  const kube = await withKube();
  const client = clientWith(await accessTo(kube));
  await expect(client.json({ path: '/readyz' })).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
  await expect(client.json({ path: '/api/v1/nodes/none' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    data: { status: 404 },
  });
  kube.faults.isHung = true;
  await expect(client.ask({ path: '/version', deadlineMs: 50 })).rejects.toMatchObject({
    code: 'TIMEOUT',
  });
  await kube.close();
  await expect(client.ask({ path: '/version' })).rejects.toMatchObject({
    code: 'CONNECTION_REFUSED',
  });
});

function cut(part: Record<string, string> | undefined, key: string): void {
  if (part !== undefined) part[key] = (part[key] ?? '').slice(0, 40);
}

function move(part: Record<string, string> | undefined, from: string, to: string): void {
  if (part === undefined) return;
  delete part[from];
  part[to] = '/nowhere/key.pem';
}
