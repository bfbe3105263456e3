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
import { type RunningNode, startNode } from './running';
import type { AgentNodeSpec } from './specs';

/** the answer to whoever asked it to leave goes out before */
const GOODBYE_MS = 400;

/**
 * One machine of a simulated cluster with the real agent's parts on it. It may be switched off and on
 * again; its certificate and port stay.
 */
export class DemoNode {
  readonly spec: AgentNodeSpec;
  readonly id: string;
  readonly fingerprint: string;
  readonly #ground: CommonGround;
  readonly #certificate: MadeCertificate;
  readonly #membership: Membership;
  readonly #address: string;
  #port: number;
  #boots = 0;
  #running: RunningNode | null = null;
  #leaving: Promise<void> | null = null;

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
    const parsed = new X509Certificate(identity.certificate.certPem);
    this.fingerprint = parsed.fingerprint256;
    const { roles } = spec;
    this.#membership = ground.local.add({
      id: identity.id,
      name: spec.name,
      address: identity.address,
      apiPort: identity.port,
      certificate: parsed.raw,
      roles,
      voter: roles.includes('slurm-controller'),
      joinedAt: ground.local.identity.createdAt + 600,
    });
  }

  /** @param port of its API; 0 takes a free one */
  static async make(spec: AgentNodeSpec, ground: CommonGround, port: number): Promise<DemoNode> {
    const keys = generateKeyPairSync('ed25519');
    const names = [spec.name, 'localhost', '127.0.0.1'];
    const certificate = await makeNodeCertificate(keys, names, ground.clock.now());
    const id = nodeIdFrom(keys.publicKey.export({ type: 'spki', format: 'der' }));
    const address = addressOf(ground.spec, spec.name);
    mkdirSync(join(ground.folder, spec.name), { recursive: true });
    return new DemoNode(spec, ground, { id, certificate, address, port });
  }

  /** 0 before it was ever on */
  get port(): number {
    return this.#port;
  }

  get isOn(): boolean {
    return this.#running !== null;
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
      },
      this.#ground,
    );
    const [endpoint] = this.#running.api.endpoints();
    this.#port = endpoint?.port ?? 0;
    local.setApiPort(this.id, this.#port);
    local.setStatus(this.id, 'alive');
    world.setUp(spec.name, true);
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
    await this.#end('failed');
  }

  async close(): Promise<void> {
    await this.#leaving;
    await this.#running?.close();
    this.#running = null;
  }

  async #leave(): Promise<void> {
    const { clock } = this.#ground;
    await clock.sleep(GOODBYE_MS);
    await this.#end('left');
    this.#leaving = null;
    this.#ground.look();
  }

  async #end(how: 'failed' | 'left'): Promise<void> {
    const running = this.#running;
    this.#running = null;
    const { local, world, controllers } = this.#ground;
    const { name, roles } = this.spec;
    if (roles.includes('slurm-controller')) controllers.cut(name);
    world.setUp(name, false);
    if (how === 'left') world.forget(name);
    local.setStatus(this.id, how);
    await running?.close(how === 'failed');
  }
}
