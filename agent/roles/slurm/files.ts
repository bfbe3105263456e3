import { chmod, copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '#shared/contract/errors';
import { codeOf } from '../../host/error-code';
import { writeWhole } from '../../host/files';
import type { Commands } from '../../ports';
import type { SlurmConfig } from './config';
import { complaint } from './look';
import type { SlurmFolders, SlurmMachine } from './machine';
import {
  type ControllerHost,
  OURS,
  renderCgroupConf,
  renderGresConf,
  renderSlurmConf,
} from './render';

const CHECK_MS = 10_000;

/**
 * What running daemons must do about new files. `noted`: a controller that works needs to know nothing of
 * it, nodes and standbys do; `reread`: it concerns partitions; `restart`: all else.
 */
export type Applied = 'same' | 'noted' | 'reread' | 'restart';

interface Deps {
  commands: Commands;
  machine: SlurmMachine;
  folders: SlurmFolders;
}

/** SLURM's files on this node, written from what the cluster agreed on. */
export class SlurmFiles {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Whether slurm.conf was written by an agent, so that SLURM can be asked here. */
  async areOurs(): Promise<boolean> {
    return (await this.#read('slurm.conf'))?.startsWith(OURS) ?? false;
  }

  /**
   * Writes what differs. A file of somebody else is kept aside once.
   * @param options.isChecked SLURM took these lines before, in another order
   * @throws Failure INVALID_INPUT where SLURM does not take it; the old files stay then
   */
  async apply(
    config: SlurmConfig,
    controllers: readonly ControllerHost[],
    { isChecked = false } = {},
  ): Promise<Applied> {
    const { machine, folders } = this.#deps;
    await mkdir(folders.slurm, { recursive: true });
    await mkdir(folders.slurmdSpool, { recursive: true, mode: 0o755 });
    const gpus = await machine.gpuDevices();
    const cgroup = await this.#write('cgroup.conf', renderCgroupConf(config.containment));
    const gres = gpus.length > 0 && (await this.#write('gres.conf', renderGresConf(gpus)));
    const wanted = renderSlurmConf(config, controllers);
    const before = await this.#read('slurm.conf');
    if (before === wanted) return cgroup || gres ? 'restart' : 'same';
    if (!isChecked) await this.#check(wanted);
    await this.#write('slurm.conf', wanted);
    if (cgroup || gres || before === null || fixed(before) !== fixed(wanted)) return 'restart';
    // whether partitions are closed is set by hand too
    const turned = renderSlurmConf({ ...config, closed: config.closed !== true }, controllers);
    const isKnown = [wanted, turned].map(withoutControllers).includes(withoutControllers(before));
    return isKnown ? 'noted' : 'reread';
  }

  /** SLURM's own parser has the last word: a daemon that meets a wrong line ends. */
  async #check(text: string): Promise<void> {
    const { commands, folders } = this.#deps;
    const path = join(folders.slurm, 'slurm.conf.candidate');
    await writeWhole(path, text, { mode: 0o644 });
    try {
      const { stderr } = await commands.run(['scontrol', 'ping'], {
        deadlineMs: CHECK_MS,
        env: { SLURM_CONF: path },
      });
      if (!/Parse error|Unable to process configuration|Parsing error/i.test(stderr)) return;
      throw fail(
        'INVALID_INPUT',
        {
          remedy: 'Correct roles.slurm-controller.extra on the controller.',
          detail: stderr.slice(0, 500),
        },
        `SLURM does not take the new configuration: ${complaint(stderr)}`,
      );
    } finally {
      await rm(path, { force: true });
    }
  }

  async #write(name: string, text: string): Promise<boolean> {
    const path = join(this.#deps.folders.slurm, name);
    const before = await this.#read(name);
    if (before === text) return false;
    if (before !== null && !before.startsWith(OURS)) {
      const aside = `${path}.before-clusterdeck`;
      await copyFile(path, aside);
      await chmod(aside, 0o600);
    }
    await writeWhole(path, text, { mode: 0o644 });
    return true;
  }

  async #read(name: string): Promise<string | null> {
    return readFile(join(this.#deps.folders.slurm, name), 'utf8').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    });
  }
}

/** Who is in control knows who it is. */
const withoutControllers = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('SlurmctldHost='))
    .join('\n');

/** The lines that a running daemon does not take over: all but controllers and partitions. */
function fixed(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^(#|SlurmctldHost=|NodeSet=|PartitionName=)/i.test(line))
    .join('\n');
}
