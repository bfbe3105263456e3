import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { type Api, type ApiOptions, createApi } from '#agent/api/api';
import type { MemberRemoval, PeerHandler, TokenHolder, Tokens } from '#agent/api/types';
import { createFacts, type FactsDeps } from '#agent/facts/facts';
import type { Facts, NetworkView } from '#agent/facts/types';
import { systemClock } from '#agent/host/clock';
import type { Member, Membership, MembershipEvent } from '#agent/membership/types';
import type { Merging } from '#agent/operations/merge/pact/merging';
import type { Operations } from '#agent/operations/types';
import type { Clock, Logger, MachineReading } from '#agent/ports';
import type { Kube, KubeFacts } from '#agent/roles/k3s/types';
import type { FoundService } from '#agent/roles/services/types';
import type { Slurm, SlurmFacts } from '#agent/roles/slurm/types';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { State } from '#agent/state/types';
import type { AgentProblem, RoleState } from '#shared/contract/agent/dashboard';
import type { TokenRole } from '#shared/contract/agent/tokens';
import { fail } from '#shared/contract/errors';
import { makeCertificate, type TestCertificate } from './certificates';

/** Keeps what was logged, so that a test can look for what must not be in it. */
export class KeptLog implements Logger {
  readonly lines: { level: string; fields: object; message: string }[] = [];
  debug = (fields: object, message: string) => this.#keep('debug', fields, message);
  info = (fields: object, message: string) => this.#keep('info', fields, message);
  warn = (fields: object, message: string) => this.#keep('warn', fields, message);
  error = (fields: object, message: string) => this.#keep('error', fields, message);

  #keep(level: string, fields: object, message: string): void {
    this.lines.push({ level, fields, message });
  }
}

const JOINED = 1_763_700_000;

export function member(name: string, wish: Partial<Member> = {}): Member {
  return {
    id: `id-${name}`,
    name,
    status: 'alive',
    address: `10.77.1.${name.replaceAll(/\D/g, '') || '9'}`,
    tailscaleIp: '',
    apiPort: 9090,
    roles: ['slurm-worker'],
    tags: { role: 'w' },
    fingerprint: 'AA:BB',
    authenticated: true,
    voter: true,
    lastSeen: JOINED,
    joinedAt: JOINED,
    ...wish,
  };
}

/** Members as a test says. */
export class StagedMembership implements Membership {
  readonly cluster = {
    uuid: '0b0e5a2e-0000-4000-8000-000000000001',
    name: 'forge',
    region: 'eu',
    datacenter: 'room-7',
    createdAt: JOINED - 1000,
  };
  running = true;
  found: AgentProblem[] = [];
  readonly #members = new Map<string, Member>();
  readonly #listeners = new Set<(event: MembershipEvent) => void>();
  readonly #own: string;

  constructor(own: Member, others: Member[] = []) {
    this.#own = own.name;
    for (const one of [own, ...others]) this.#members.set(one.name, one);
  }

  get self(): Member {
    const own = this.#members.get(this.#own);
    if (own === undefined) throw new Error('This node is no member');
    return own;
  }

  members(): Member[] {
    return [...this.#members.values()];
  }

  change(name: string, change: Partial<Member>): void {
    const changed = { ...(this.#members.get(name) ?? member(name)), ...change };
    this.#members.set(name, changed);
    for (const listener of this.#listeners) listener({ kind: 'members', member: changed });
  }

  onChange(listener: (event: MembershipEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  isRunning = () => this.running;
  problems = () => this.found;
  async leave(): Promise<void> {}
}

export const NO_SLURM: SlurmFacts = {
  controller: { status: 'unknown', message: 'Not looked at yet.' },
  worker: { status: 'unknown', message: 'Not looked at yet.' },
  primary: null,
  jobs: [],
  jobCount: 0,
  nodes: [],
  partitions: [],
  asOf: null,
  trouble: null,
};

/** SLURM as a test says; what is asked of it is kept. */
export class StagedSlurm implements Slurm {
  known: SlurmFacts = NO_SLURM;
  readonly asked: string[] = [];
  /** thrown by the next action */
  failure: Error | null = null;
  readonly #listeners = new Set<() => void>();

  facts = () => this.known;

  show(facts: Partial<SlurmFacts>): void {
    this.known = { ...this.known, ...facts };
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async actOnNode(node: string, action: string, reason: string): Promise<string> {
    this.#ask(`${action} ${node} ${reason}`.trim());
    return action === 'drain' ? 'drained' : 'idle';
  }

  async actOnJob(job: string, action: string): Promise<string> {
    this.#ask(`${action} ${job}`);
    return action === 'cancel' ? 'CANCELLED' : 'PENDING';
  }

  #ask(what: string): void {
    this.asked.push(what);
    if (this.failure !== null) throw this.failure;
  }
}

/** k3s as a test says. */
export class StagedKube implements Kube {
  known: KubeFacts = {
    server: { status: 'unknown', message: '' },
    agent: { status: 'unknown', message: '' },
    nodeCount: null,
    pods: [],
    podCount: null,
    asOf: null,
    trouble: null,
  };
  readonly #listeners = new Set<() => void>();
  facts = () => this.known;

  show(facts: Partial<KubeFacts>): void {
    this.known = { ...this.known, ...facts };
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Tokens in memory. */
export class StagedTokens implements Tokens {
  readonly known = new Map<string, TokenHolder>();
  readonly ended = new Map<string, 'expired' | 'revoked'>();

  add(role: TokenRole, name = `${role}'s`): string {
    const id = randomBytes(4).toString('hex');
    const token = `cdk_${id}_${randomBytes(24).toString('base64url')}`;
    this.known.set(token, { id, name, role });
    return token;
  }

  check: Tokens['check'] = async (token) => {
    const ended = this.ended.get(token);
    if (ended !== undefined) return { kind: ended };
    const holder = this.known.get(token);
    return holder === undefined ? { kind: 'unknown' } : { kind: 'valid', holder };
  };

  list: Tokens['list'] = async () =>
    [...this.known.values()].map(({ id, name, role }) => ({
      id,
      name,
      role,
      created_at: 0,
      expires_at: 0,
      revoked: false,
    }));

  create: Tokens['create'] = async ({ role, name }) => {
    const token = this.add(role, name);
    const view = (await this.list()).find(({ id }) => token.includes(id));
    if (view === undefined) throw new Error('The token was not kept');
    return { token, view };
  };

  revoke: Tokens['revoke'] = async (id) => {
    const view = (await this.list()).find((one) => one.id === id);
    if (view === undefined) throw fail('NOT_FOUND', { remedy: 'List the tokens.' });
    for (const [token, holder] of this.known) {
      if (holder.id === id) this.ended.set(token, 'revoked');
    }
    return { ...view, revoked: true };
  };
}

export const READING: MachineReading = {
  cpuCores: 8,
  cpuUsed: 0.25,
  memTotalBytes: 16 * 1024 ** 3,
  memAvailableBytes: 12 * 1024 ** 3,
  diskTotalBytes: 100e9,
  diskAvailableBytes: 60e9,
  gpus: 2,
  arch: 'amd64',
};

export interface AgentWish {
  own?: Member;
  others?: Member[];
  state?: State;
  clock?: Clock;
  facts?: Partial<FactsDeps>;
  api?: Partial<ApiOptions>;
  peers?: PeerHandler[];
  removal?: MemberRemoval;
  operations?: Operations;
  merging?: Merging;
  roles?: () => RoleState[];
}

export interface StagedAgent {
  facts: Facts;
  api: Api;
  membership: StagedMembership;
  slurm: StagedSlurm;
  kube: StagedKube;
  tokens: StagedTokens;
  state: State;
  log: KeptLog;
  machine: { reading: MachineReading };
  network: NetworkView;
  services: FoundService[];
  certificate: TestCertificate;
  /** of the HTTPS listener */
  url: string;
  /** of the plain listener */
  plainUrl: string;
  close(): Promise<void>;
}

/** The agent's real facts and API on free ports of loopback, over staged surroundings. */
export async function stageAgent(wish: AgentWish = {}): Promise<StagedAgent> {
  const clock = wish.clock ?? systemClock;
  const log = new KeptLog();
  const store = wish.state === undefined ? new SqliteStore(':memory:', clock) : null;
  const state = wish.state ?? createSqliteState(store ?? new SqliteStore(':memory:', clock), clock);
  const membership = new StagedMembership(wish.own ?? member('a1'), wish.others);
  const slurm = new StagedSlurm();
  const kube = new StagedKube();
  const tokens = new StagedTokens();
  const machine = { reading: READING };
  const services: FoundService[] = [];
  const network: NetworkView = {
    type: 'address',
    connected: true,
    tailscaleIp: '',
    tailscaleEnabled: false,
    peerCount: null,
    message: '',
  };
  const certificate = await makeCertificate();
  const facts = createFacts({
    membership,
    state,
    stateKind: 'sqlite',
    machine: { read: async () => machine.reading },
    slurm,
    kube,
    services: { found: () => services, units: () => [] },
    roles: wish.roles ?? (() => []),
    network: () => network,
    raftLeader: async () => membership.self.id,
    problems: () => [],
    clock,
    logger: log,
    version: '0.1.0',
    samplesPath: null,
    ...wish.facts,
  });
  const api = createApi(
    {
      facts,
      state,
      slurm,
      tokens,
      ...(wish.removal && { removal: wish.removal }),
      ...(wish.operations && { operations: wish.operations }),
      ...(wish.merging && { merging: wish.merging }),
      peers: wish.peers ?? [],
      clock,
      logger: log,
      version: '0.1.0',
    },
    {
      port: 0,
      loopback: ['127.0.0.1'],
      addresses: ['127.0.0.1'],
      socketPath: null,
      certPem: certificate.cert,
      keyPem: certificate.key,
      ...wish.api,
    },
  );
  let closing: Promise<void> | undefined;
  const close = () =>
    (closing ??= (async () => {
      await api.close();
      await facts.close();
      if (store !== null) {
        await state.close();
        store.close();
      }
    })());
  onTestFinished(close);
  await facts.start();
  await api.start();
  const urlOf = (kind: string) => api.endpoints().find((one) => one.kind === kind)?.url ?? '';
  return {
    facts,
    api,
    membership,
    slurm,
    kube,
    tokens,
    state,
    log,
    machine,
    network,
    services,
    certificate,
    url: urlOf('https'),
    plainUrl: urlOf('loopback'),
    close,
  };
}
