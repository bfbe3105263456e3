import { join } from 'node:path';
import type { AgentProblem } from '#shared/contract/agent/dashboard';
import { Failure, fail } from '#shared/contract/errors';
import type { Enrolment, NodeIdentity } from '../identity/types';
import type { Clock, Logger, Supervisor } from '../ports';
import type { State } from '../state/types';
import { type HostAndPort, resolved, splitHostPort } from './addresses';
import { createDoorkeeper, type House } from './doorkeeper';
import type { Gossip } from './gossip';
import { heal } from './heal';
import { knock } from './knock';
import { Memory } from './memory';
import { fileNote, foreignState, waitingNote } from './notes';
import type { PeerCaller, PeerRoute } from './peer-types';
import {
  type ClusterRecord,
  type MemberRecord,
  type NodeDescription,
  nodeDescription,
} from './records';
import { register } from './registration';
import { Registry } from './registry';
import { isSameMember, roster } from './roster';
import { SerfGossip } from './serf/gossip';
import { encodeTags } from './serf/tags';
import { findCluster } from './settle';
import type { Tailscale } from './tailscale';
import { Troubles } from './troubles';
import type { ClusterIdentity, Member, MembershipEvent, NodeMembership, Settled } from './types';

export interface MembershipOptions {
  /** what the others are told of this node; the id is the identity's */
  self: Omit<NodeDescription, 'id'>;
  identity: NodeIdentity;
  enrolment: Enrolment;
  /** further seeds of the configuration, `host:port` */
  seeds: readonly string[];
  /** holds membership.json and serf's files */
  stateDir: string;
  rpcPort: number;
  /** how long a founder asks its seeds before it founds */
  foundAfterMs: number;
  /** client addresses of the shared state for a newcomer; null where no other node can use it */
  stateEndpoints(): readonly string[] | null;
  /** its online peers are seeds too */
  tailscale: Tailscale;
}

export interface MembershipPorts {
  clock: Clock;
  logger: Logger;
  supervisor: Supervisor;
  /** default: serf, as a daemon of this node */
  gossip?: Gossip;
}

const FULL_MS = 5_000;

/** Membership of this node: gossip by serf, the challenge, and the registry in the shared state. */
export function createMembership(
  options: MembershipOptions,
  ports: MembershipPorts,
): NodeMembership {
  return new ClusterMembership(options, ports);
}

class ClusterMembership implements NodeMembership {
  readonly routes: readonly PeerRoute[];
  readonly #options: MembershipOptions;
  readonly #ports: MembershipPorts;
  readonly #node: NodeDescription;
  readonly #gossip: Gossip;
  readonly #gossipName: string;
  readonly #troubles: Troubles;
  readonly #listeners = new Set<(event: MembershipEvent) => void>();
  readonly #closed = new AbortController();
  readonly #memory: Memory;
  #registry: Registry | null = null;
  #members: Member[] = [];
  /** over when nothing of the way into the cluster runs any more */
  #settling: Promise<unknown> = Promise.resolve();

  constructor(options: MembershipOptions, ports: MembershipPorts) {
    this.#options = options;
    this.#ports = ports;
    const { identity, enrolment } = options;
    this.#node = nodeDescription.parse({ ...options.self, id: identity.id });
    this.#gossipName = `${this.#node.name}-${identity.id.slice(0, 8)}`;
    const { clock, logger } = ports;
    this.#troubles = new Troubles(clock);
    const path = join(options.stateDir, 'membership.json');
    this.#memory = new Memory({ path, clock, logger, troubles: this.#troubles });
    this.#gossip = ports.gossip ?? this.#serf();
    this.routes = createDoorkeeper({
      clusterUuid: enrolment.cluster.uuid,
      challengeKey: enrolment.keys.challengeKey(),
      fingerprint: identity.fingerprint,
      house: () => this.#house(),
      onStranger: (address, why) => {
        // who tries on and on does not fill the log
        if (this.#troubles.wrongProof(address)) logger.warn({ address }, why);
      },
      clock,
      logger,
    });
    this.#members = this.#roster();
  }

  get cluster(): ClusterIdentity {
    return this.#memory.file?.cluster ?? this.#options.enrolment.cluster;
  }

  get record(): ClusterRecord | null {
    return this.#memory.file?.cluster ?? null;
  }

  get self(): Member {
    const own = this.#members.find((member) => member.id === this.#node.id);
    return own ?? this.#unregistered();
  }

  members(): Member[] {
    return this.#members;
  }

  onChange(listener: (event: MembershipEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  isRunning(): boolean {
    return this.#gossip.isRunning();
  }

  problems(): AgentProblem[] {
    return this.#troubles.list(this.#members);
  }

  settle(signal: AbortSignal): Promise<Settled> {
    const settling = this.#settle(signal);
    this.#settling = settling.catch(() => undefined);
    return settling;
  }

  async #settle(signal: AbortSignal): Promise<Settled> {
    const { stateDir, enrolment } = this.#options;
    const stop = AbortSignal.any([signal, this.#closed.signal]);
    const remembered = await this.#memory.load();
    if (remembered !== null) {
      if (remembered.cluster.uuid !== enrolment.cluster.uuid) {
        throw foreignState(remembered.cluster, enrolment.cluster, stateDir);
      }
      this.#memory.take(remembered);
    }
    this.#gossip.onLook((answered) => this.#refresh(answered));
    await this.#onceThereIsRoom(() => this.#gossip.start(this.#tags()), stop);
    void heal(
      {
        missing: () => this.#missing(),
        isReady: () => this.isRunning(),
        isAlone: () => !this.#hearsOthers(),
        seeds: () => this.#seeds(),
        join: (host, port) => this.#gossip.join(host, port),
        clock: this.#ports.clock,
      },
      this.#closed.signal,
    );
    this.#refresh(false);
    if (remembered !== null) {
      // killed between the founding and the first write to the shared state: it founds on
      if (remembered.phase === 'founding') return { how: 'founded' };
      return { how: 'resumed', stateEndpoints: remembered.stateEndpoints };
    }
    return this.#onceThereIsRoom(() => this.#find(stop), stop);
  }

  async attach(state: State): Promise<void> {
    const { clock, logger } = this.#ports;
    const registry = new Registry({ state, clock, logger }, this.#memory.file?.members ?? []);
    this.#registry = registry;
    registry.onChange(() => {
      this.#refresh(false);
      void this.#memory.save({}, registry.records());
    });
    void registry.follow();
    const node = { ...this.#node, fingerprint: this.#options.identity.fingerprint };
    await register(
      { registry, memory: this.#memory, node, troubles: this.#troubles, clock, logger },
      this.#closed.signal,
    );
  }

  async saveStateEndpoints(urls: readonly string[]): Promise<void> {
    const known = this.#memory.file?.stateEndpoints ?? [];
    if (urls.length === 0 || JSON.stringify(known) === JSON.stringify(urls)) return;
    await this.#memory.save({ stateEndpoints: [...urls] }, this.#records());
  }

  async callerOf(fingerprint: string): Promise<PeerCaller | null> {
    const record =
      this.#registry === null
        ? this.#memory.file?.members.find((one) => one.fingerprint === fingerprint)
        : await this.#registry.byFingerprint(fingerprint);
    return record ? { id: record.id, name: record.name, fingerprint: record.fingerprint } : null;
  }

  async forget(id: string): Promise<string> {
    const member = this.#members.find((one) => one.id === id && one.authenticated);
    if (member === undefined) {
      throw fail('NOT_FOUND', { remedy: 'Take an id of: node-agent status' });
    }
    if (member.status === 'alive') {
      throw fail(
        'INVALID_INPUT',
        { node: member.name, remedy: 'Run there first: node-agent stop --leave' },
        `${member.name} is alive, so it cannot be removed.`,
      );
    }
    await this.#drop(member);
    return member.name;
  }

  async release(id: string): Promise<void> {
    const member = this.#members.find((one) => one.id === id);
    if (member === undefined) await this.#need().remove(id);
    else await this.#drop(member);
  }

  async #drop({ id, name }: Member): Promise<void> {
    await this.#need().remove(id);
    await this.#gossip.drop(`${name}-${id.slice(0, 8)}`).catch(() => undefined);
  }

  async leave(): Promise<void> {
    this.#closed.abort();
    this.#registry?.close();
    await this.#settling;
    await this.#gossip.leave();
    await this.#memory.flushed();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#registry?.close();
    await this.#settling;
    this.#gossip.close();
    await this.#memory.flushed();
  }

  /** A full disk is told, and waited for: what answers for this node goes on meanwhile. */
  async #onceThereIsRoom<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        const done = await work();
        this.#troubles.set('file', null);
        return done;
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== 'STORE_FULL') throw error;
        this.#ports.logger.error({ err: error }, 'The disk is full, so this node cannot join.');
        this.#troubles.set('file', fileNote(this.#options.stateDir, error));
        await this.#ports.clock.sleep(FULL_MS, signal);
      }
    }
  }

  async #find(signal: AbortSignal): Promise<Settled> {
    const { enrolment, identity, foundAfterMs } = this.#options;
    const applicant = {
      node: this.#node,
      fingerprint: identity.fingerprint,
      credentials: identity,
      clusterUuid: enrolment.cluster.uuid,
      challengeKey: enrolment.keys.challengeKey(),
    };
    const found = await findCluster(
      {
        selfId: identity.id,
        own: { host: this.#node.address, port: this.#node.gossipPort },
        mayFound: enrolment.founder === this.#node.name,
        foundAfterMs,
        seeds: () => this.#seeds(),
        gossip: this.#gossip,
        knock: (where, abort) => knock(where, applicant, abort),
        onWaiting: (message) => this.#troubles.set('waiting', message && waitingNote(message)),
        clock: this.#ports.clock,
        logger: this.#ports.logger,
      },
      signal,
    );
    const { logger, clock } = this.#ports;
    if (found.how === 'founded') {
      const cluster = { ...enrolment.cluster, founding: crypto.randomUUID() };
      const joinedAt = Math.floor(clock.now() / 1000);
      await this.#memory.found({ cluster, phase: 'founding', joinedAt, stateEndpoints: [] }, []);
      logger.info({ cluster: cluster.name }, 'Nobody has this cluster yet: founding it.');
    } else {
      const { members, ...answer } = found.answer;
      await this.#memory.found({ ...answer, phase: 'member' }, members);
      logger.info({ cluster: answer.cluster.name, members: members.length }, 'Joined the cluster.');
    }
    this.#refresh(false);
    // serf has them at the latest with the next connection to it
    await this.#gossip.setTags(this.#tags()).catch(() => undefined);
    if (found.how === 'founded') return found;
    return { how: 'joined', stateEndpoints: found.answer.stateEndpoints };
  }

  #house(): House | null {
    const cluster = this.#memory.file?.cluster;
    if (cluster === undefined) return null;
    return {
      cluster,
      members: () => [...this.#records().values()],
      stateEndpoints: this.#options.stateEndpoints,
      admit: (record) => this.#need().admit(record),
    };
  }

  #need(): Registry {
    if (this.#registry !== null) return this.#registry;
    throw fail(
      'UNREACHABLE',
      { remedy: 'It is tried again by itself.' },
      'This node has not reached the shared state yet.',
    );
  }

  #records(): ReadonlyMap<string, MemberRecord> {
    const registry = this.#registry;
    if (registry !== null) return registry.records();
    return new Map((this.#memory.file?.members ?? []).map((record) => [record.id, record]));
  }

  #roster(): Member[] {
    const view = {
      records: this.#records(),
      gossip: this.#gossip.members(),
      isFresh: this.#gossip.isRunning(),
      lastSeen: this.#memory.lastSeen,
      selfId: this.#node.id,
    };
    const members = roster(view);
    return view.records.has(this.#node.id) ? members : [this.#unregistered(), ...members];
  }

  #unregistered(): Member {
    const { id, name, address, tailscaleIp, apiPort, roles, voter } = this.#node;
    const { fingerprint } = this.#options.identity;
    return {
      id,
      name,
      status: 'alive',
      address,
      tailscaleIp,
      apiPort,
      roles,
      tags: this.#tags(),
      fingerprint,
      // what the disk says holds until the shared state says otherwise
      authenticated: this.#memory.file !== null && this.#registry?.isRead() !== true,
      voter,
      lastSeen: this.#memory.lastSeen.get(id) ?? 0,
      joinedAt: this.#memory.file?.joinedAt ?? 0,
    };
  }

  /** @param answered whether gossip told something new */
  #refresh(answered: boolean): void {
    const before = new Map(this.#members.map((member) => [member.id, member]));
    if (answered) {
      const alive = this.#roster().filter((member) => member.status === 'alive');
      this.#memory.see(alive.map(({ id }) => id));
    }
    this.#memory.see([this.#node.id]);
    this.#members = this.#roster();
    this.#troubles.see(this.#members);
    for (const member of this.#members) {
      const old = before.get(member.id);
      if (old === undefined || !isSameMember(old, member)) this.#tell(member);
      before.delete(member.id);
    }
    for (const gone of before.values()) this.#tell({ ...gone, status: 'left' });
    if (this.#memory.isDue()) void this.#memory.save({}, this.#records());
  }

  #tell(member: Member): void {
    for (const listener of this.#listeners) listener({ kind: 'members', member });
  }

  #missing(): (HostAndPort & { unseenMs: number })[] {
    const now = this.#ports.clock.now();
    const records = this.#records();
    return this.#members.flatMap((member) => {
      const record = records.get(member.id);
      const isMissing = member.status === 'failed' || member.status === 'unknown';
      if (record === undefined || !isMissing) return [];
      const unseenMs = now - member.lastSeen * 1000;
      return [{ host: record.address, port: record.gossipPort, unseenMs }];
    });
  }

  #hearsOthers(): boolean {
    return this.#members.some(({ id, status }) => id !== this.#node.id && status === 'alive');
  }

  async #seeds(): Promise<HostAndPort[]> {
    const { enrolment, seeds, tailscale } = this.#options;
    const written = [...enrolment.seeds, ...seeds].map((text) => splitHostPort(text));
    const { gossipPort: port } = this.#node;
    const peers = tailscale.view().peers.map((host) => ({ host, port }));
    return Promise.all([...written, ...peers].map((seed) => resolved(seed)));
  }

  #tags(): Record<string, string> {
    const { id, apiPort, roles } = this.#node;
    return encodeTags({ id, apiPort, roles, settled: this.#memory.file !== null });
  }

  #serf(): SerfGossip {
    const { enrolment, stateDir, rpcPort } = this.#options;
    const { clock, logger, supervisor } = this.#ports;
    return new SerfGossip(
      {
        gossipName: this.#gossipName,
        address: this.#node.address,
        port: this.#node.gossipPort,
        rpcHost: '127.0.0.1',
        rpcPort,
        gossipKey: enrolment.keys.gossipKey(),
        folder: join(stateDir, 'serf'),
        daemon: 'clusterdeck-serf',
      },
      { clock, logger, supervisor },
    );
  }
}
