import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { PeerRequest } from '#agent/api/types';
import { systemClock } from '#agent/host/clock';
import { superviseChildren } from '#agent/host/supervisor/children';
import { newEnrolmentText, parseEnrolment } from '#agent/identity/enrolment';
import { loadNodeIdentity } from '#agent/identity/node-identity';
import type { Enrolment, NodeIdentity } from '#agent/identity/types';
import { createMembership } from '#agent/membership/membership';
import { createPeerGate } from '#agent/membership/peer-gate';
import type { PeerRoute } from '#agent/membership/peer-types';
import type { NodeDescription } from '#agent/membership/records';
import type { Tailscale } from '#agent/membership/tailscale';
import type { NodeMembership, Settled } from '#agent/membership/types';
import type { Clock, Logger, Supervisor } from '#agent/ports';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { State } from '#agent/state/types';
import { freePorts } from './etcd';
import { tempFolder } from './temp-folder';

/** What all nodes of one test share: the enrolment and, in place of etcd, one store. */
export interface TestCluster {
  enrolment: Enrolment;
  store: SqliteStore;
  /** the enrolment as text, with other seeds */
  enrol(seeds: readonly string[]): Enrolment;
}

export interface NodeWish {
  name: string;
  enrolment: Enrolment;
  store: SqliteStore;
  /** default: a new one; the same again is the same node */
  folder?: string;
  gossipPort?: number;
  rpcPort?: number;
  address?: string;
  foundAfterMs?: number;
  routes?: readonly PeerRoute[];
  clock?: Clock;
  /** runs before serf is started, as a disk that is full */
  beforeGossip?: () => void | Promise<void>;
}

/** One node as a test sees it: real serf, a real TLS server, a real certificate. */
export interface TestNode {
  membership: NodeMembership;
  identity: NodeIdentity;
  state: State;
  supervisor: Supervisor;
  folder: string;
  seed: string;
  apiPort: number;
  wish: NodeWish;
  settled: Promise<Settled>;
  /** lines of its log */
  log: string[];
  /** serf is killed as by a power cut, and the agent ends */
  powerOff(): Promise<void>;
  /** the agent ends and serf runs on */
  stopAgent(): Promise<void>;
}

/** A cluster that nobody founded yet; `founder` may. */
export function newCluster(founder: string, name = 'forge'): TestCluster {
  const text = newEnrolmentText({ name, founder }, Date.now());
  const store = new SqliteStore(':memory:', systemClock);
  onTestFinished(() => store.close());
  const enrolment = parseEnrolment(text, 'test');
  return { enrolment, store, enrol: (seeds) => ({ ...enrolment, seeds: [...seeds] }) };
}

export const silentTailscale: Tailscale = {
  view: () => ({ enabled: false, connected: false, ip: '', peers: [], message: '' }),
  onChange: () => () => {},
  look: async () => silentTailscale.view(),
  waitForAddress: async () => null,
  close() {},
};

/** Starts a node and has it look for its cluster; once it belongs to it, it uses the shared state. */
export async function startNode(wish: NodeWish): Promise<TestNode> {
  const folder = wish.folder ?? freshFolder();
  const [gossipPort = 0, rpcPort = 0] =
    wish.gossipPort !== undefined && wish.rpcPort !== undefined
      ? [wish.gossipPort, wish.rpcPort]
      : await freePorts(2);
  const address = wish.address ?? '127.0.0.1';
  const clock = wish.clock ?? systemClock;
  const log: string[] = [];
  const logger = listed(log);
  const identity = await loadNodeIdentity(join(folder, 'identity'), [wish.name], Date.now());
  const supervisor = superviseChildren({ clock, logger, folder: join(folder, 'daemons') });
  const guarded: Supervisor = {
    ...supervisor,
    start: async (spec) => {
      await wish.beforeGossip?.();
      await supervisor.start(spec);
    },
  };
  const api = await listen(identity, address);
  const self: Omit<NodeDescription, 'id'> = {
    name: wish.name,
    address,
    tailscaleIp: '',
    apiPort: api.port,
    gossipPort,
    roles: ['slurm-worker'],
    voter: true,
    capabilities: { cpu: 2, ram: '4GB', gpu: 0, arch: 'amd64' },
  };
  const membership = createMembership(
    {
      self,
      identity,
      enrolment: wish.enrolment,
      seeds: [],
      stateDir: folder,
      rpcPort,
      foundAfterMs: wish.foundAfterMs ?? 4_000,
      stateEndpoints: () => [`https://${address}:2379`],
      tailscale: silentTailscale,
    },
    { clock, logger, supervisor: guarded },
  );
  api.serve([...membership.routes, ...(wish.routes ?? [])], membership);
  const state = createSqliteState(wish.store, systemClock);
  const stopping = new AbortController();
  const settled = membership.settle(stopping.signal).then(async (how) => {
    await membership.attach(state);
    return how;
  });
  settled.catch(() => {});
  const stopAgent = async () => {
    stopping.abort(new Error('stopped'));
    await membership.close();
    supervisor.release();
    await state.close();
    await api.close();
  };
  const powerOff = async () => {
    await stopAgent();
    await supervisor.stop('clusterdeck-serf', { force: true });
  };
  onTestFinished(powerOff);
  return {
    membership,
    identity,
    state,
    supervisor,
    folder,
    seed: `${address}:${gossipPort}`,
    apiPort: api.port,
    wish: { ...wish, folder, gossipPort, rpcPort },
    settled,
    log,
    powerOff,
    stopAgent,
  };
}

function freshFolder(): string {
  const folder = tempFolder();
  onTestFinished(() => folder.remove());
  return folder.path;
}

/** The API's part between agents, as agent/api offers it. */
async function listen(identity: NodeIdentity, address: string) {
  let handle: ((request: PeerRequest) => Promise<{ status: number; body: unknown } | null>) | null =
    null;
  const server: Server = createServer(
    { key: identity.keyPem, cert: identity.certPem, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        void handle?.({
          method: request.method ?? '',
          target: request.url ?? '',
          fingerprint: fingerprintOf(request.socket),
          address: request.socket.remoteAddress ?? '',
          body: text === '' ? undefined : JSON.parse(text),
          signal: AbortSignal.timeout(10_000),
        }).then((answer) => {
          response.writeHead(answer?.status ?? 404, { 'content-type': 'application/json' });
          response.end(JSON.stringify(answer?.body ?? {}));
        });
      });
    },
  );
  await new Promise<void>((done) => server.listen(0, address, done));
  const bound: string | AddressInfo | null = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    serve(routes: readonly PeerRoute[], membership: NodeMembership) {
      handle = createPeerGate({
        routes,
        callerOf: (fingerprint) => membership.callerOf(fingerprint),
      });
    },
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function fingerprintOf(socket: unknown): string {
  const certificate = (socket as TLSSocket).getPeerCertificate();
  return 'fingerprint256' in certificate ? certificate.fingerprint256 : '';
}

function listed(log: string[]): Logger {
  const add = (fields: object, message: string) => {
    log.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { debug: add, info: add, warn: add, error: add };
}
