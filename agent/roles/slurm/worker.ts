import { Failure } from '#shared/contract/errors';
import type { Clock, Commands, DaemonSpec, DaemonState, Logger, Supervisor } from '../../ports';
import type { State } from '../../state/types';
import { CONFIG_KEY, partitionFeature, type SlurmSettings, slurmConfig } from './config';
import type { Applied } from './files';
import { Kept } from './kept';
import type { SlurmMachine } from './machine';

const STOP_MS = 30_000;
const ASK_MS = 5_000;
const SCONTROL_MS = 15_000;
/** The controller does not know a node that runs: it is told again, but not all the time. */
const UNKNOWN_MS = 20_000;
const AGAIN_MS = 60_000;

export interface WorkerDeps {
  state: Pick<State, 'get' | 'commit'>;
  supervisor: Supervisor;
  commands: Commands;
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
  /** whether SLURM was seen to know this node's features */
  #hasChecked = false;

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
  async takeOver(how: Exclude<Applied, 'same'>): Promise<void> {
    const { state } = await this.#daemon.state();
    if (state !== 'running') return;
    if (how === 'restart') await this.#daemon.restart(await this.#spec());
    else await this.#daemon.signal('SIGHUP');
  }

  /**
   * SLURM keeps what it once learned of a node also when its slurmd starts with other features: they
   * are set by hand then, and its partitions made up anew.
   */
  async checkFeatures(name: string): Promise<void> {
    if (this.#hasChecked) return;
    try {
      await this.#setFeatures(name, this.#features());
    } catch (error) {
      // SLURM did not answer: it is looked at again in the next round
      if (!(error instanceof Failure)) throw error;
    }
  }

  async #setFeatures(name: string, wanted: readonly string[]): Promise<void> {
    const key = wanted.join(',');
    const { commands } = this.#deps;
    const scontrol = (...argv: string[]) =>
      commands.run(['scontrol', ...argv], { deadlineMs: SCONTROL_MS });
    const argv = ['sinfo', '-h', '-a', '-N', '-n', name, '-o', '%f'] as const;
    const { code, stdout } = await commands.run(argv, { deadlineMs: ASK_MS });
    const known = stdout.split('\n')[0]?.trim() ?? '';
    if (code !== 0 || known === '') return;
    const before = known === '(null)' ? [] : known.split(',');
    if (sorted(before) !== sorted(wanted)) {
      const change = [`AvailableFeatures=${key}`, `ActiveFeatures=${key}`];
      await scontrol('update', `NodeName=${name}`, ...change);
      // nodes are taken into partitions by their features: SLURM looks anew who has them
      for (const partition of partitionsOf([...before, ...wanted])) {
        await scontrol('update', `PartitionName=${partition}`, `Nodes=nodes_${partition}`);
      }
    }
    this.#hasChecked = true;
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
    const { machine } = this.#deps;
    const features = this.#features();
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

  #features(): string[] {
    const { partitions, features } = this.#deps.settings.worker;
    const ours = partitions.filter((name) => name !== 'batch').map(partitionFeature);
    return [...features, ...ours];
  }
}

const sorted = (words: readonly string[]) => words.toSorted().join(',');

/** The partitions that these features stand for. */
const partitionsOf = (features: readonly string[]): Set<string> => {
  const prefix = partitionFeature('');
  return new Set(
    features.filter((word) => word.startsWith(prefix)).map((word) => word.slice(prefix.length)),
  );
};
