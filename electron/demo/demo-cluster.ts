import type { LabCard, LabEndpoint, LabToken, LabUser } from './lab-options';
import type { People } from './people';
import { totpCode } from './pve/access/totp';
import { routerFor } from './pve/api/routes';
import { type CertificateFlaw, ClusterAuthority } from './pve/certificates';
import { type Fault, FaultBoard, type FaultHandle, type FaultMatch } from './pve/http/faults';
import { Meter, type RequestCount, type TrafficCount } from './pve/http/meter';
import { NodeServer } from './pve/http/node-server';
import type { ClusterSpec } from './pve/model/spec';
import type { Guest, PeerTrouble } from './pve/model/types';
import { uuidOf } from './pve/random';
import type { PveSite } from './pve/site';

export interface DemoClusterOptions {
  host: string;
  /** Port of the first node; 0 takes any for each. */
  port: number;
  apiDelayMs: number;
  unauthorizedDelayMs: number;
  peerTimeoutMs: number;
  clock: () => number;
}

/** What a swapped certificate is like. */
export type CertificateSwap = 'changed' | 'expired' | 'wrongHost';

const FLAWS: Record<CertificateSwap, CertificateFlaw> = {
  changed: 'none',
  expired: 'expired',
  wrongHost: 'wrong-host',
};

/**
 * One simulated cluster that can be talked to over TLS, and everything a test
 * may do to it while it runs.
 */
export class DemoCluster {
  readonly id: string;
  readonly site: PveSite;
  readonly users: readonly LabUser[];
  readonly tokens: readonly LabToken[];
  readonly #spec: ClusterSpec;
  readonly #authority: ClusterAuthority;
  readonly #servers: ReadonlyMap<string, NodeServer>;
  readonly #nodeFaults: ReadonlyMap<string, FaultBoard>;
  readonly #faults: FaultBoard;
  readonly #meter: Meter;
  readonly #clock: () => number;
  readonly #delay: { ms: number };
  readonly #host: string;

  private constructor(parts: {
    spec: ClusterSpec;
    site: PveSite;
    people: People;
    authority: ClusterAuthority;
    servers: ReadonlyMap<string, NodeServer>;
    nodeFaults: ReadonlyMap<string, FaultBoard>;
    faults: FaultBoard;
    meter: Meter;
    clock: () => number;
    delay: { ms: number };
    host: string;
  }) {
    this.id = parts.spec.id;
    this.site = parts.site;
    this.users = parts.people.users;
    this.tokens = parts.people.tokens;
    this.#spec = parts.spec;
    this.#authority = parts.authority;
    this.#servers = parts.servers;
    this.#nodeFaults = parts.nodeFaults;
    this.#faults = parts.faults;
    this.#meter = parts.meter;
    this.#clock = parts.clock;
    this.#delay = parts.delay;
    this.#host = parts.host;
  }

  /** Makes certificates and opens the doors of all members that are there. */
  static async open(
    spec: ClusterSpec,
    site: PveSite,
    people: People,
    options: DemoClusterOptions,
  ): Promise<DemoCluster> {
    const nowMs = options.clock();
    const authority = await ClusterAuthority.create(uuidOf(site.cluster.seed, 1), nowMs);
    const router = routerFor(site.cluster.dress);
    const faults = new FaultBoard();
    const meter = new Meter();
    const delay = { ms: options.apiDelayMs };
    const servers = new Map<string, NodeServer>();
    const nodeFaults = new Map<string, FaultBoard>();
    for (const [index, node] of [...site.cluster.nodes.values()].entries()) {
      const certificate = await authority.issue(node.name, 'none', nowMs);
      node.fingerprint = certificate.fingerprint;
      const own = new FaultBoard();
      const server = new NodeServer(
        {
          node: node.name,
          host: options.host,
          port: options.port === 0 ? 0 : options.port + index,
          site,
          router,
          faults: [own, faults],
          meter,
          delayMs: () => delay.ms,
          unauthorizedDelayMs: options.unauthorizedDelayMs,
          peerTimeoutMs: options.peerTimeoutMs,
          clock: options.clock,
        },
        certificate,
      );
      nodeFaults.set(node.name, own);
      servers.set(node.name, server);
      if (node.online) await server.listen();
    }
    return new DemoCluster({
      spec,
      site,
      people,
      authority,
      servers,
      nodeFaults,
      faults,
      meter,
      clock: options.clock,
      delay,
      host: options.host,
    });
  }

  /** Doors in the order of the nodes; those that are away have no port. */
  get endpoints(): LabEndpoint[] {
    return [...this.#servers]
      .filter(([, server]) => server.port !== 0)
      .map(([node, server]) => ({
        node,
        host: this.#host,
        port: server.port,
        fingerprint: server.certificate.fingerprint,
      }));
  }

  /** The first door. */
  get endpoint(): LabEndpoint {
    const [first] = this.endpoints;
    if (first === undefined) throw new RangeError(`Cluster ${this.id} has no door.`);
    return first;
  }

  /** The cluster's own authority, for clients that shall trust it. */
  get authorityPem(): string {
    return this.#authority.certPem;
  }

  /** The user of that id, e.g. `root@pam`. */
  user(userid: string): LabUser {
    const user = this.users.find((one) => one.userid === userid);
    if (user === undefined) throw new RangeError(`No user ${userid} in ${this.id}.`);
    return user;
  }

  /** The token of that id, e.g. `ada@pve!desk`. */
  token(id: string): LabToken {
    const token = this.tokens.find((one) => one.id === id);
    if (token === undefined) throw new RangeError(`No token ${id} in ${this.id}.`);
    return token;
  }

  /** The code a user's authenticator shows now. */
  totp(userid: string): string {
    const factor = this.site.directory.users.get(userid)?.totp;
    if (factor === undefined) throw new RangeError(`${userid} has no second factor.`);
    return totpCode(factor.secret, this.#clock() / 1000);
  }

  /** What is needed to put this cluster on a deck. */
  card(
    look: Omit<LabCard, 'kind' | 'clusterId' | 'name' | 'endpoints' | 'user' | 'token'>,
  ): LabCard {
    return {
      kind: 'proxmox',
      ...look,
      clusterId: this.id,
      name: this.#spec.label,
      endpoints: this.endpoints,
      user: this.user('root@pam'),
      token: this.token('root@pam!full'),
    };
  }

  /** All guests as they stand now, after everything due has happened. */
  guests(): readonly Guest[] {
    this.site.now();
    return [...this.site.cluster.guests.values()];
  }

  guest(vmid: number): Guest {
    this.site.now();
    const guest = this.site.cluster.guests.get(vmid);
    if (guest === undefined) throw new RangeError(`No guest ${vmid} in ${this.id}.`);
    return guest;
  }

  /** How often each endpoint was asked since the last reset. */
  requests(): RequestCount[] {
    return this.#meter.requests();
  }

  /** How often one endpoint was asked; its path as a template. */
  requestCount(method: string, route: string): number {
    const found = this.requests().find((one) => one.method === method && one.route === route);
    return found?.count ?? 0;
  }

  /** Connections, handshakes and bytes since the last reset. */
  traffic(): TrafficCount {
    return this.#meter.traffic();
  }

  resetCounters(): void {
    this.#meter.reset();
  }

  /** Puts a fault on this cluster's answers, or on those of one node. */
  inject(fault: Fault, match: FaultMatch & { node?: string } = {}): FaultHandle {
    const { node, ...rest } = match;
    return (node === undefined ? this.#faults : this.#faultsOf(node)).add(fault, rest);
  }

  clearFaults(): void {
    this.#faults.clear();
    for (const board of this.#nodeFaults.values()) board.clear();
  }

  /** Milliseconds every answer takes longer from now on. */
  setDelay(ms: number): void {
    this.#delay.ms = ms;
  }

  /** Takes the majority away, or lets the votes count again. */
  noQuorum(on = true): void {
    this.site.cluster.forceQuorum(on ? false : undefined);
  }

  /** A node goes away: its door closes and its siblings cannot reach it. */
  async nodeOffline(name: string, trouble: PeerTrouble = 'unreachable'): Promise<void> {
    this.site.cluster.node(name).trouble = trouble;
    this.site.cluster.setOnline(name, false, this.site.now());
    await this.#server(name).close();
  }

  /** A node comes back, on the same port. */
  async nodeOnline(name: string): Promise<void> {
    await this.#server(name).listen();
    this.site.cluster.setOnline(name, true, this.site.now());
  }

  /** Closes doors while the nodes go on working behind them. */
  async refuseConnections(node?: string): Promise<void> {
    for (const server of this.#chosen(node)) await server.close();
  }

  /** Opens the doors of the members that are there again. */
  async acceptConnections(node?: string): Promise<void> {
    for (const [name, server] of this.#servers) {
      if (node !== undefined && node !== name) continue;
      if (this.site.cluster.node(name).online) await server.listen();
    }
  }

  /** Presents another certificate, on one node or on all. */
  async swapCertificate(swap: CertificateSwap, node?: string): Promise<void> {
    for (const [name, server] of this.#servers) {
      if (node !== undefined && node !== name) continue;
      const certificate = await this.#authority.issue(name, FLAWS[swap], this.#clock());
      this.site.cluster.node(name).fingerprint = certificate.fingerprint;
      server.useCertificate(certificate);
    }
  }

  /** Makes every ticket handed out so far worthless. */
  expireTickets(): void {
    this.site.tickets.rotate();
  }

  /** Ends a running task with an error text; false if it had ended. */
  killTask(upid: string, text?: string): boolean {
    return this.site.tasks.kill(upid, this.site.now(), text);
  }

  /** The next task will fail with this text. */
  failNextTask(text: string): void {
    this.site.tasks.failNext(text);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
  }

  #server(name: string): NodeServer {
    const server = this.#servers.get(name);
    if (server === undefined) throw new RangeError(`No node ${name} in ${this.id}.`);
    return server;
  }

  #faultsOf(name: string): FaultBoard {
    const board = this.#nodeFaults.get(name);
    if (board === undefined) throw new RangeError(`No node ${name} in ${this.id}.`);
    return board;
  }

  #chosen(node: string | undefined): NodeServer[] {
    return node === undefined ? [...this.#servers.values()] : [this.#server(node)];
  }
}
