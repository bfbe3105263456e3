import type { DaemonSpec, DaemonState, Supervisor } from '../../ports';

/** A daemon that should run: handed to its supervisor once, which then restarts it by itself. */
export class Kept {
  readonly #supervisor: Supervisor;
  readonly #name: string;
  #isHanded = false;

  constructor(supervisor: Supervisor, name: string) {
    this.#supervisor = supervisor;
    this.#name = name;
  }

  state(): Promise<DaemonState> {
    return this.#supervisor.state(this.#name);
  }

  /** @param before checks whether it may be started, where it does not run yet */
  async run(spec: DaemonSpec, before?: () => Promise<void>): Promise<void> {
    const { state } = await this.state();
    if (this.#isHanded && state !== 'stopped') return;
    if (state !== 'running') await before?.();
    // one that runs already, as from before a restart of the agent, is adopted
    await this.#supervisor.start(spec);
    this.#isHanded = true;
  }

  async restart(spec: DaemonSpec): Promise<void> {
    await this.#supervisor.restart(spec);
    this.#isHanded = true;
  }

  signal(signal: NodeJS.Signals): Promise<void> {
    return this.#supervisor.signal(this.#name, signal);
  }

  /** @throws Failure TIMEOUT */
  async stop(): Promise<void> {
    await this.#supervisor.stop(this.#name);
    this.#isHanded = false;
  }
}
