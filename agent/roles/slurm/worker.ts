import type { Clock, DaemonSpec, DaemonState, Logger, Supervisor } from '../../ports';
import type { State } from '../../state/types';
import { CONFIG_KEY, partitionFeature, type SlurmSettings, slurmConfig } from './config';
import { Kept } from './kept';
import type { SlurmMachine } from './machine';

const STOP_MS = 30_000;
/** The controller does not know a node that runs: it is told again, but not all the time. */
const UNKNOWN_MS = 20_000;
const AGAIN_MS = 60_000;

export interface WorkerDeps {
  state: Pick<State, 'get' | 'commit'>;
  supervisor: Supervisor;
  machine: SlurmMachine;
  clock: Clock;
  logger: Logger;
  settings: SlurmSettings;
}

/** slurmd on this node, which joins by itself as a dynamic node. */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #daemon: Kept;
  #restartedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
    this.#daemon = new Kept(deps.supervisor, 'slurmd');
  }

  /** Asks for this node's partitions where the cluster has them not yet. */
  async askForPartitions(): Promise<void> {
    const { state, settings } = this.#deps;
    const entry = await state.get(CONFIG_KEY);
    if (entry === null) return;
    const config = slurmConfig.parse(entry.value);
    const missing = settings.worker.partitions.filter(
      (name) => name !== 'batch' && !config.partitions.includes(name),
    );
    if (missing.length === 0) return;
    const partitions = [...config.partitions, ...missing].toSorted();
    // lost to another change, it is asked for in the next round
    await state.commit(
      [{ key: CONFIG_KEY, is: 'unchangedSince', modRevision: entry.modRevision }],
      [{ key: CONFIG_KEY, put: { ...config, partitions, revision: config.revision + 1 } }],
    );
  }

  async run(): Promise<void> {
    await this.#daemon.run(await this.#spec());
  }

  daemon(): Promise<DaemonState> {
    return this.#daemon.state();
  }

  /** Steps run on: they are processes of their own. */
  async takeOver(how: 'reread' | 'restart'): Promise<void> {
    const { state } = await this.#daemon.state();
    if (state !== 'running') return;
    if (how === 'restart') await this.#daemon.restart(await this.#spec());
    else await this.#daemon.signal('SIGHUP');
  }

  /**
   * A controller that was set up anew, or that deleted this node, does not know it; slurmd tells of
   * itself only when it starts.
   */
  async introduce(): Promise<void> {
    const { clock, logger } = this.#deps;
    const { state, since } = await this.#daemon.state();
    const isYoung = since !== null && clock.now() - since < UNKNOWN_MS;
    if (state !== 'running' || isYoung || clock.monotonic() - this.#restartedAt < AGAIN_MS) return;
    this.#restartedAt = clock.monotonic();
    logger.info({}, 'The controller does not know this node; slurmd tells it again');
    await this.#daemon.restart(await this.#spec());
  }

  /** Stops slurmd alone; what runs here goes on. @throws Failure TIMEOUT */
  async stop(): Promise<void> {
    await this.#daemon.stop();
  }

  async #spec(): Promise<DaemonSpec> {
    const { machine, settings } = this.#deps;
    const features = [
      ...settings.worker.features,
      ...settings.worker.partitions.filter((name) => name !== 'batch').map(partitionFeature),
    ];
    const gpus = (await machine.gpuDevices()).length;
    const conf = [
      ...(features.length > 0 ? [`Feature=${features.join(',')}`] : []),
      ...(gpus > 0 ? [`Gres=gpu:${gpus}`] : []),
    ].join(' ');
    return {
      name: 'slurmd',
      argv: ['slurmd', '-D', '-Z', ...(conf === '' ? [] : ['--conf', conf])],
      stopMs: STOP_MS,
      mainProcessOnly: true,
    };
  }
}
