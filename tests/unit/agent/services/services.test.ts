import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type Server as TcpServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import type { CommandResult, DaemonState, Logger } from '#agent/ports';
import { KNOWN_SERVICES } from '#agent/roles/services/known';
import {
  createServices,
  type NodeServices,
  type ServicesOptions,
} from '#agent/roles/services/services';
import { fail } from '#shared/contract/errors';
import { makeCertificate } from '#tests/support/certificates';

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Answers as the real services do, at a free port of loopback. */
const SHAPES: Record<string, RequestListener> = {
  ondemand: (_, response) => response.writeHead(302, { location: '/pun/sys/dashboard' }).end(),
  jupyterhub: (request, response) =>
    request.url === '/hub/api/'
      ? response.writeHead(200, { 'content-type': 'application/json' }).end('{"version": "5.2.1"}')
      : response.writeHead(404).end(),
  rancher: (request, response) => response.end(request.url === '/ping' ? 'pong' : ''),
  ttyd: (_, response) =>
    response.writeHead(401, { server: 'ttyd/1.7.4 (libwebsockets 4.3.2)' }).end(),
  apache2: (_, response) => response.writeHead(403, { server: 'Apache/2.4.62 (Debian)' }).end(),
  filebrowser: (_, response) => response.end('{"status":"OK"}'),
  prometheus: (_, response) => response.end('<title>Prometheus</title>'),
};

async function listening(server: Server | TcpServer, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    if (!server.listening) return;
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const serve = (shape: string) => listening(createServer(SHAPES[shape]));

/** Looks for the known services at these ports only. */
function looker(
  ports: Record<string, readonly number[]>,
  options: Partial<ServicesOptions> = {},
): NodeServices {
  const services = createServices({
    clock: { ...systemClock, sleep: (_ms, signal) => systemClock.sleep(30, signal) },
    logger: SILENT,
    commands: { run: async () => ({ code: 0, stdout: '', stderr: '' }) },
    supervisor: { state: async () => stopped },
    hasSystemd: false,
    address: () => '127.0.0.1',
    known: KNOWN_SERVICES.map((service) => ({ ...service, ports: ports[service.name] ?? [] })),
    ...options,
  });
  services.start();
  onTestFinished(() => services.close());
  return services;
}

const stopped: DaemonState = { state: 'stopped', pid: null, since: null, message: '' };
const names = (services: NodeServices) =>
  services
    .found()
    .filter(({ status }) => status === 'running')
    .map(({ name }) => name)
    .toSorted();

test('each service is known by what only it says', async () => {
  const plain = ['ondemand', 'jupyterhub', 'ttyd', 'apache2', 'filebrowser'];
  const ports = await Promise.all(plain.map((name) => serve(name)));
  const { key, cert } = await makeCertificate();
  const rancher = await listening(createHttps({ key, cert }, SHAPES['rancher']));
  // every service is looked for at every port
  const services = looker(
    Object.fromEntries([
      ...plain.map((name): [string, number[]] => [name, ports]),
      ['rancher', [rancher]],
    ]),
  );
  await expect.poll(() => names(services)).toEqual([...plain, 'rancher'].toSorted());
  for (const [index, name] of plain.entries()) {
    const found = services.found().find((one) => one.name === name);
    expect(found?.port).toBe(ports[index]);
    expect(found?.url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${ports[index]}/`));
  }
});

test('what answers in another shape is nothing, and neither is an open port that says nothing', async () => {
  const other = await serve('prometheus');
  const mute = await listening(createTcp((socket) => socket.resume()));
  const real = await serve('ttyd');
  const services = looker({
    ondemand: [other],
    filebrowser: [mute],
    jupyterhub: [other],
    ttyd: [real],
  });
  await expect.poll(() => names(services)).toEqual(['ttyd']);
  expect(services.found()).toHaveLength(1);
});

test('a service that goes is told of as stopped, one that fails as failing, and comes back', async () => {
  let answer: RequestListener = SHAPES['ttyd'] ?? (() => undefined);
  const server = createServer((request, response) => answer(request, response));
  const port = await listening(server);
  const services = looker({ ttyd: [port] });
  const seen = () => services.found().map(({ status, url }) => [status, url !== null]);
  await expect.poll(seen).toEqual([['running', true]]);
  answer = (_, response) => response.writeHead(502, { server: 'ttyd/1.7.4' }).end();
  await expect.poll(seen).toEqual([['error', false]]);
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  await expect.poll(seen).toEqual([['stopped', false]]);
  const again = createServer(SHAPES['ttyd']);
  await listening(again, port);
  await expect.poll(seen).toEqual([['running', true]]);
});

test('what only this node itself can reach has no address for people', async () => {
  const port = await serve('filebrowser');
  // another address of loopback, at which nothing listens
  const services = looker({ filebrowser: [port] }, { address: () => '127.0.0.9' });
  await expect.poll(() => names(services)).toEqual(['filebrowser']);
  expect(services.found()[0]).toMatchObject({ url: null, address: '127.0.0.9' });
  expect(services.found()[0]?.message).toContain('on this node only');
});

test('systemd is asked once for all units, by name and not by pattern', async () => {
  const asked: string[][] = [];
  const services = looker(
    {},
    {
      hasSystemd: true,
      commands: {
        async run(argv) {
          asked.push([...argv]);
          return { code: 0, stderr: '', stdout: SHOWN } satisfies CommandResult;
        },
      },
    },
  );
  await expect.poll(() => services.units().length).toBe(7);
  expect(asked[0]?.slice(0, 2)).toEqual(['systemctl', 'show']);
  expect(asked[0]).toContain('slurmctld.service');
  expect(services.units()).toEqual([
    { name: 'slurmctld', status: 'running', message: 'active (running)' },
    { name: 'slurmd', status: 'error', message: 'failed (exit-code)' },
    { name: 'k3s', status: 'stopped', message: 'It is not installed.' },
    { name: 'k3s-agent', status: 'stopped', message: 'inactive (dead)' },
    { name: 'apache2', status: 'running', message: 'activating (start)' },
    { name: 'ttyd', status: 'error', message: 'it fails and is started again (core-dump)' },
    { name: 'filebrowser', status: 'unknown', message: 'systemd does not tell.' },
  ]);
});

test('a systemctl that hangs leaves the probes alone and the units unknown', async () => {
  const port = await serve('apache2');
  let isHung = false;
  const services = looker(
    { apache2: [port] },
    {
      hasSystemd: true,
      commands: {
        async run() {
          if (isHung) throw fail('TIMEOUT', { remedy: 'See why it hangs.' }, 'systemctl hangs.');
          return { code: 0, stderr: '', stdout: SHOWN };
        },
      },
    },
  );
  await expect.poll(() => services.units().length).toBe(7);
  isHung = true;
  await expect
    .poll(() => services.units().map(({ status }) => status))
    .toEqual(Array(7).fill('unknown'));
  expect(services.units()[0]?.message).toBe('systemctl hangs.');
  await expect.poll(() => names(services)).toEqual(['apache2']);
});

test('without systemd daemons are known by the supervisor and web services by their answer', async () => {
  const port = await serve('ttyd');
  const states: Record<string, DaemonState> = {
    slurmctld: { state: 'running', pid: 7, since: 1, message: 'noise of its log' },
    slurmd: { state: 'failed', pid: null, since: null, message: 'It ended with code 1.' },
  };
  const supervisor = { state: async (name: string) => states[name] ?? stopped };
  const services = looker({ ttyd: [port] }, { supervisor });
  const status = () => Object.fromEntries(services.units().map((unit) => [unit.name, unit.status]));
  await expect.poll(status).toEqual({
    slurmctld: 'running',
    slurmd: 'error',
    k3s: 'stopped',
    'k3s-agent': 'stopped',
    apache2: 'stopped',
    ttyd: 'running',
    filebrowser: 'stopped',
  });
});

/** As `systemctl show` of systemd 252 prints it. */
const SHOWN = `Id=slurmctld.service
LoadState=loaded
ActiveState=active
SubState=running
Result=success

Id=slurmd.service
LoadState=loaded
ActiveState=failed
SubState=failed
Result=exit-code

Id=k3s.service
LoadState=not-found
ActiveState=inactive
SubState=dead
Result=success

Id=k3s-agent.service
LoadState=loaded
ActiveState=inactive
SubState=dead
Result=success

Id=apache2.service
LoadState=loaded
ActiveState=activating
SubState=start
Result=success

Id=ttyd.service
LoadState=loaded
ActiveState=activating
SubState=auto-restart
Result=core-dump
`;
