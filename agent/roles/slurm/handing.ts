import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '#shared/contract/errors';
import type { Member, Membership, Peers } from '../../membership/types';
import type { Clock, Commands, DaemonState } from '../../ports';
import type { State } from '../../state/types';
import { CONFIG_KEY, type SlurmConfig, type SlurmSettings, slurmConfig } from './config';
import type { Controller } from './controller';
import type { ListeningSocket } from './door';
import type { OrderlyEnd } from './ending';
import type { SlurmFiles } from './files';
import type { SlurmKeeper } from './keeper';
import type { Account, SlurmFolders, SlurmMachine } from './machine';
import type { SharedMungeKey } from './munge-key';
import type { Observer } from './observer';
import type { Partitions } from './partitions';
import { pingControllers } from './ping';
import type { Listens } from './port';
import type { ControllerRelay } from './relay';
import { OURS } from './render';
import { type Arrived, StateArrival } from './state-arrival';
import { factsOf, heartbeatIn } from './state-facts';
import { StateSave } from './state-save';
import type { Sums } from './state-source';

export interface HandingDeps {
  state: Pick<State, 'get'>;
  membership: Pick<Membership, 'members' | 'self' | 'cluster'>;
  peers: Peers;
  commands: Commands;
  clock: Clock;
  machine: SlurmMachine;
  folders: SlurmFolders;
  settings: SlurmSettings;
  keeper: SlurmKeeper;
  controller: Controller;
  ending: OrderlyEnd;
  partitions: Pick<Partitions, 'restore'>;
  files: SlurmFiles;
  relay: ControllerRelay;
  listens: Listens;
  munge: SharedMungeKey;
  observer: Pick<Observer, 'lookNow'>;
}

const UP_MS = 20_000;
const POLL_MS = 25;
/** One call for a copy does as much as this; the next goes on. */
const COPY_MS = 5_000;
const VERSION_MS = 5_000;

type Log = (line: string) => void;

/** What this node does when SLURM's controller comes to it or goes from it, step by step. */
export class SlurmHanding {
  readonly #deps: HandingDeps;
  readonly #sums: Sums = new Map();

  constructor(deps: HandingDeps) {
    this.#deps = deps;
  }

  /** Looks and changes nothing. */
  async look(deep: boolean) {
    const { controller, relay, membership, keeper, listens } = this.#deps;
    const config = await this.#config().catch(() => keeper.config);
    const { state, message }: DaemonState = await controller.daemon();
    const save = config && this.#save(config);
    const mark = (await save?.seen()) ?? null;
    return {
      daemon: state,
      message: message.slice(-500),
      isPortOpen: relay.to !== null || (await listens(membership.self.address)),
      relayTo: relay.to,
      revision: config?.revision ?? 0,
      conf: await this.#confSum(),
      folder: {
        stateId: mark?.stateId ?? null,
        hasRun: mark?.hasRun ?? false,
        heartbeat: config === null ? '' : await heartbeatIn(config.stateSaveLocation),
      },
      depth: deep ? await this.#depth(config) : null,
    };
  }

  /** What was begun by an older configuration is over, and nothing more is begun by it. */
  notice(revision: number): Promise<{ revision: number; isHeld: boolean }> {
    const { keeper, membership } = this.#deps;
    return keeper.inTurn(async () => {
      const config = await this.#config();
      if (config === null || config.revision < revision) {
        const remedy = 'Look whether the cluster has its quorum.';
        throw fail('NO_QUORUM', { remedy }, 'This node does not see the newest configuration.');
      }
      return {
        revision: config.revision,
        isHeld: config.held.includes(membership.self.id),
      };
    });
  }

  /** @param relayTo node id. @throws Failure TIMEOUT where it does not stop: nothing is forced */
  stop(relayTo: string | null, log: Log): Promise<number> {
    const { keeper, controller, ending, relay, membership } = this.#deps;
    return keeper.inTurn(() =>
      this.#timed(async () => {
        const to = relayTo === null ? null : this.#member(relayTo);
        const { state } = await controller.daemon();
        let socket: ListeningSocket | null = null;
        if (state === 'running' || relay.to === null) {
          await relay.close();
          // nobody is served by a standby
          if (state === 'running' && to !== null) socket = await ending.stop(log);
          else await controller.stop();
          log(`slurmctld was stopped, and its port is ${socket === null ? 'closed' : 'ours'}`);
        }
        if (to === null) return relay.close();
        await relay.open(membership.self.address, to, socket);
        log(`what comes for it is handed on to ${to.name}`);
      }),
    );
  }

  /** @throws Failure NOT_FOUND (other jobs) | SERVER_ERROR (it did not come up, and is stopped) */
  start(config: SlurmConfig, as: 'primary' | 'backup', log: Log): Promise<number> {
    const { keeper, controller, files, partitions, relay, observer } = this.#deps;
    return keeper.inTurn(() =>
      this.#timed(async () => {
        await controller.prove(config);
        // only the order has changed, which needs no check by SLURM while everybody waits
        const applied = await files.apply(config, keeper.hosts(config), { isChecked: true });
        await relay.close();
        const { state } = await controller.daemon();
        const save = this.#save(config);
        const before = await save.seen();
        if (as === 'primary') await save.confirm();
        log(`slurmctld is started as ${as}`);
        if (state === 'running' && applied !== 'same') await controller.restart(config);
        else await controller.run(config);
        try {
          await this.#isUp(as);
        } catch (error) {
          await controller.stop();
          if (before !== null) await save.confirm(before.hasRun);
          throw error;
        }
        log('it answers');
        // else its keeper does so
        if (as === 'primary') await partitions.restore().catch(() => undefined);
        void observer.lookNow().catch(() => undefined);
      }),
    );
  }

  takeover(log: Log): Promise<number> {
    const { keeper, controller, observer } = this.#deps;
    return keeper.inTurn(() =>
      this.#timed(async () => {
        log('scontrol takeover');
        await controller.takeControl();
        await this.#inControl(UP_MS);
        void observer.lookNow().catch(() => undefined);
      }),
    );
  }

  /** @returns the sum of slurm.conf then */
  applyFiles(config: SlurmConfig): Promise<string> {
    const { keeper } = this.#deps;
    return keeper.inTurn(async () => {
      await keeper.apply(config);
      return this.#confSum();
    });
  }

  async copy(
    from: string,
    wish: { stateId: string; last: boolean; signal: AbortSignal },
    log: Log,
  ): Promise<Arrived> {
    const config = await this.#known();
    const { state } = await this.#deps.controller.daemon();
    if (state === 'running') {
      const remedy = 'Stop it there first.';
      throw fail(
        'INVALID_INPUT',
        { remedy },
        'A controller works where the jobs are to be copied.',
      );
    }
    const owner = await this.#account(config.slurmUser);
    const arrived = await this.#arrival(config).fetch(this.#member(from), owner, {
      ...wish,
      forMs: COPY_MS,
    });
    log(`${arrived.bytes} of ${arrived.ofBytes} bytes in ${arrived.files} files are here`);
    return arrived;
  }

  dropCopy(stateId: string): Promise<number> {
    return this.#deps.keeper.inTurn(() =>
      this.#timed(async () => this.#arrival(await this.#known()).drop(stateId)),
    );
  }

  /** Whether another node accepts what munge of this one encodes. */
  async checkMunge(at: string): Promise<{ ok: boolean; why: string }> {
    const answer = await this.#deps.munge.check(this.#member(at));
    return answer.ok ? { ok: true, why: '' } : { ok: false, why: answer.why };
  }

  #arrival(config: SlurmConfig): StateArrival {
    const { peers, commands, clock } = this.#deps;
    const how = { peers, commands, clock, sums: this.#sums };
    return new StateArrival(config.stateSaveLocation, this.#save(config), how);
  }

  async #isUp(as: 'primary' | 'backup'): Promise<void> {
    if (as === 'primary') return this.#inControl(UP_MS);
    return this.#until(UP_MS, async () => {
      const pinged = await pingControllers(this.#deps.commands);
      return pinged.some(({ name, up }) => up && name === this.#deps.membership.self.name);
    });
  }

  #inControl(withinMs: number): Promise<void> {
    const { membership, controller, listens } = this.#deps;
    return this.#until(withinMs, async () => {
      // its port comes first: asked before, SLURM's commands sleep for a second
      if (!(await listens(membership.self.address))) return false;
      return (await controller.inControl()) === membership.self.name;
    });
  }

  async #until(withinMs: number, isSo: () => Promise<boolean>): Promise<void> {
    const { clock, controller } = this.#deps;
    const until = clock.monotonic() + withinMs;
    while (!(await isSo())) {
      const { state, message } = await controller.daemon();
      if (state === 'failed' || clock.monotonic() > until) throw notUp(message);
      await clock.sleep(POLL_MS);
    }
  }

  async #depth(config: SlurmConfig | null) {
    const { machine, settings, clock } = this.#deps;
    const account = config === null ? null : await machine.account(config.slurmUser);
    const folder = config?.stateSaveLocation ?? settings.controller.state_save_location;
    return {
      version: await this.#version(),
      now: clock.now(),
      uid: account?.uid ?? null,
      gid: account?.gid ?? null,
      enabled: settings.controller.enabled,
      shared: settings.controller.shared,
      extra: [...settings.controller.extra],
      ...(await factsOf(folder, account)),
    };
  }

  async #version(): Promise<string> {
    const argv = ['slurmctld', '-V'] as const;
    const ran = await this.#deps.commands.run(argv, { deadlineMs: VERSION_MS }).catch(() => null);
    return /(\d+\.\d+(\.\d+)*)/.exec(ran?.stdout ?? '')?.[1] ?? '';
  }

  async #confSum(): Promise<string> {
    const path = join(this.#deps.folders.slurm, 'slurm.conf');
    const text = await readFile(path, 'utf8').catch(() => '');
    return text.startsWith(OURS) ? createHash('sha256').update(text).digest('hex') : '';
  }

  async #config(): Promise<SlurmConfig | null> {
    const entry = await this.#deps.state.get(CONFIG_KEY);
    return entry === null ? null : slurmConfig.parse(entry.value);
  }

  async #known(): Promise<SlurmConfig> {
    const config = await this.#config();
    if (config !== null) return config;
    throw fail('NOT_FOUND', { remedy: 'Set SLURM up first.' }, 'This cluster has no SLURM.');
  }

  #save(config: SlurmConfig): StateSave {
    return new StateSave(config.stateSaveLocation, this.#deps.membership.cluster.uuid);
  }

  #member(id: string): Member {
    const { membership } = this.#deps;
    const found = [membership.self, ...membership.members()].find((one) => one.id === id);
    if (found !== undefined) return found;
    const remedy = 'Look at the nodes of this cluster, then plan again.';
    throw fail(
      'NOT_FOUND',
      { remedy, detail: id },
      'A node is no member of this cluster any more.',
    );
  }

  async #account(name: string): Promise<Account> {
    const account = await this.#deps.machine.account(name);
    if (account !== null) return account;
    const remedy = `Make the user ${name}, with the same number on all nodes.`;
    throw fail('NOT_FOUND', { remedy }, `This node has no user ${name}.`);
  }

  async #timed(work: () => Promise<unknown>): Promise<number> {
    const { clock } = this.#deps;
    const begun = clock.monotonic();
    await work();
    return clock.monotonic() - begun;
  }
}

const notUp = (message: string) =>
  fail(
    'SERVER_ERROR',
    { remedy: 'Look at its log on this node.', detail: message.slice(-500) },
    `slurmctld did not come up: ${message.split('\n').at(-1)?.slice(-200) || 'it says nothing'}`,
  );
