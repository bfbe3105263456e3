import { request } from 'node:https';
import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import type { DemoCluster } from '#electron/demo/demo-cluster';
import { withLab } from '#tests/support/pve';

interface Outcome {
  status?: number;
  reason?: string;
  text: string;
  /** How the exchange ended, when not well. */
  error?: string;
}

/** Asks as root's token and tells what came, without judging it. */
function ask(
  cluster: DemoCluster,
  path = '/version',
  options: { method?: string; timeoutMs?: number; node?: string } = {},
): Promise<Outcome> {
  const token = cluster.token('root@pam!full');
  const door = cluster.endpoints.find((one) => one.node === options.node) ?? cluster.endpoint;
  return new Promise((resolve) => {
    const sent = request(
      {
        host: door.host,
        port: door.port,
        method: options.method ?? 'GET',
        path: `/api2/json${path}`,
        headers: { Authorization: `PVEAPIToken=${token.id}=${token.secret}` },
        rejectUnauthorized: false,
        agent: false,
        ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
      },
      (response) => {
        let text = '';
        const head = {
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? '',
        };
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('error', (error) => resolve({ ...head, text, error: error.message }));
        response.on('end', () => resolve({ ...head, text }));
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', (error) => resolve({ text: '', error: error.message }));
    sent.end();
  });
}

async function main(): Promise<DemoCluster> {
  return (await withLab({ clusters: 1 })).cluster('prod-main');
}

test('every fault bends the answer as it says, and is gone when removed', async () => {
  const cluster = await main();
  const html = cluster.inject({ kind: 'sendHtml' });
  expect((await ask(cluster)).text).toContain('<html>');
  html.remove();
  const huge = cluster.inject({ kind: 'hugeJson', bytes: 300_000 });
  expect((await ask(cluster)).text.length).toBeGreaterThan(299_000);
  huge.remove();
  const broken = cluster.inject({ kind: 'malformedJson' });
  const { text } = await ask(cluster);
  expect(() => JSON.parse(text)).toThrow(SyntaxError);
  broken.remove();
  const liar = cluster.inject({ kind: 'lyingJson' });
  expect(JSON.parse((await ask(cluster)).text)).toEqual({
    data: { version: { was: 6 }, release: { was: 3 }, repoid: { was: 8 } },
  });
  liar.remove();
  expect(JSON.parse((await ask(cluster)).text).data.version).toBe('9.2.11');
});

test('a body that ends early, a connection cut and an answer that never comes', async () => {
  const cluster = await main();
  cluster.inject({ kind: 'closeMidway', afterBytes: 10 }, { times: 1 });
  expect(await ask(cluster)).toMatchObject({ status: 200, error: 'aborted' });
  cluster.inject({ kind: 'reset' }, { times: 1 });
  expect((await ask(cluster)).error).toContain('socket hang up');
  cluster.inject({ kind: 'hang' }, { times: 1 });
  expect((await ask(cluster, '/version', { timeoutMs: 120 })).error).toBe('no answer');
  expect((await ask(cluster)).status).toBe(200);
});

test('drops arrive one after another and make up the whole', async () => {
  const cluster = await main();
  cluster.inject({ kind: 'dribble', bytes: 20, everyMs: 5 });
  const before = performance.now();
  expect(JSON.parse((await ask(cluster)).text).data.version).toBe('9.2.11');
  expect(performance.now() - before).toBeGreaterThan(10);
});

test.each([401, 403, 500, 595, 596])(
  'a bare %i has the words and the body of the real one',
  async (status) => {
    const cluster = await main();
    cluster.inject({ kind: 'status', status });
    const answer = await ask(cluster);
    expect(answer.status).toBe(status);
    expect(answer.reason?.length).toBeGreaterThan(5);
    expect(answer.text === '').toBe(status === 401 || status >= 595);
  },
);

test('a fault strikes where it was aimed and as often as it was told', async () => {
  const cluster = await main();
  const fault = cluster.inject(
    { kind: 'status', status: 500 },
    { path: '/cluster/resources', method: 'GET', times: 2, node: 'pve-02' },
  );
  const status = async (path: string, node: string) => (await ask(cluster, path, { node })).status;
  expect(await status('/cluster/resources', 'pve-01')).toBe(200);
  expect(await status('/version', 'pve-02')).toBe(200);
  expect(await status('/cluster/resources', 'pve-02')).toBe(500);
  expect(await status('/cluster/resources', 'pve-02')).toBe(500);
  expect(await status('/cluster/resources', 'pve-02')).toBe(200);
  expect(fault.hits()).toBe(2);
});

test('a node that goes away cannot be reached, by its door or by its siblings', async () => {
  const cluster = await main();
  await cluster.nodeOffline('pve-02', 'refused');
  expect((await ask(cluster, '/version', { node: 'pve-02' })).error).toContain('ECONNREFUSED');
  expect(await ask(cluster, '/nodes/pve-02/status')).toMatchObject({
    status: 595,
    reason: 'Connection refused',
    text: '',
  });
  await cluster.nodeOnline('pve-02');
  expect((await ask(cluster, '/nodes/pve-02/status', { node: 'pve-02' })).status).toBe(200);
});

test('two of three away take the majority with them', async () => {
  const cluster = await main();
  const quorate = async () =>
    JSON.parse((await ask(cluster, '/cluster/status')).text).data.find(
      (row: { type: string }) => row.type === 'cluster',
    ).quorate;
  expect(await quorate()).toBe(1);
  await cluster.nodeOffline('pve-02');
  await cluster.nodeOffline('pve-03');
  expect(await quorate()).toBe(0);
});

test('closed doors open again on the same port', async () => {
  const cluster = await main();
  const { port } = cluster.endpoint;
  await cluster.refuseConnections();
  expect((await ask(cluster)).error).toContain('ECONNREFUSED');
  await cluster.acceptConnections();
  expect([(await ask(cluster)).status, cluster.endpoint.port]).toEqual([200, port]);
});

test('a swapped certificate is what the next handshake sees', async () => {
  const cluster = await main();
  const presented = () =>
    new Promise<{ fingerprint: string; expired: boolean; names: string }>((resolve, reject) => {
      const { host, port } = cluster.endpoint;
      const socket = connect({ host, port, rejectUnauthorized: false }, () => {
        const certificate = socket.getPeerCertificate();
        resolve({
          fingerprint: certificate.fingerprint256,
          expired: Date.parse(certificate.valid_to) < Date.now(),
          names: certificate.subjectaltname ?? '',
        });
        socket.destroy();
      });
      socket.on('error', reject);
    });
  const first = await presented();
  expect(first).toMatchObject({ fingerprint: cluster.endpoint.fingerprint, expired: false });
  expect(first.names).toContain('IP Address:127.0.0.1');
  await cluster.swapCertificate('changed');
  const second = await presented();
  expect(second.fingerprint).toBe(cluster.endpoint.fingerprint);
  expect(second.fingerprint).not.toBe(first.fingerprint);
  await cluster.swapCertificate('expired');
  expect((await presented()).expired).toBe(true);
  await cluster.swapCertificate('wrongHost');
  expect((await presented()).names).not.toContain('127.0.0.1');
});

test('a client that hangs up after the handshake has sent no byte of HTTP', async () => {
  const cluster = await main();
  const { host, port } = cluster.endpoint;
  cluster.resetCounters();
  await new Promise<void>((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false }, () => socket.end());
    socket.on('close', () => resolve());
  });
  await expect.poll(() => cluster.traffic()).toMatchObject({ handshakes: 1, httpBytes: 0 });
  await ask(cluster);
  expect(cluster.traffic().httpBytes).toBeGreaterThan(50);
  expect(cluster.requests()).toEqual([{ method: 'GET', route: '/version', count: 1 }]);
});

test('a refused change is not carried out, one whose answer got lost is', async () => {
  const cluster = await main();
  const guest = cluster.guests().find((one) => one.kind === 'qemu' && one.status === 'running');
  const path = `/nodes/${guest?.node}/qemu/${guest?.vmid}/status/stop`;
  const status = () => cluster.guest(guest?.vmid ?? 0).status;
  cluster.inject({ kind: 'status', status: 500 }, { times: 1 });
  await ask(cluster, path, { method: 'POST' });
  expect(status()).toBe('running');
  cluster.inject({ kind: 'reset' }, { times: 1 });
  await ask(cluster, path, { method: 'POST' });
  expect(status()).toBe('stopped');
});

test('faults can be there from the start', async () => {
  const fault = { cluster: 'prod-main', fault: { kind: 'status', status: 500 } } as const;
  const lab = await withLab({ clusters: 1, faults: [fault] });
  expect((await ask(lab.cluster('prod-main'))).status).toBe(500);
});
