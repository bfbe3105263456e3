import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PveClient } from '@corsinvest/cv4pve-api-javascript';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { withLab } from '#tests/support/pve';

const SCRIPT = fileURLToPath(new URL('./proxmoxer_client.py', import.meta.url));
const NODES = ['pve-01', 'pve-02', 'pve-03'];

/** Runs Debian's Python on a script; secrets go in by standard input. */
function python(args: string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('/usr/bin/python3', args, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(stderr));
    });
    child.stdin?.end(input);
  });
}

test('proxmoxer logs in, reads, starts a machine, follows the task and uses a token', async () => {
  const lab = await withLab({ taskPace: 0.05 });
  const cluster = lab.cluster('prod-main');
  const { host, port } = cluster.endpoint;
  const { userid, password } = cluster.user('root@pam');
  const token = cluster.token('ada@pve!desk');
  const [token_user, token_name] = token.id.split('!');
  const out = await python(
    [SCRIPT, host, String(port)],
    JSON.stringify({ user: userid, password, token_user, token_name, token_value: token.secret }),
  );
  const seen = z.looseObject({ vmid: z.number() }).parse(JSON.parse(out));
  expect(seen).toMatchObject({
    version: '9.2.11',
    nodes: NODES,
    guests: 60,
    exit: 'OK',
    log: ['TASK OK'],
    status: 'running',
    tags: 'one;two',
    description: 'a & b; c',
    unknown: [500, expect.stringContaining('99999.conf')],
    token_nodes: NODES,
  });
  expect(cluster.guest(seen.vmid).status).toBe('running');
});

const list = z.array(z.record(z.string(), z.unknown()));

test('cv4pve logs in, reads, starts a machine, follows the task and uses a token', async () => {
  const lab = await withLab({ taskPace: 0.05 });
  const cluster = lab.cluster('prod-main');
  const { host, port } = cluster.endpoint;
  const { userid, password } = cluster.user('root@pam');
  const client = new PveClient(host, port);
  expect(await client.login(userid, password)).toBe(true);
  const nodes = list.parse((await client.nodes.index()).response.data);
  expect(new Set(nodes.map((node) => node.node))).toEqual(new Set(NODES));
  const guests = list.parse((await client.cluster.resources.resources('vm')).response.data);
  const stopped = guests.find(
    (guest) => guest.type === 'qemu' && guest.status === 'stopped' && guest.template === 0,
  );
  const node = z.string().parse(stopped?.node);
  const vmid = z.number().parse(stopped?.vmid);
  const started = await client.create(`/nodes/${node}/qemu/${vmid}/status/start`);
  const upid = z.string().parse(started.response.data);
  expect(await client.waitForTaskToFinish(upid, 20, 10_000)).toBe(true);
  expect(await client.getExitStatusTask(upid)).toBe('OK');
  expect(cluster.guest(vmid).status).toBe('running');

  const byToken = new PveClient(host, port);
  const token = cluster.token('ada@pve!desk');
  byToken.apiToken = `${token.id}=${token.secret}`;
  const version = await byToken.version.version();
  expect(version.response.data).toMatchObject({ version: '9.2.11' });
});
