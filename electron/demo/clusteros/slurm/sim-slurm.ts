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

interface Recorded {
  config: SlurmConfig;
  modRevision: number;
}

/** a job that began just then may have asked the old one still */
const MARGIN_MS = 5_000;

/**
 * SLURM on one simulated node: its slurm.conf, and a keeper that brings its controller to what the
 * shared state says, round by round, as the agent's own keeper does with the real one.
 */
export class SimSlurm {
  readonly #deps: Deps;
  #config: SlurmConfig | null = null;
  #conf = '';
  #order: readonly string[] = [];
  #written = 0;
  #isWanted = true;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** As it last read it; null before its first round. */
  get config(): SlurmConfig | null {
    return this.#config;
  }

  /** SHA-256 of its slurm.conf in hex; '' before it was written. */
  get confSum(): string {
    return this.#conf === '' ? '' : createHash('sha256').update(this.#conf).digest('hex');
  }

  /** Names of the controllers in the order of its slurm.conf. */
  get order(): readonly string[] {
    return this.#order;
  }

  #hostsOf(config: SlurmConfig): { name: string; address: string }[] {
    const known = new Map(this.#deps.members().map((member) => [member.id, member]));
    return config.controllers.flatMap((id) => known.get(id) ?? []);
  }

  /**
   * Writes its slurm.conf.
   * @param isReread whether a controller that runs here goes by it at once
   */
  write(config: SlurmConfig, isReread: boolean): void {
    const hosts = this.#hostsOf(config);
    this.#written = config.revision;
    this.#deps.world.offer(config.partitions);
    this.#conf = renderSlurmConf(config, hosts);
    this.#order = hosts.map(({ name }) => name);
    this.#deps.controllers.configure(this.#deps.self.name, this.#order, isReread);
  }

  /** What the shared state says now; null where SLURM is not set up. */
  async record(): Promise<Recorded | null> {
    const entry = await this.#deps.state.get(CONFIG_KEY);
    if (entry === null) return null;
    const config = slurmConfig.parse(entry.value);
    this.#config = config;
    return { config, modRevision: entry.modRevision };
  }

  /** Whether this node shall run a controller at all. @throws Failure TIMEOUT where it does not end */
  async want(isWanted: boolean): Promise<void> {
    const { controllers, self } = this.#deps;
    this.#isWanted = isWanted;
    if (isWanted) await this.round();
    else await controllers.stop(self.name);
  }

  /** Looks what is agreed on and does what is missing; while the controller moves, nothing. */
  async round(): Promise<void> {
    const { controllers, self } = this.#deps;
    const record = await this.record();
    if (record === null) return;
    const { config } = record;
    const relay = config.relays.find(({ from }) => from === self.id);
    if (config.moving !== null) return this.#keepUp(relay);
    const isHeld = config.held.includes(self.id);
    if (config.revision !== this.#written) this.write(config, !isHeld);
    if (!controllers.has(self.name) || !this.#isWanted) return;
    if (relay !== undefined) return this.#relay(record, relay);
    controllers.relay(self.name, null);
    if (isHeld) return;
    if (config.shared && !config.controllers.includes(self.id)) return this.#join(record);
    const place = config.controllers.indexOf(self.id);
    const mayRun = place === 0 || (place > 0 && config.shared);
    if (!mayRun || controllers.isRunning(self.name)) return;
    if (controllers.folderOf(self.name)?.stateId !== config.stateId) return;
    // what does not start is tried again in the next round
    await controllers.start(self.name).catch(() => undefined);
  }

  /** While the controller moves: what was started and not stopped runs again after a power cut. */
  async #keepUp(relay: RelayRecord | undefined): Promise<void> {
    const { controllers, self } = this.#deps;
    if (controllers.isWanted(self.name)) await controllers.start(self.name).catch(() => undefined);
    this.#keepRelay(relay);
  }

  /** While a controller runs here it has the port. */
  #keepRelay(relay: RelayRecord | undefined): void {
    const { controllers, self, members } = this.#deps;
    if (relay === undefined || controllers.isRunning(self.name)) return;
    const to = members().find(({ id }) => id === relay.to)?.name ?? null;
    controllers.relay(self.name, to);
  }

  /** It stands by again once nothing runs that may still ask it for its controller. */
  async #relay(record: Recorded, relay: RelayRecord): Promise<void> {
    const { controllers, world, self } = this.#deps;
    const { config } = record;
    await controllers.stop(self.name).catch(() => undefined);
    this.#keepRelay(relay);
    const isOld = world.jobs().some(({ startedAt, endedAt }) => {
      return startedAt !== null && endedAt === null && startedAt <= relay.since + MARGIN_MS;
    });
    if (isOld || controllers.primary === null) return;
    await this.#change(record, {
      relays: config.relays.filter((one) => one !== relay),
      held: config.held.filter((id) => id !== self.id),
    });
  }

  /** As the last of the controllers. */
  #join(record: Recorded): Promise<void> {
    const controllers = [...record.config.controllers, this.#deps.self.id];
    return this.#change(record, { controllers });
  }

  async #change({ config, modRevision }: Recorded, changes: Partial<SlurmConfig>): Promise<void> {
    const next = { ...config, ...changes, revision: config.revision + 1 };
    await this.#deps.state.commit(
      [{ key: CONFIG_KEY, is: 'unchangedSince', modRevision }],
      [{ key: CONFIG_KEY, put: next }],
    );
  }
}
