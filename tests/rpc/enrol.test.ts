import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '#agent/config/read';
import { parseEnrolment } from '#agent/identity/enrolment';
import type { EnrolRequestInput } from '#shared/contract/agents';
import { NODE_AGENT_UNIT } from '#shared/domain/node-agent-unit';
import { withDeck } from '#tests/support/deck';
import { testPorts } from '#tests/support/ports';
import { withLab } from '#tests/support/pve';
import { tempFolder } from '#tests/support/temp-folder';

const NAMES = ['clusterdeck-node-agent.service', 'enrolment.yaml', 'node-agent.yaml', 'user-data'];

function folder(): string {
  const made = tempFolder();
  onTestFinished(made.remove);
  return join(made.path, 'new nodes');
}

const wish = (changes: Partial<EnrolRequestInput> = {}): EnrolRequestInput => ({
  cluster: { source: 'new', name: 'atelier', region: 'eu', datacenter: 'cellar', founder: 'a1' },
  folder: folder(),
  seeds: [{ host: '10.0.0.1', port: 7946 }],
  ...changes,
});

test('a new cluster has files that its agents accept, for this user alone', async () => {
  const { client } = await withDeck();
  const request = wish();
  const result = await client.agents.enrol(request);
  expect(readdirSync(request.folder).sort()).toEqual(NAMES);
  expect(result.files.map(({ name, secret }) => [name, secret])).toEqual([
    ['enrolment.yaml', true],
    ['node-agent.yaml', false],
    ['clusterdeck-node-agent.service', false],
    ['user-data', true],
  ]);
  for (const { path, secret } of result.files) {
    expect((statSync(path).mode & 0o777).toString(8)).toBe(secret ? '600' : '644');
  }
  expect((statSync(request.folder).mode & 0o777).toString(8)).toBe('700');
  const text = readFileSync(join(request.folder, 'enrolment.yaml'), 'utf8');
  const enrolment = parseEnrolment(text, 'enrolment.yaml');
  expect(enrolment).toMatchObject({
    cluster: { uuid: result.cluster.uuid, name: 'atelier', region: 'eu', datacenter: 'cellar' },
    seeds: ['10.0.0.1:7946'],
    founder: 'a1',
  });
  expect(result.cluster.isNew).toBe(true);
  expect(result.next.some((sentence) => sentence.startsWith('Start a1 first'))).toBe(true);
});

test('cloud-init gets the same files, the packages of the roles and the agent’s unit', async () => {
  const { client } = await withDeck();
  const request = wish({
    roles: { slurmController: false, slurmWorker: true, k3sServer: false, k3sAgent: true },
    tailscale: true,
    packageUrl: 'https://files.example.org/agent.deb',
  });
  await client.agents.enrol(request);
  const read = (name: string) => readFileSync(join(request.folder, name), 'utf8');
  const userData = read('user-data');
  expect(userData.startsWith('#cloud-config\n')).toBe(true);
  const document = parse(userData);
  expect(document.write_files).toMatchObject([
    {
      path: '/etc/clusterdeck/enrolment.yaml',
      permissions: '0600',
      content: read('enrolment.yaml'),
    },
    { path: '/etc/clusterdeck/node-agent.yaml', content: read('node-agent.yaml') },
  ]);
  expect(document.packages).toEqual(expect.arrayContaining(['slurmd', 'munge', 'serf', 'curl']));
  expect(document.packages).not.toContain('slurmctld');
  expect(document.runcmd[0]).toContain('https://files.example.org/agent.deb');
  expect(document.runcmd.at(-1)).toEqual([
    'systemctl',
    'enable',
    '--now',
    'clusterdeck-node-agent.service',
  ]);
  expect(read('clusterdeck-node-agent.service')).toBe(NODE_AGENT_UNIT);
  const { config, warnings } = parseConfig(read('node-agent.yaml'), 'node-agent.yaml');
  expect(warnings).toEqual([]);
  expect(config.tailscale).toMatchObject({ enabled: true, required: true });
  expect(config.roles['slurm-worker'].enabled).toBe(true);
  expect(config.roles['slurm-controller'].enabled).toBe(false);
});

test('a cluster on the deck gives its names, and only its key is asked for', async () => {
  const lab = await withLab({ clusters: 0, clusteros: 1 });
  const { client, uuid } = await withDeck(lab);
  const forge = await uuid('forge');
  const key = randomBytes(32).toString('base64');
  const early = client.agents.enrol(wish({ cluster: { source: 'deck', uuid: forge, key } }));
  await expect(early).rejects.toMatchObject({ code: 'INVALID_INPUT' });

  await client.inventory.poll({ cluster: 'forge' });
  const defaults = await client.agents.enrolDefaults({ uuid: forge });
  expect(defaults).toMatchObject({ name: 'forge', region: expect.any(String) });
  expect(defaults.seeds.length).toBeGreaterThan(0);
  const request = wish({ cluster: { source: 'deck', uuid: forge, key }, seeds: defaults.seeds });
  const { cluster } = await client.agents.enrol(request);
  const [known] = await client.inventory.query({ cluster: 'forge' });
  expect(cluster).toEqual({ uuid: known?.live.clusteros?.id, name: 'forge', isNew: false });
  const text = readFileSync(join(request.folder, 'enrolment.yaml'), 'utf8');
  expect(parseEnrolment(text, 'x').founder).toBeNull();
  expect(text).toContain(key);
});

test('a pasted enrolment file is taken over with its seeds', async () => {
  const { client } = await withDeck();
  const first = wish();
  await client.agents.enrol(first);
  const text = readFileSync(join(first.folder, 'enrolment.yaml'), 'utf8');
  const second = wish({
    cluster: { source: 'file', text },
    seeds: [{ host: 'fd00::2', port: 7946 }],
  });
  const { cluster } = await client.agents.enrol(second);
  const again = readFileSync(join(second.folder, 'enrolment.yaml'), 'utf8');
  expect(parseEnrolment(again, 'x')).toMatchObject({
    cluster: { uuid: cluster.uuid, name: 'atelier' },
    seeds: ['[fd00::2]:7946', '10.0.0.1:7946'],
    founder: 'a1',
  });
});

test.each([
  ['no YAML', 'a: [', 'This is not YAML.'],
  ['another file', 'hello: world', 'cluster'],
  ['a key that is text', null, 'not random'],
])('%s is refused, and the answer does not repeat it', async (_what, pasted, says) => {
  const { client } = await withDeck();
  const weak = Buffer.from('correct horse battery staple 123').toString('base64');
  const text =
    pasted ??
    `cluster: {uuid: 00000000-0000-4000-8000-000000000000, name: a, created_at: 1, key: ${weak}}`;
  const request = wish({ cluster: { source: 'file', text } });
  const error = await client.agents.enrol(request).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'INVALID_INPUT' });
  expect(JSON.stringify([error, String(error)])).not.toContain(weak);
  expect(String(error)).toContain(says);
  expect(existsSync(request.folder)).toBe(false);
});

test('files that are there are kept unless they are to be replaced', async () => {
  const { client } = await withDeck();
  const request = wish();
  await client.agents.enrol(request);
  const before = readFileSync(join(request.folder, 'enrolment.yaml'), 'utf8');
  await expect(client.agents.enrol(request)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    data: { fields: { folder: expect.stringContaining('is there already') } },
  });
  expect(readFileSync(join(request.folder, 'enrolment.yaml'), 'utf8')).toBe(before);
  await client.agents.enrol({ ...request, overwrite: true });
  expect(readFileSync(join(request.folder, 'enrolment.yaml'), 'utf8')).not.toBe(before);
  expect(readdirSync(request.folder).sort()).toEqual(NAMES);
});

test('the folder is named by its whole path', async () => {
  const { client } = await withDeck();
  await expect(client.agents.enrol(wish({ folder: 'here' }))).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
});

test('the cluster key is in the files and nowhere else', async () => {
  const ports = testPorts();
  const { client } = await withDeck(undefined, ports);
  const request = wish();
  const result = await client.agents.enrol(request);
  const { key } = parse(readFileSync(join(request.folder, 'enrolment.yaml'), 'utf8')).cluster;
  expect(Buffer.from(key, 'base64')).toHaveLength(32);
  const { entries } = await client.audit.list({ limit: 10 });
  const told = entries.find(({ action }) => action === 'nodes.enrol');
  expect(told?.subject).toBe('atelier');
  const store = readdirSync(ports.paths.dataDir).map((name) =>
    readFileSync(join(ports.paths.dataDir, name)),
  );
  for (const kept of [JSON.stringify(result), JSON.stringify(entries), ...ports.lines]) {
    expect(JSON.stringify(kept)).not.toContain(key);
  }
  expect(store.some((bytes) => bytes.includes(key))).toBe(false);
});
