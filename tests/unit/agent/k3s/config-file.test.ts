import { expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  type AgentWish,
  renderAgent,
  renderServer,
  type ServerWish,
} from '#agent/roles/k3s/config-file';

const SERVER: ServerWish = {
  nodeName: 'a1',
  address: '10.77.1.1',
  names: ['100.64.0.7'],
  join: null,
  tokenFile: null,
  networkInterface: null,
  clusterCidr: null,
  serviceCidr: null,
  extra: {},
};
const AGENT: AgentWish = {
  nodeName: 'a3',
  address: '10.77.1.3',
  server: 'https://10.77.1.1:6443',
  tokenFile: '/var/lib/clusterdeck/k3s/token',
  networkInterface: null,
  extra: {},
};

test('the first server begins a cluster with etcd, and lets k3s make the token', () => {
  expect(parse(renderServer(SERVER))).toEqual({
    'node-name': 'a1',
    'node-ip': '10.77.1.1',
    'advertise-address': '10.77.1.1',
    'tls-san': ['10.77.1.1', 'a1', '100.64.0.7'],
    'write-kubeconfig-mode': '0600',
    'cluster-init': true,
  });
});

test('a further server joins with a token that stands in a file', () => {
  const text = renderServer({
    ...SERVER,
    join: 'https://10.77.1.1:6443',
    tokenFile: '/var/lib/clusterdeck/k3s/token',
    clusterCidr: '10.42.0.0/16',
    networkInterface: 'tailscale0',
  });
  const keys = parse(text);
  expect(keys).toMatchObject({
    server: 'https://10.77.1.1:6443',
    'token-file': '/var/lib/clusterdeck/k3s/token',
    'flannel-iface': 'tailscale0',
    'cluster-cidr': '10.42.0.0/16',
  });
  expect(keys).not.toHaveProperty('cluster-init');
  expect(keys).not.toHaveProperty('token');
});

test("an administrator's own keys win, but for those that make two clusters of one", () => {
  const extra = {
    disable: ['traefik'],
    'node-ip': '192.0.2.9',
    'cluster-init': true,
    'node-name': 'other',
    server: 'https://elsewhere:6443',
  };
  expect(parse(renderAgent({ ...AGENT, extra }))).toEqual({
    'node-name': 'a3',
    'node-ip': '192.0.2.9',
    server: 'https://10.77.1.1:6443',
    'token-file': '/var/lib/clusterdeck/k3s/token',
    disable: ['traefik'],
  });
});

test.each(['token', 'agent-token', 'cluster-reset', 'cluster-reset-restore-path', 'data-dir'])(
  '%s is refused by name',
  (key) => {
    const extra = { [key]: 'x' };
    expect(() => renderServer({ ...SERVER, extra })).toThrowError(
      expect.objectContaining({ code: 'INVALID_INPUT', message: `${key} cannot be set here.` }),
    );
  },
);

test('text of the configuration stays text, whatever it looks like', () => {
  const extra = { 'node-label': ['site=yes', 'x: y'], 'kubelet-arg': 'a #b' };
  expect(parse(renderAgent({ ...AGENT, extra }))).toMatchObject(extra);
});
