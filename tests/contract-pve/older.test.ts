import { expect, test } from 'vitest';
import { z } from 'zod';
import type { DemoCluster } from '#electron/demo/demo-cluster';
import { withLab } from '#tests/support/pve';
import { type RawAnswer, rawRequest } from './raw-https';
import { mockedData, readFixture } from './recordings';
import { shapeDifferences } from './shapes';

async function get(
  cluster: DemoCluster,
  path: string,
  headers: Record<string, string> = {},
): Promise<RawAnswer> {
  const token = cluster.token('root@pam!full');
  const { host, port } = cluster.endpoint;
  return rawRequest({
    host,
    port,
    method: 'GET',
    path: `/api2/json${path}`,
    headers: { Authorization: `PVEAPIToken=${token.id}=${token.secret}`, ...headers },
  });
}

async function data(cluster: DemoCluster, path: string): Promise<unknown> {
  const answer = await get(cluster, path);
  return z.object({ data: z.unknown() }).parse(JSON.parse(answer.text)).data;
}

const rows = z.array(z.record(z.string(), z.unknown()));

test('7.4 words its refusals in the status line and leaves the body empty of them', async () => {
  const lab = await withLab();
  const old = lab.cluster('hall-c');
  const unknown = await get(old, '/nodes/c1/qemu/999/config');
  expect(unknown.statusLine).toBe(
    "HTTP/1.1 500 Configuration file 'nodes/c1/qemu-server/999.conf' does not exist",
  );
  expect(JSON.parse(unknown.text)).toEqual({ data: null });
  const wrong = await get(old, '/nodes/c1/qemu/abc/config');
  expect(JSON.parse(wrong.text)).toEqual({
    data: null,
    errors: { vmid: "type check ('integer') failed - got 'abc'" },
  });
});

test('7.4 and 8.4 refuse a bad ticket and a bad token each in their words', async () => {
  const lab = await withLab();
  const cookie = { Authorization: '', Cookie: 'PVEAuthCookie=PVE:root@pam:00000000::AAAA' };
  const token = {
    Authorization: 'PVEAPIToken=root@pam!full=00000000-0000-4000-8000-000000000001',
  };
  const texts = async (id: string) => [
    (await get(lab.cluster(id), '/version', cookie)).statusLine,
    (await get(lab.cluster(id), '/version', token)).statusLine,
  ];
  expect(await texts('hall-c')).toEqual([
    'HTTP/1.1 401 permission denied - invalid PVE ticket',
    'HTTP/1.1 401 invalid token value!',
  ]);
  expect(await texts('student-lab')).toEqual([
    'HTTP/1.1 401 Authentication failed!',
    'HTTP/1.1 401 Authentication failed!',
  ]);
});

test('8.4 repeats its refusals in the body', async () => {
  const lab = await withLab();
  const answer = await get(lab.cluster('student-lab'), '/nodes/labhost/qemu/999/config');
  expect(JSON.parse(answer.text)).toEqual({
    data: null,
    message: "Configuration file 'nodes/labhost/qemu-server/999.conf' does not exist\n",
  });
});

test('7.4 lists numbers as text where old releases are known to', async () => {
  const lab = await withLab();
  const guests = rows.parse(await data(lab.cluster('hall-c'), '/nodes/c1/lxc'));
  const old = z
    .array(z.object({ path: z.string(), body: z.object({ data: z.unknown() }) }))
    .parse(readFixture('telegraf/old-pve-string-typed-numbers.json'));
  const [example] = rows.parse(old.find((one) => one.path.endsWith('/lxc'))?.body.data);
  for (const key of ['vmid', 'disk', 'maxdisk', 'mem', 'maxmem', 'cpu', 'uptime']) {
    expect([key, typeof guests[0]?.[key]]).toEqual([key, typeof example?.[key]]);
  }
});

test('nodes, membership and guests of 7.4 and 8.4 have the captured keys', async () => {
  const lab = await withLab();
  const guest = (list: unknown, status: string) =>
    rows.parse(list).find((row) => row.type === 'qemu' && row.status === status);
  for (const [file, id] of [
    ['pve7x', 'hall-c'],
    ['pve8x', 'student-lab'],
  ] as const) {
    const cluster = lab.cluster(id);
    const [nodes] = mockedData(`${file}-nodes`, '/nodes');
    const online = rows
      .parse(await data(cluster, '/nodes'))
      .filter((row) => row.status === 'online');
    expect(shapeDifferences(nodes, online)).toEqual([]);
    const [status] = mockedData(`${file}-cluster`, '/cluster/status');
    const members = rows
      .parse(await data(cluster, '/cluster/status'))
      .filter((row) => row.online !== 0);
    expect(shapeDifferences(status, members)).toEqual([]);
    const resources = await data(cluster, '/cluster/resources');
    const [example] = mockedData(`${file}-cluster`, '/cluster/resources')
      .flatMap((list) => rows.parse(list))
      .filter((row) => row.type === 'qemu' && row.status === 'running');
    expect(shapeDifferences(example, guest(resources, 'running'))).toEqual([]);
  }
});

test('what came later is not there earlier', async () => {
  const lab = await withLab();
  const old = lab.cluster('hall-c');
  expect((await get(old, '/cluster/metrics/export')).statusLine).toContain('501');
  expect((await get(old, '/pools?poolid=teaching')).statusLine).toContain('400');
  expect((await get(old, '/pools/teaching')).statusLine).toContain('200');
  expect((await get(old, '/nodes/c1/rrddata?timeframe=decade')).statusLine).toContain('400');
  const types = rows.parse(await data(old, '/cluster/resources')).map((row) => row.type);
  expect(types).not.toContain('sdn');
  const newer = rows.parse(await data(lab.cluster('student-lab'), '/cluster/resources'));
  expect(newer.map((row) => row.type)).toContain('sdn');
  expect(newer.every((row) => !('memhost' in row))).toBe(true);
});

test('guests of a silent node shrink to what the others know', async () => {
  const lab = await withLab();
  const resources = rows.parse(await data(lab.cluster('hall-c'), '/cluster/resources'));
  const silent = resources.filter((row) => row.node === 'c3' && row.vmid !== undefined);
  expect(silent.length).toBeGreaterThan(3);
  for (const row of silent) {
    const { tags: _tags, ...rest } = row;
    expect(Object.keys(rest).sort()).toEqual(['id', 'node', 'status', 'type', 'vmid']);
    expect(rest.status).toBe('unknown');
  }
});
