import { join } from 'node:path';
import { fail } from '#shared/contract/errors';
import type { Member, Membership } from '../../membership/types';
import type { Clock, Commands, DaemonSpec, DaemonState, Logger, Supervisor } from '../../ports';
import type { State } from '../../state/types';
import { CONFIG_KEY, type SlurmConfig, type SlurmSettings, slurmConfig } from './config';
import type { ControllerDoor } from './door';
import type { Applied } from './files';
import { Kept } from './kept';
import { complaint } from './look';
import type { Account, SlurmMachine } from './machine';
import { isWithoutJobs } from './miscounted';
import { clusterNameOf, firstJobIdOf } from './names';
import { inControl, pingControllers } from './ping';
import { CONTROLLER_PORT, type Listens } from './port';
import type { Standing } from './standing';
import { MARK, StateSave } from './state-save';

const STOP_MS = 60_000;
const RECONFIGURE_MS = 20_000;
/** it waits for half of SlurmctldTimeout by itself */
const TAKEOVER_MS = 90_000;

const specOf = ({ stateSaveLocation, stateId }: SlurmConfig): DaemonSpec => ({
  name: 'slurmctld',
  // as root: it drops to SlurmUser by itself
  argv: ['slurmctld', '-D'],
  stopMs: STOP_MS,
  mainProcessOnly: false,
  // one that crashed as the folder went away must not begin on an empty one, and forget all jobs
  needs: { path: join(stateSaveLocation, MARK), text: stateId },
});

export interface ControllerDeps {
  state: Pick<State, 'get' | 'commit'>;
  membership: Pick<Membership, 'cluster' | 'self'>;
  supervisor: Supervisor;
  commands: Commands;
  machine: SlurmMachine;
  clock: Clock;
  logger: Logger;
  settings: SlurmSettings;
  listens: Listens;
  door: Pick<ControllerDoor, 'open'>;
}

/** slurmctld on this node: founding, joining, starting, stopping. */
export class Controller {
  readonly #deps: ControllerDeps;
  readonly #daemon: Kept;
  #hasOpened = false;

  #lack: string | null = null;

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
    this.#daemon = new Kept(deps.supervisor, 'slurmctld');
  }

  /**
   * The cluster's SLURM configuration, made by this node where there is none.
   * @throws Failure where the shared state does not answer: nothing may be started on an old copy
   */
  async settled(): Promise<SlurmConfig> {
    const entry = await this.#deps.state.get(CONFIG_KEY);
    if (entry === null) return this.#found();
    const config = slurmConfig.parse(entry.value);
    // while it moves, nobody else changes it
    const isBusy = config.moving !== null || config.held.includes(this.#deps.membership.self.id);
    const changed = isBusy ? null : await this.#wish(config);
    if (changed === null) return config;
    const next = { ...changed, revision: config.revision + 1 };
    const done = await this.#deps.state.commit(
      [{ key: CONFIG_KEY, is: 'unchangedSince', modRevision: entry.modRevision }],
      [{ key: CONFIG_KEY, put: next }],
    );
    // somebody else changed it meanwhile: the next round looks anew
    return done === null ? config : next;
  }

  /** The folder that this node lacks to stand by, as it is meant to; null where nothing is lacking. */
  get lack(): string | null {
    return this.#lack;
  }

  standing(config: SlurmConfig): Standing {
    const place = config.controllers.indexOf(this.#deps.membership.self.id);
    if (place === 0) return 'primary';
    return place > 0 && config.shared ? 'backup' : 'cold';
  }

  /** Starts slurmctld where it may run. @throws Failure NOT_FOUND where the jobs are not here */
  async run(config: SlurmConfig): Promise<void> {
    const { logger, door } = this.#deps;
    // an agent that was killed may have left it shut
    if (!this.#hasOpened) await door.open();
    this.#hasOpened = true;
    await this.#daemon.run(specOf(config), async () => {
      await this.prove(config);
      logger.info({ standing: this.standing(config) }, 'slurmctld is started');
    });
  }

  /** Whether the folder is the one `config` speaks of. @throws Failure NOT_FOUND where it is not */
  async prove(config: SlurmConfig): Promise<void> {
    await this.#save(config).prove(config.stateId, await this.#account(config.slurmUser));
  }

  daemon(): Promise<DaemonState> {
    return this.#daemon.state();
  }

  /** Which controllers answer; the first is in control. @throws Failure TIMEOUT */
  async inControl(): Promise<string | null> {
    return inControl(await pingControllers(this.#deps.commands));
  }

  /** Stops one whose files have changed and starts it by the new ones. */
  async restart(config: SlurmConfig): Promise<void> {
    await this.prove(config);
    await this.#daemon.restart(specOf(config));
  }

  /** Makes the standby here take over from one that does not answer. @throws Failure SERVER_ERROR | TIMEOUT */
  async takeControl(): Promise<void> {
    const argv = ['scontrol', 'takeover'] as const;
    const { code, stderr } = await this.#deps.commands.run(argv, { deadlineMs: TAKEOVER_MS });
    if (code === 0) return;
    const remedy = 'Look at the controllers: scontrol ping.';
    const message = `scontrol takeover failed: ${complaint(stderr)}.`;
    throw fail('SERVER_ERROR', { remedy, detail: stderr.slice(0, 500) }, message);
  }

  /** It was seen at work: from now on an empty folder is never taken for a new one. */
  confirm(config: SlurmConfig): Promise<void> {
    return this.#save(config).confirm();
  }

  /** Makes a running daemon take over new files; jobs go on. */
  async takeOver(config: SlurmConfig, how: Exclude<Applied, 'same'>): Promise<void> {
    const { state } = await this.#daemon.state();
    if (state !== 'running') return;
    // a backup does not read its files anew, and nobody misses it for a moment
    const isBackup = this.standing(config) === 'backup';
    if (how === 'noted' && !isBackup) return;
    if (how === 'restart' || isBackup || !(await this.#reread())) {
      await this.#daemon.restart(specOf(config));
    }
  }

  /** @returns false where it may not be done, or was refused */
  async #reread(): Promise<boolean> {
    if (!(await isWithoutJobs(this.#deps.commands))) return false;
    const argv = ['scontrol', 'reconfigure'] as const;
    const { code } = await this.#deps.commands.run(argv, { deadlineMs: RECONFIGURE_MS });
    return code === 0;
  }

  /**
   * Takes a node that belongs to nobody any more out of SLURM's list. SLURM itself refuses while
   * jobs are on it, and one that comes back registers anew.
   */
  async forget(node: string): Promise<void> {
    const argv = ['scontrol', 'delete', `NodeName=${node}`] as const;
    const { code } = await this.#deps.commands.run(argv, { deadlineMs: RECONFIGURE_MS });
    if (code === 0) this.#deps.logger.info({ node }, 'A node that left was taken out of SLURM');
  }

  /**
   * Stops slurmctld and proves it.
   * @param options.isPortKept this agent has its socket, so that the port stays open
   * @throws Failure TIMEOUT
   */
  async stop({ isPortKept = false } = {}): Promise<void> {
    const { clock, membership, listens } = this.#deps;
    await this.#daemon.stop();
    if (isPortKept) return;
    const until = clock.monotonic() + 5_000;
    while (await listens(membership.self.address)) {
      if (clock.monotonic() > until) throw stillThere(membership.self);
      await clock.sleep(100);
    }
  }

  async #found(): Promise<SlurmConfig> {
    const { state, membership, machine, settings, logger } = this.#deps;
    const { cluster, self } = membership;
    const account = (await machine.account('slurm')) ?? (await this.#account('root'));
    const { state_save_location: stateSaveLocation, shared, extra } = settings.controller;
    const stateId = await new StateSave(stateSaveLocation, cluster.uuid).found(account);
    const config: SlurmConfig = {
      clusterName: clusterNameOf(cluster.name, cluster.uuid),
      controllers: [self.id],
      stateSaveLocation,
      shared,
      stateId,
      firstJobId: settings.controller.first_job_id ?? firstJobIdOf(cluster.uuid),
      slurmUser: account.name,
      containment: machine.hasCgroups() ? 'cgroup' : 'linuxproc',
      slurmctldTimeoutMs: settings.controller.slurmctld_timeout,
      slurmdTimeoutMs: settings.controller.slurmd_timeout,
      partitions: [...settings.worker.partitions].toSorted(),
      extra: [...extra],
      held: [],
      relays: [],
      moving: null,
      epoch: 0,
      revision: 1,
    };
    const made = await state.commit(
      [{ key: CONFIG_KEY, is: 'absent' }],
      [{ key: CONFIG_KEY, put: config }],
    );
    if (made !== null) {
      logger.info({ clusterName: config.clusterName }, 'SLURM is set up in this cluster');
      return config;
    }
    const entry = await state.get(CONFIG_KEY);
    return slurmConfig.parse(entry?.value);
  }

  /** What this node wants to be different; null where all is as it should be. */
  async #wish(config: SlurmConfig): Promise<SlurmConfig | null> {
    const { membership, settings } = this.#deps;
    const { id } = membership.self;
    if (config.controllers[0] === id) {
      const { extra, slurmctld_timeout, slurmd_timeout } = settings.controller;
      const wished = {
        ...config,
        extra: [...extra],
        slurmctldTimeoutMs: slurmctld_timeout,
        slurmdTimeoutMs: slurmd_timeout,
      };
      return JSON.stringify(wished) === JSON.stringify(config) ? null : wished;
    }
    const mayJoin = config.shared && settings.controller.shared && !config.controllers.includes(id);
    this.#lack = null;
    if (!mayJoin) return null;
    // the folder is looked at before it is promised
    if ((await this.#save(config).seen())?.stateId !== config.stateId) {
      this.#lack = config.stateSaveLocation;
      return null;
    }
    await this.prove(config);
    return { ...config, controllers: [...config.controllers, id] };
  }

  #save(config: SlurmConfig): StateSave {
    return new StateSave(config.stateSaveLocation, this.#deps.membership.cluster.uuid);
  }

  async #account(name: string): Promise<Account> {
    const account = await this.#deps.machine.account(name);
    if (account !== null) return account;
    const remedy = `Install SLURM's packages, or make the user ${name}, with the same number on all nodes.`;
    throw fail('NOT_FOUND', { remedy }, `This node has no user ${name}.`);
  }
}

const stillThere = ({ name }: Pick<Member, 'name'>) =>
  fail(
    'TIMEOUT',
    {
      remedy: `Find out what listens on port ${CONTROLLER_PORT} of ${name}; it was not started by the agent.`,
      node: name,
    },
    'slurmctld was stopped, but its port still answers.',
  );
