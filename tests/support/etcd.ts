import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '#agent/host/clock';
import { issueEtcdTls } from '#agent/state/etcd/certificates';
import { createEtcdState } from '#agent/state/etcd/state';
import { type EtcdTls, EtcdTransport } from '#agent/state/etcd/transport';
import type { State } from '#agent/state/types';
import { tempFolder } from './temp-folder';

/** One real etcd process on loopback. */
export interface EtcdMember {
  name: string;
  endpoint: string;
  /** SIGKILL, as a power-off */
  kill(): Promise<void>;
  /** again, on its data */
  start(): void;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

export interface EtcdCluster {
  members: EtcdMember[];
  uuid: string;
  tls: EtcdTls;
  seed: Uint8Array;
  /** a transport over all members, or the given ones */
  transport(endpoints?: readonly string[]): EtcdTransport;
  state(endpoints?: readonly string[]): State;
  close(): Promise<void>;
}

/** Starts a cluster of real etcd members with client certificates, and waits until it answers. */
export async function startEtcd(size: number): Promise<EtcdCluster> {
  const folder = tempFolder();
  const uuid = randomUUID();
  const seed = randomBytes(32);
  const tls = await issueEtcdTls(seed, uuid, 'test', ['127.0.0.1']);
  const files = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' } as const;
  for (const [part, file] of Object.entries(files)) {
    const pem = tls[part === 'ca' || part === 'cert' ? part : 'key'];
    writeFileSync(join(folder.path, file), pem, { mode: 0o600 });
  }
  const ports = await freePorts(size * 2);
  const named = Array.from({ length: size }, (_, n) => ({
    name: `m${n + 1}`,
    client: `https://127.0.0.1:${ports[n]}`,
    peer: `https://127.0.0.1:${ports[size + n]}`,
  }));
  const initial = named.map(({ name, peer }) => `${name}=${peer}`).join(',');
  const members = named.map(({ name, client, peer }) => {
    const data = join(folder.path, name);
    mkdirSync(data, { mode: 0o700 });
    return new Member(name, client, [
      `--name=${name}`,
      `--data-dir=${data}`,
      `--initial-cluster=${initial}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      '--client-cert-auth',
      '--peer-client-cert-auth',
      ...['', 'peer-'].flatMap((kind) => [
        `--${kind}trusted-ca-file=${join(folder.path, files.ca)}`,
        `--${kind}cert-file=${join(folder.path, files.cert)}`,
        `--${kind}key-file=${join(folder.path, files.key)}`,
      ]),
      '--logger=zap',
    ]);
  });
  for (const member of members) member.start();
  const transport = (endpoints?: readonly string[]) =>
    new EtcdTransport({
      endpoints: () => endpoints ?? members.map((member) => member.endpoint),
      tls,
      clock: systemClock,
    });
  const state = (endpoints?: readonly string[]) =>
    createEtcdState(transport(endpoints), uuid, systemClock);
  const probe = state();
  await eventually(async () => (await probe.health()) === 'ok', 'etcd answers');
  await probe.close();
  return {
    members,
    uuid,
    tls,
    seed,
    transport,
    state,
    async close() {
      await Promise.all(members.map((member) => member.kill()));
      folder.remove();
    },
  };
}

class Member implements EtcdMember {
  readonly name: string;
  readonly endpoint: string;
  readonly #args: string[];
  #child: ChildProcess | null = null;

  constructor(name: string, endpoint: string, args: string[]) {
    this.name = name;
    this.endpoint = endpoint;
    this.#args = args;
  }

  start(): void {
    this.#child = spawn('etcd', this.#args, { stdio: 'ignore' });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}

/** Ports of loopback that are free now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** Asks again until it is so; fails after `limitMs`. */
export async function eventually(
  condition: () => Promise<boolean> | boolean,
  what: string,
  limitMs = 15_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
