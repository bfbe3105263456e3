import { createHash } from 'node:crypto';
import type { Member } from '#agent/membership/types';
import {
  CONFIG_KEY,
  type RelayRecord,
  type SlurmConfig,
  slurmConfig,
} from '#agent/roles/slurm/config';
import { renderSlurmConf } from '#agent/roles/slurm/render';
import type { State } from '#agent/state/types';
import type { SimControllers } from './controllers';
import type { SlurmWorld } from './world';

interface Deps {
  state: Pick<State, 'get' | 'commit'>;
  controllers: SimControllers;
  world: SlurmWorld;
  self: { id: string; name: string };
  members(): readonly Member[];
}

/**
 * SLURM on one simulated node: its slurm.conf, and a keeper that brings its controller to what the
 * shared state says, round by round, as the agent's own keeper does with the real one.
 */
export class SimSlurm {
  readonly #deps: Deps;
  #config: SlurmConfig | null = null;
  #conf = '';
  #isWanted = true;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** What its keeper goes by; null before its first round. */
  get config(): SlurmConfig | null {
    return this.#config;
  }

  /** SHA-256 of its slurm.conf in hex; '' before it was written. */
  get confSum(): string {
    return this.#conf === '' ? '' : createHash('sha256').update(this.#conf).digest('hex');
  }

  /** Names of the controllers in the order of its slurm.conf. */
  get order(): readonly string[] {
    return this.#config === null ? [] : this.hostsOf(this.#config).map(({ name }) => name);
  }

  hostsOf(config: SlurmConfig): { name: string; address: string }[] {
    const known = new Map(this.#deps.members().map((member) => [member.id, member]));
    return config.controllers.flatMap((id) => known.get(id) ?? []);
  }

  /** Writes its slurm.conf; a controller that runs here takes it over. */
  write(config: SlurmConfig): void {
    const hosts = this.hostsOf(config);
    this.#config = config;
    this.#conf = renderSlurmConf(config, hosts);
    this.#deps.controllers.configure(
      this.#deps.self.name,
      hosts.map(({ name }) => name),
    );
  }

  /** Whether this node shall run a controller at all. @throws Failure TIMEOUT where it does not end */
  async want(isWanted: boolean): Promise<void> {
    const { controllers, self } = this.#deps;
    this.#isWanted = isWanted;
    if (isWanted) await this.round();
    else await controllers.stop(self.name);
  }

  /**
   * Looks what is agreed on and does what is missing.
   * @param isTold whether an operation asks for it, which alone may while the controller moves
   */
  async round(isTold = false): Promise<void> {
    const { state, controllers, self } = this.#deps;
    const entry = await state.get(CONFIG_KEY);
    if (entry === null) return;
    const config = slurmConfig.parse(entry.value);
    if (config.moving !== null) {
      if (isTold) this.#config = config;
      return;
    }
    if (config.revision !== this.#config?.revision) this.write(config);
    if (!controllers.has(self.name) || !this.#isWanted) return;
    const relay = config.relays.find(({ from }) => from === self.id);
    if (relay !== undefined) return this.#relay(config, relay, entry.modRevision);
    if (config.held.includes(self.id)) return;
    controllers.relay(self.name, null);
    const place = config.controllers.indexOf(self.id);
    const mayRun = place === 0 || (place > 0 && config.shared);
    if (!mayRun || controllers.isRunning(self.name)) return;
    if (controllers.folderOf(self.name)?.stateId !== config.stateId) return;
    // what does not start is tried again in the next round
    await controllers.start(self.name).catch(() => undefined);
  }

  /** It stands by again once nothing runs that may still ask it for its controller. */
  async #relay(config: SlurmConfig, relay: RelayRecord, modRevision: number): Promise<void> {
    const { state, controllers, world, self, members } = this.#deps;
    const to = members().find(({ id }) => id === relay.to)?.name ?? null;
    if (!controllers.isRunning(self.name)) controllers.relay(self.name, to);
    const isOld = world
      .jobs()
      .some(({ startedAt, endedAt }) => startedAt !== null && startedAt < relay.since && !endedAt);
    if (isOld || controllers.primary === null) return;
    const next = {
      ...config,
      relays: config.relays.filter((one) => one !== relay),
      held: config.held.filter((id) => id !== self.id),
      revision: config.revision + 1,
    };
    await state.commit(
      [{ key: CONFIG_KEY, is: 'unchangedSince', modRevision }],
      [{ key: CONFIG_KEY, put: next }],
    );
  }
}
