import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Lab, startLab } from '#tests/lab/lab';
import { until } from '#tests/lab/process';
import { ready, statusOf } from '#tests/lab/views';

const SERVER_TOKEN = `K10${'5e'.repeat(32)}::server:lab-server-secret`;
const NODE_TOKEN = `K10${'5e'.repeat(32)}::node:lab-node-secret`;
const CONFIG = '/etc/rancher/k3s/config.yaml.d/50-clusterdeck.yaml';
/** In the place of k3s, which Debian does not have: it takes its configuration and gives tokens. */
const STAND_IN = `#!/bin/sh
[ "$1" = --version ] && { echo "k3s version v1.31.4+k3s1 (stand-in)"; exit; }
umask 077
data=/var/lib/rancher/k3s/$1
mkdir -p "$data/db"
if [ "$1" = server ] && grep -q '^cluster-init: true' ${CONFIG}; then
  echo '${SERVER_TOKEN}' > "$data/token"
  echo '${NODE_TOKEN}' > "$data/node-token"
fi
exec sleep 100000
`;

let lab: Lab;
const NAMES = ['a1', 'a2', 'a3'];

beforeAll(async () => {
  lab = await startLab({
    clusters: { a: 3 },
    configure: (config, { name }) => {
      const role = name === 'a3' ? 'k3s-agent' : 'k3s-server';
      return { ...config, roles: { ...config.roles, [role]: { enabled: true } } };
    },
  });
  await ready(lab.hosts);
});
afterAll(() => lab?.down());

const roleOf = async (name: string) =>
  (await statusOf(lab.host(name))).roles.find((role) => role.name.startsWith('k3s-'));
const configOf = async (name: string): Promise<Record<string, unknown>> =>
  parse(await lab.host(name).must(['cat', CONFIG]));
const isThere = async (name: string, path: string) =>
  (await lab.host(name).exec(['test', '-e', path])).code === 0;
const pidOf = async (name: string) =>
  (await lab.host(name).exec(['pgrep', '-xf', 'sleep 100000'])).stdout.trim();

it('waits for the program and tells so; nobody begins a cluster meanwhile', async () => {
  const told = async () => (await Promise.all(NAMES.map(roleOf))).map((role) => role?.error);
  const missing = NAMES.map(() => 'k3s is not installed.');
  await expect.poll(told, { timeout: 30_000 }).toEqual(missing);
  expect(await Promise.all(NAMES.map((name) => isThere(name, CONFIG)))).toEqual([
    false,
    false,
    false,
  ]);
});

it('begins one cluster and brings the others their token, from node to node', async () => {
  for (const host of lab.hosts) await host.write('/usr/local/bin/k3s', STAND_IN, '0755');
  await until(
    async () => (await Promise.all(NAMES.map(pidOf))).every((pid) => pid !== ''),
    'k3s to run everywhere',
    { withinMs: 60_000, everyMs: 200 },
  );
  const servers = await Promise.all(['a1', 'a2'].map(configOf));
  expect(servers.filter((config) => config['cluster-init'] === true)).toHaveLength(1);
  const first = servers[0]?.['cluster-init'] === true ? 'a1' : 'a2';
  const second = first === 'a1' ? 'a2' : 'a1';
  const server = `https://${lab.host(first).address}:6443`;
  for (const [name, token] of [
    [second, SERVER_TOKEN],
    ['a3', NODE_TOKEN],
  ] as const) {
    const config = await configOf(name);
    expect(config).toMatchObject({ server });
    const path = String(config['token-file']);
    expect(await lab.host(name).sh(`cat ${path}; stat -c %a ${path}`)).toBe(`${token}\n600\n`);
  }
});

it('shows the token to nobody else', async () => {
  for (const host of lab.hosts) {
    const where = [
      'ps -eo args',
      'cat /proc/[0-9]*/environ 2>/dev/null',
      'cat /var/log/clusterdeck/* /run/lab/*.log /var/lib/clusterdeck/daemons/* 2>/dev/null; true',
      'curl -s http://localhost:9090/api/v1/overview',
    ];
    const seen = await host.sh(where.join('; '));
    expect(seen).toContain('k3s');
    expect(seen).not.toMatch(/lab-(server|node)-secret/);
  }
  // a3 is no server, so that its etcd listens where it usually does
  const state = await lab.host('a3').must(['etcdctl', 'get', '--prefix', '/clusterdeck/']);
  expect(state).toContain('k3s/cluster');
  expect(state).not.toMatch(/lab-(server|node)-secret/);
});

it('calls nothing healthy because it merely runs, and leaves it running without the agent', async () => {
  const runs = async () => (await Promise.all(NAMES.map(roleOf))).every((role) => role?.running);
  await until(runs, 'the roles to be seen running', { withinMs: 30_000, everyMs: 200 });
  for (const name of NAMES) {
    expect(await roleOf(name)).toMatchObject({ running: true, healthy: false, is_leader: false });
    expect((await roleOf(name))?.error).not.toBe('');
  }
  const before = await Promise.all(NAMES.map(pidOf));
  await Promise.all(lab.hosts.map((host) => host.agent('restart')));
  await ready(lab.hosts);
  await until(runs, 'the roles to be seen running again', { withinMs: 30_000, everyMs: 200 });
  expect(await Promise.all(NAMES.map(pidOf))).toEqual(before);
});
