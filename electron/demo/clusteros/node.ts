import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type MadeCertificate, makeNodeCertificate } from '#agent/identity/certificate';
import { nodeIdFrom } from '#agent/identity/node-id';
import type { Membership } from '#agent/membership/types';
import type { OwnedTokens } from '#agent/tokens/tokens';
import { Failure } from '#shared/contract/errors';
import { addressOf } from './founding';
import type { CommonGround } from './ground';
import { DAY_MS } from './history';
import { SimKept } from './merge/kept';
import { type RunningNode, startNode } from './running';
import type { AgentNodeSpec } from './specs';

/** the answer to whoever asked it to leave goes out before */
const GOODBYE_MS = 400;
/** a node that finds nobody where it goes to turns back after that long */
const TURNS_MS = 2_000;

/**
 * One machine of a simulated cluster with the real agent's parts on it. It may be switched off and on
 * again; its certificate and port stay.
 */
export class DemoNode {
  readonly spec: AgentNodeSpec;
  readonly id: string;
  readonly fingerprint: string;
  readonly #certificate: MadeCertificate;
  readonly #address: string;
  readonly #kept = new SimKept();
  #ground: CommonGround;
  #membership: Membership;
  #port: number;
  #boots = 0;
  #running: RunningNode | null = null;
  #leaving: Promise<void> | null = null;
  #crossing: { to: string; end: Promise<void> } | null = null;
  #isClosed = false;
  /** ms since 1970, from which it answers without a break; null while it is off */
  #since: number | null = null;

  private constructor(
    spec: AgentNodeSpec,
    ground: CommonGround,
    identity: { id: string; certificate: MadeCertificate; address: string; port: number },
  ) {
    this.spec = spec;
    this.id = identity.id;
    this.#ground = ground;
    this.#certificate = identity.certificate;
    this.#address = identity.address;
    this.#port = identity.port;
    this.fingerprint = new X509Certificate(identity.certificate.certPem).fingerprint256;
    this.#membership = this.#enter(ground, ground.local.identity.createdAt + 600);
  }

  /** @param port of its API; 0 takes a free one */
  static async make(spec: AgentNodeSpec, ground: CommonGround, port: number): Promise<DemoNode> {
    const keys = generateKeyPairSync('ed25519');
    const names = [spec.name, 'localhost', '127.0.0.1'];
    const certificate = await makeNodeCertificate(keys, names, ground.clock.now());
    const id = nodeIdFrom(keys.publicKey.export({ type: 'spki', format: 'der' }));
    const address = addressOf(ground.spec, spec.name);
    return new DemoNode(spec, ground, { id, certificate, address, port });
  }

  /** 0 before it was ever on */
  get port(): number {
    return this.#port;
  }

  get isOn(): boolean {
    return this.#running !== null;
  }

  /** Since when it answers, ms since 1970; what is on from the beginning has been so for long. */
  get since(): number | null {
    return this.#since;
  }

  /** Where it is on. */
  get tokens(): OwnedTokens | null {
    return this.#running?.tokens ?? null;
  }

  /** Whether it has heard of what so many nodes have and do. */
  knows(nodes: number): boolean {
    const snapshot = this.#running?.facts.snapshot();
    if (snapshot === undefined) return false;
    const { facts, hardware } = snapshot;
    return facts.size >= nodes && hardware.size >= nodes;
  }

  async powerOn(): Promise<void> {
    await this.#leaving;
    await this.#crossing?.end;
    await this.#start();
  }

  async #start(): Promise<void> {
    if (this.#running !== null) return;
    const { spec } = this;
    const { local, world, kube } = this.#ground;
    this.#boots += 1;
    if (spec.roles.some((role) => role.startsWith('k3s-'))) kube?.setRunning(spec, true);
    this.#running = await startNode(
      {
        spec,
        address: this.#address,
        port: this.#port,
        certificate: this.#certificate,
        membership: this.#membership,
        boot: `${this.id} ${this.#boots}`,
        isLeaving: () => this.#leaving !== null,
        goodbye: () => {
          this.#leaving ??= this.#leave();
        },
        kept: this.#kept,
        crossingTo: () => this.#crossing?.to ?? null,
        cross: (to) => {
          this.#crossing ??= { to, end: this.#cross(to) };
        },
      },
      this.#ground,
    );
    const [endpoint] = this.#running.api.endpoints();
    this.#port = endpoint?.port ?? 0;
    local.setApiPort(this.id, this.#port);
    local.setStatus(this.id, 'alive');
    world.setUp(spec.name, true);
    const { clock } = this.#ground;
    this.#since ??= this.#boots === 1 ? clock.now() - DAY_MS : clock.now();
  }

  /** Lets its daemons and elections follow what is true now. */
  async look(): Promise<void> {
    await this.#running?.look().catch((error: unknown) => {
      // it may go at any moment, and its state with it
      if (!(error instanceof Failure)) throw error;
    });
  }

  /** As by its button: its door closes, the others find it failed. */
  async powerOff(): Promise<void> {
    await this.#crossing?.end;
    await this.#end('failed');
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#leaving;
    await this.#crossing?.end;
    await this.#running?.close();
    this.#running = null;
  }

  /** It is known in this cluster from now on. @param joinedAt unix seconds */
  #enter(ground: CommonGround, joinedAt: number): Membership {
    const { spec, id } = this;
    const { roles, name } = spec;
    mkdirSync(join(ground.folder, name), { recursive: true });
    return ground.local.add({
      id,
      name,
      address: this.#address,
      apiPort: this.#port,
      certificate: new X509Certificate(this.#certificate.certPem).raw,
      roles,
      voter: roles.includes('slurm-controller'),
      joinedAt,
    });
  }

  /** Its agent ends here and begins anew there, with the same identity; or here again. */
  async #cross(to: string): Promise<void> {
    const before = this.#ground;
    const after = before.sites.ground(to);
    const { clock } = before;
    const { name, roles } = this.spec;
    try {
      await clock.sleep(GOODBYE_MS);
      if (this.#isClosed || after === null) return;
      await this.#stop('left');
      before.look();
      if (before.faults.has(name, 'join-fails')) await clock.sleep(TURNS_MS);
      else {
        before.nodes.splice(before.nodes.indexOf(this), 1);
        after.nodes.push(this);
        for (const fault of before.faults.of(name)) {
          before.faults.set(name, fault, false);
          after.faults.set(name, fault, true);
        }
        this.#ground = after;
        this.#membership = this.#enter(after, Math.floor(clock.now() / 1000));
        after.world.enrol(this.spec);
        if (roles.includes('slurm-controller')) {
          after.controllers.enrol(name, after.spec.sharedJobs);
        }
      }
      if (!this.#isClosed) await this.#start();
    } finally {
      this.#crossing = null;
      this.#ground.look();
    }
  }

  async #leave(): Promise<void> {
    const { clock } = this.#ground;
    await clock.sleep(GOODBYE_MS);
    await this.#end('left');
    this.#leaving = null;
    this.#ground.look();
  }

  async #end(how: 'failed' | 'left'): Promise<void> {
    const { world } = this.#ground;
    await this.#stop(how);
    if (how === 'left') world.forget(this.spec.name);
  }

  async #stop(how: 'failed' | 'left'): Promise<void> {
    const running = this.#running;
    this.#running = null;
    const { local, world, controllers } = this.#ground;
    const { name, roles } = this.spec;
    if (roles.includes('slurm-controller')) controllers.cut(name);
    world.setUp(name, false);
    this.#since = null;
    local.setStatus(this.id, how);
    await running?.close(how === 'failed');
  }
}
