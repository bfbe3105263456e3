import { Failure } from '#shared/contract/errors';
import { Followed } from '../../facts/followed';
import type { Membership } from '../../membership/types';
import type { Clock, Logger } from '../../ports';
import type { State } from '../../state/types';
import { CONFIG_KEY, type SlurmConfig, slurmConfig } from './config';
import type { Applied, SlurmFiles } from './files';
import type { ControllerHost } from './render';
import type { ToldFiles } from './told-files';

export interface ConfigHereDeps {
  state: State;
  membership: Membership;
  clock: Clock;
  logger: Logger;
  files: SlurmFiles;
  told: Pick<ToldFiles, 'tell'>;
}

/** What the cluster agrees on about SLURM, as this node follows it and has it in its files. */
export class ConfigHere {
  readonly #deps: ConfigHereDeps;
  readonly #followed: Followed<SlurmConfig>;
  #areFilesOurs = false;

  /** @param onChange when something else is agreed on */
  constructor(deps: ConfigHereDeps, onChange: () => void) {
    this.#deps = deps;
    this.#followed = new Followed(deps, CONFIG_KEY, slurmConfig, onChange);
  }

  follow(signal: AbortSignal): Promise<void> {
    return this.#followed.follow(signal);
  }

  get current(): SlurmConfig | null {
    return this.#followed.values.get('') ?? null;
  }

  /** What is followed comes a moment later; who has just joined need not wait for the next round. */
  async known(): Promise<SlurmConfig | null> {
    if (this.current !== null) return this.current;
    const entry = await this.#deps.state.get(CONFIG_KEY);
    return entry === null ? null : slurmConfig.parse(entry.value);
  }

  /** Whether the files are this cluster's, as of the last look. */
  get areFilesOurs(): boolean {
    return this.#areFilesOurs;
  }

  async look(): Promise<void> {
    this.#areFilesOurs = await this.#deps.files.areOurs();
  }

  isHeld(config: SlurmConfig | null): boolean {
    return config?.held.includes(this.#deps.membership.self.id) === true;
  }

  /** @throws Failure INVALID_INPUT | NODE_UNREACHABLE */
  async write(config: SlurmConfig): Promise<Applied> {
    const { files, logger } = this.#deps;
    const applied = await files.apply(config, this.hosts(config));
    if (applied !== 'same') {
      logger.info({ revision: config.revision, applied }, 'slurm.conf was written');
    }
    return applied;
  }

  /** Others wait for what stands in the files here; told again later where the state does not answer. */
  async tell(config: SlurmConfig): Promise<void> {
    await this.#deps.told.tell(config.controllers).catch(() => undefined);
  }

  /** @throws Failure NODE_UNREACHABLE as long as one of them was not heard of */
  hosts(config: SlurmConfig): ControllerHost[] {
    const { membership } = this.#deps;
    const known = new Map(membership.members().map((member) => [member.id, member]));
    known.set(membership.self.id, membership.self);
    return config.controllers.map((id) => {
      const member = known.get(id);
      if (member !== undefined && member.address !== '') return member;
      const remedy = 'It is written as soon as this node has heard of all controllers.';
      throw new Failure(
        'NODE_UNREACHABLE',
        { remedy, detail: id },
        'A controller is not known yet.',
      );
    });
  }
}
