import { join } from 'node:path';
import type { AgentProblem } from '#shared/contract/agent/dashboard';
import { Failure, fail } from '#shared/contract/errors';
import type { Enrolment, NodeIdentity } from '../identity/types';
import type { Clock, Logger, Supervisor } from '../ports';
import type { State } from '../state/types';
import { type HostAndPort, resolved, splitHostPort } from './addresses';
import { createDoorkeeper, type House } from './doorkeeper';
import { readMembershipFile, writeMembershipFile } from './file';
import type { Gossip } from './gossip';
import { heal } from './heal';
import { knock } from './knock';
import { admissionNote, fileNote, foreignState, foundingNote, waitingNote } from './notes';
import type { PeerCaller, PeerRoute } from './peer-types';
import {
  type ClusterRecord,
  type MemberRecord,
  type MembershipFile,
  type NodeDescription,
  nodeDescription,
} from './records';
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

const REGISTER_MS = { first: 500, most: 10_000 };
/** How old the remembered `lastSeen` may get on the disk. */
const SAVE_MS = 60_000;

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
  readonly #lastSeen = new Map<string, number>();
  #file: MembershipFile | null = null;
  #registry: Registry | null = null;
  #members: Member[] = [];
  #isStarted = false;
  #saving: Promise<void> = Promise.resolve();
  #savedAt = 0;

  constructor(options: MembershipOptions, ports: MembershipPorts) {
    this.#options = options;
    this.#ports = ports;
    const { identity, enrolment } = options;
    this.#node = nodeDescription.parse({ ...options.self, id: identity.id });
    this.#gossipName = `${this.#node.name}-${identity.id.slice(0, 8)}`;
    this.#troubles = new Troubles(ports.clock);
    this.#gossip = ports.gossip ?? this.#serf();
    this.routes = createDoorkeeper({
      clusterUuid: enrolment.cluster.uuid,
      challengeKey: enrolment.keys.challengeKey(),
      fingerprint: identity.fingerprint,
      house: () => this.#house(),
      onStranger: (address, why) => {
        ports.logger.warn({ address }, why);
        this.#troubles.wrongProof(address);
      },
      clock: ports.clock,
      logger: ports.logger,
    });
    this.#members = this.#roster();
  }

  get cluster(): ClusterIdentity {
    return this.#file?.cluster ?? this.#options.enrolment.cluster;
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
    return this.#troubles.list(this.#members, this.#isStarted ? this.isRunning() : null);
  }

  async settle(signal: AbortSignal): Promise<Settled> {
    const { stateDir, enrolment } = this.#options;
    this.#file = await readMembershipFile(this.#path);
    const remembered = this.#file;
    if (remembered !== null && remembered.cluster.uuid !== enrolment.cluster.uuid) {
      throw foreignState(remembered.cluster, enrolment.cluster, stateDir);
    }
    for (const { id, lastSeen } of remembered?.members ?? []) this.#lastSeen.set(id, lastSeen);
    this.#gossip.onAnswer(() => this.#refresh());
    await this.#gossip.start(this.#tags());
    this.#isStarted = true;
    void heal(
      {
        missing: () => this.#missing(),
        join: (host, port) => this.#gossip.join(host, port),
        clock: this.#ports.clock,
      },
      this.#closed.signal,
    );
    this.#refresh();
    if (remembered !== null) {
      void this.#contactSeeds();
      // killed between the founding and the first write to the shared state: it founds on
      if (remembered.phase === 'founding') return { how: 'founded' };
      return { how: 'resumed', stateEndpoints: remembered.stateEndpoints };
    }
    return this.#find(AbortSignal.any([signal, this.#closed.signal]));
  }

  async attach(state: State): Promise<void> {
    const { clock, logger } = this.#ports;
    const registry = new Registry({ state, clock, logger }, this.#file?.members ?? []);
    this.#registry = registry;
    registry.onChange(() => {
      this.#refresh();
      this.#save();
    });
    void registry.follow();
    const first = await this.#register(registry);
    if (!first) void this.#registerLater(registry);
  }

  async saveStateEndpoints(urls: readonly string[]): Promise<void> {
    const file = this.#file;
    if (file === null || urls.length === 0) return;
    if (JSON.stringify(file.stateEndpoints) === JSON.stringify(urls)) return;
    this.#file = { ...file, stateEndpoints: [...urls] };
    this.#save();
    await this.#saving;
  }

  async callerOf(fingerprint: string): Promise<PeerCaller | null> {
    const record =
      this.#registry === null
        ? this.#file?.members.find((one) => one.fingerprint === fingerprint)
        : await this.#registry.byFingerprint(fingerprint);
    return record ? { id: record.id, name: record.name, fingerprint: record.fingerprint } : null;
  }

  async forget(id: string): Promise<void> {
    const member = this.#members.find((one) => one.id === id && one.authenticated);
    if (member === undefined) {
      throw fail('NOT_FOUND', { remedy: 'Take an id of: node-agent status' });
    }
    if (member.status === 'alive') {
      throw fail(
        'INVALID_INPUT',
        { node: member.name, remedy: 'Stop the node agent there first.' },
        `${member.name} is alive, so it cannot be removed.`,
      );
    }
    await this.#need().remove(id);
    await this.#gossip.drop(`${member.name}-${id.slice(0, 8)}`).catch(() => undefined);
  }

  async leave(): Promise<void> {
    this.#closed.abort();
    this.#registry?.close();
    await this.#gossip.leave();
    await this.#saving;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#registry?.close();
    this.#gossip.close();
    await this.#saving;
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
    const now = Math.floor(this.#ports.clock.now() / 1000);
    if (found.how === 'founded') {
      const cluster = { ...enrolment.cluster, founding: crypto.randomUUID() };
      await this.#remember(cluster, 'founding', now, [], []);
      this.#ports.logger.info(
        { cluster: cluster.name },
        'Nobody has this cluster yet: founding it.',
      );
      return { how: 'founded' };
    }
    const { cluster, joinedAt, members, stateEndpoints } = found.answer;
    await this.#remember(cluster, 'member', joinedAt, members, stateEndpoints);
    this.#ports.logger.info(
      { cluster: cluster.name, members: members.length },
      'Joined the cluster.',
    );
    return { how: 'joined', stateEndpoints };
  }

  /** On the disk before anything is done with it. */
  async #remember(
    cluster: ClusterRecord,
    phase: MembershipFile['phase'],
    joinedAt: number,
    members: readonly MemberRecord[],
    stateEndpoints: readonly string[],
  ): Promise<void> {
    const file: MembershipFile = {
      version: 1,
      cluster,
      phase,
      joinedAt,
      stateEndpoints: [...stateEndpoints],
      members: members.map((record) => ({ ...record, lastSeen: this.#seenAt(record.id) })),
    };
    await writeMembershipFile(this.#path, file);
    this.#file = file;
    this.#refresh();
    await this.#gossip.setTags(this.#tags()).catch((error: unknown) => {
      // it is set with the next connection
      this.#ports.logger.debug({ err: error }, 'serf did not take the tags yet.');
    });
  }

  #house(): House | null {
    const cluster = this.#file?.cluster;
    if (cluster === undefined) return null;
    return {
      cluster,
      members: () => [...this.#records().values()],
      stateEndpoints: this.#options.stateEndpoints,
      admit: (record) => this.#need().admit(record),
    };
  }

  async #register(registry: Registry): Promise<boolean> {
    const file = this.#file;
    if (file === null) return false;
    try {
      const standing = await registry.settleCluster(file.cluster);
      const isOther = standing.founding !== file.cluster.founding;
      this.#troubles.set('founding', isOther ? foundingNote(standing) : null);
      if (isOther) return true;
      const { fingerprint } = this.#options.identity;
      const admission = await registry.admit({ ...this.#node, fingerprint });
      this.#troubles.set(
        'registration',
        admission.ok ? null : admissionNote(admission, this.#node.name),
      );
      if (admission.ok && this.#file !== null) {
        this.#file = { ...this.#file, phase: 'member', joinedAt: admission.record.joinedAt };
        this.#save();
      }
      return admission.ok;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#ports.logger.debug({ err: error }, 'The shared state does not take this node yet.');
      return false;
    }
  }

  async #registerLater(registry: Registry): Promise<void> {
    const { signal } = this.#closed;
    let pause = REGISTER_MS.first;
    for (
      let done = false;
      !done && !signal.aborted;
      pause = Math.min(pause * 2, REGISTER_MS.most)
    ) {
      await this.#ports.clock.sleep(pause, signal).catch(() => undefined);
      done = signal.aborted || (await this.#register(registry));
    }
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
    return new Map((this.#file?.members ?? []).map((record) => [record.id, record]));
  }

  #roster(): Member[] {
    const view = {
      records: this.#records(),
      gossip: this.#gossip.members(),
      isFresh: this.#gossip.isRunning(),
      lastSeen: this.#lastSeen,
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
      authenticated: this.#file !== null && this.#registry?.isRead() !== true,
      voter,
      lastSeen: this.#seenAt(id),
      joinedAt: this.#file?.joinedAt ?? 0,
    };
  }

  #refresh(): void {
    const now = Math.floor(this.#ports.clock.now() / 1000);
    const before = new Map(this.#members.map((member) => [member.id, member]));
    this.#lastSeen.set(this.#node.id, now);
    const alive = this.#roster().filter((member) => member.status === 'alive');
    for (const { id } of alive) this.#lastSeen.set(id, now);
    this.#members = this.#roster();
    this.#troubles.see(this.#members);
    for (const member of this.#members) {
      const old = before.get(member.id);
      if (old === undefined || !isSameMember(old, member)) this.#tell(member);
      before.delete(member.id);
    }
    for (const gone of before.values()) this.#tell({ ...gone, status: 'left' });
    if (this.#ports.clock.monotonic() - this.#savedAt >= SAVE_MS) this.#save();
  }

  #tell(member: Member): void {
    for (const listener of this.#listeners) listener({ kind: 'members', member });
  }

  /** Writes what is known now; one write at a time. */
  #save(): void {
    this.#savedAt = this.#ports.clock.monotonic();
    this.#saving = this.#saving.then(async () => {
      const file = this.#file;
      if (file === null) return;
      const members = [...this.#records().values()].map((record) => ({
        ...record,
        lastSeen: this.#seenAt(record.id),
      }));
      this.#file = { ...file, members: members.length > 0 ? members : file.members };
      try {
        await writeMembershipFile(this.#path, this.#file);
        this.#troubles.set('file', null);
      } catch (error) {
        this.#ports.logger.warn({ err: error }, 'The membership cannot be saved.');
        this.#troubles.set('file', fileNote(this.#path, error));
      }
    });
  }

  #missing(): (HostAndPort & { unseenMs: number })[] {
    const now = this.#ports.clock.now();
    const records = this.#records();
    return this.#members.flatMap((member) => {
      const record = records.get(member.id);
      const isMissing = member.status === 'failed' || member.status === 'unknown';
      if (record === undefined || !isMissing || !this.isRunning()) return [];
      const unseenMs = now - member.lastSeen * 1000;
      return [{ host: record.address, port: record.gossipPort, unseenMs }];
    });
  }

  async #contactSeeds(): Promise<void> {
    const seeds = await this.#seeds();
    await Promise.all(
      seeds.map(({ host, port }) => this.#gossip.join(host, port).catch(() => false)),
    );
  }

  async #seeds(): Promise<HostAndPort[]> {
    const { enrolment, seeds, tailscale } = this.#options;
    const written = [...enrolment.seeds, ...seeds].map((text) => splitHostPort(text));
    const { gossipPort: port } = this.#node;
    const peers = tailscale.view().peers.map((host) => ({ host, port }));
    return Promise.all([...written, ...peers].map((seed) => resolved(seed)));
  }

  #seenAt(id: string): number {
    return this.#lastSeen.get(id) ?? 0;
  }

  #tags(): Record<string, string> {
    const { id, apiPort, roles } = this.#node;
    return encodeTags({ id, apiPort, roles, settled: this.#file !== null });
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

  get #path(): string {
    return join(this.#options.stateDir, 'membership.json');
  }
}
