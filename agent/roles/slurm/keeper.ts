import type { AgentProblem, RoleState } from '#shared/contract/agent/dashboard';
import { type ErrorCode, Failure } from '#shared/contract/errors';
import type { Membership } from '../../membership/types';
import type { Clock, DaemonState, Logger } from '../../ports';
import type { State } from '../../state/types';
import type { Aftercare } from './aftercare';
import type { SlurmConfig, SlurmSettings } from './config';
import { ConfigHere } from './config-here';
import type { Controller } from './controller';
import type { ControllerElection } from './election';
import type { SlurmFiles } from './files';
import { GoneNodes } from './gone';
import type { LifeSign } from './life-sign';
import type { LostJobs } from './lost-jobs';
import type { SlurmMachine } from './machine';
import type { SharedMungeKey } from './munge-key';
import { MungeWatch } from './munge-watch';
import type { Observer } from './observer';
import type { Partitions } from './partitions';
import { noStandby, primaryLost, refusedLine } from './problems';
import type { ControllerRelay } from './relay';
import { type ControllerHost, refusedLines } from './render';
import { controllerState, type Standing, workerService, workerState } from './standing';
import type { StuckNodes } from './stuck-nodes';
import type { ToldFiles } from './told-files';
import { Troubles } from './troubles';
import type { SlurmFacts } from './types';
import type { Worker } from './worker';

export interface KeeperDeps {
  state: State;
  membership: Membership;
  machine: SlurmMachine;
  clock: Clock;
  logger: Logger;
  settings: SlurmSettings;
  controller: Controller;
  worker: Worker;
  munge: SharedMungeKey;
  files: SlurmFiles;
  partitions: Pick<Partitions, 'restore'>;
  election: ControllerElection;
  observer: Observer;
  relay: ControllerRelay;
  aftercare: Aftercare;
  lost: LostJobs;
  stuck: StuckNodes;
  sign: Pick<LifeSign, 'follow'>;
  told: Pick<ToldFiles, 'tell'>;
}

const STEADY_MS = 5_000;
const BUSY_MS = 1_000;
/** What was seen longer ago says nothing of now. */
const FRESH_MS = 15_000;
const CLOSE_MS = 3_000;
/** The shared state does not answer, which is told once for all, by the state itself. */
const STATE_CODES: readonly ErrorCode[] = ['NO_QUORUM', 'UNREACHABLE', 'TIMEOUT'];

type Wanted = { controller: boolean; worker: boolean };

/**
 * Keeps SLURM on this node as it should be: looks what is, mends one thing after another, and begins
 * again. Each round works from what it finds, so that it may end at any point.
 */
export class SlurmKeeper {
  readonly #deps: KeeperDeps;
  readonly #ends = new AbortController();
  readonly #config: ConfigHere;
  readonly #troubles: Troubles;
  readonly #wanted: Wanted = { controller: false, worker: false };
  readonly #gone: GoneNodes;
  readonly #mungeWatch: MungeWatch;
  #loops: Promise<unknown>[] = [];
  #wake = Promise.withResolvers<void>();
  #turn: Promise<unknown> = Promise.resolve();
  #standing: Standing | null = null;
  #isUp = false;
  #daemons: { controller: DaemonState | null; worker: DaemonState | null } = {
    controller: null,
    worker: null,
  };

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
    const { clock, logger, membership, munge } = deps;
    this.#troubles = new Troubles(logger, this.#ends.signal);
    this.#gone = new GoneNodes(clock, membership);
    this.#mungeWatch = new MungeWatch(clock, munge);
    this.#config = new ConfigHere(deps, () => this.#wake.resolve());
  }

  /** Whether SLURM's commands can be used on this node. */
  get isReady(): boolean {
    return this.#config.areFilesOurs;
  }

  get config(): SlurmConfig | null {
    return this.#config.current;
  }

  want(role: keyof Wanted): void {
    this.#wanted[role] = true;
    if (this.#loops.length === 0) {
      const { membership } = this.#deps;
      const { signal } = this.#ends;
      const unsubscribe = membership.onChange(() => this.#wake.resolve());
      signal.addEventListener('abort', unsubscribe, { once: true });
      this.#loops = [this.#config.follow(signal), this.#loop(signal)];
    }
    this.#wake.resolve();
  }

  /** @throws Failure TIMEOUT where it did not stop */
  async unwant(role: keyof Wanted): Promise<void> {
    this.#wanted[role] = false;
    const { controller, worker, election } = this.#deps;
    // after the round that may just be starting it
    await this.inTurn(async () => {
      if (role === 'worker') {
        await worker.stop();
        this.#daemons.worker = await worker.daemon();
        return;
      }
      election.close();
      this.#deps.sign.follow(null);
      this.#isUp = false;
      await this.#deps.relay.close();
      await controller.stop();
      this.#daemons.controller = await controller.daemon();
    });
    this.#troubles.forget(role);
  }

  /** Ends the looking after; the daemons run on. */
  async close(): Promise<void> {
    this.#ends.abort();
    this.#wake.resolve();
    const { clock, election, sign } = this.#deps;
    election.close();
    sign.follow(null);
    // a command that hangs ends by its own deadline
    await Promise.race([Promise.allSettled([...this.#loops, this.#turn]), clock.sleep(CLOSE_MS)]);
    await this.#deps.relay.end();
  }

  controllerState(): RoleState {
    return controllerState({
      daemon: this.#daemons.controller,
      standing: this.#standing,
      isUp: this.#isUp,
      isLeader: this.#deps.election.isLeader,
      trouble: this.#troubles.reason('controller'),
    });
  }

  workerState(): RoleState {
    return workerState({
      daemon: this.#daemons.worker,
      node: this.#node(),
      trouble: this.#troubles.reason('worker'),
    });
  }

  /** null where this node has not the role */
  worker(): SlurmFacts['worker'] | null {
    return this.#wanted.worker ? workerService(this.workerState()) : null;
  }

  problems(): AgentProblem[] {
    const { name, id } = this.#deps.membership.self;
    const { config } = this;
    const { lack } = this.#deps.controller;
    // the primary alone tells what all would
    const refused = config?.controllers[0] === id ? refusedLines(config.extra) : [];
    return [
      ...this.#troubles.problems(name),
      ...refused.map((line) => refusedLine(line, name)),
      ...(lack === null ? [] : [noStandby(lack, name)]),
      ...this.#lostPrimary(),
    ];
  }

  /** A cold controller tells why it does not take over. */
  #lostPrimary(): AgentProblem[] {
    const { membership, observer } = this.#deps;
    const { config } = this;
    if (this.#standing !== 'cold' || config === null || observer.look?.primary !== null) return [];
    const primary = membership.members().find(({ id }) => id === config.controllers[0]);
    if (primary === undefined || primary.status === 'alive') return [];
    return [primaryLost(primary.name, config.stateSaveLocation, membership.self.name)];
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers();
      const isSteady = await this.inTurn(() => this.#round());
      const pause = clock.sleep(isSteady ? STEADY_MS : BUSY_MS, signal).catch(() => undefined);
      await Promise.race([pause, this.#wake.promise]);
      // what comes in a burst is dealt with in one round
      await clock.sleep(100, signal).catch(() => undefined);
    }
  }

  /** @returns whether all is as it should be */
  async #round(): Promise<boolean> {
    const { controller, membership, munge } = this.#deps;
    if (!this.#wanted.controller && !this.#wanted.worker) return true;
    const settled = await this.#troubles.part('setup', () => this.#settle());
    const config = settled ?? this.config;
    this.#forgiveState();
    const isPrimary = config?.controllers[0] === membership.self.id;
    this.#standing = config === null ? null : controller.standing(config);
    const hasKey = await this.#troubles.part('munge', async () => {
      await munge.ensure(this.#wanted.controller && isPrimary);
      await this.#checkMunge();
      return true;
    });
    await this.#config.look();
    // while the controller moves, the operation says who takes its files over, and when
    if (config !== null && (config.moving === null || !this.isReady)) {
      await this.#troubles.part('files', () => this.apply(config));
      await this.#config.look();
    }
    if (config?.moving !== undefined && config.moving !== null && this.isReady) {
      return this.#whileMoving(config);
    }
    const mayRun = hasKey === true && this.isReady;
    if (this.#wanted.controller) {
      // first of all, for a relay has the port that a controller needs
      if (settled !== null) await this.#troubles.part('relay', () => this.#keepRelay(settled));
      // on an old copy of the agreement nothing is started, for another may be in control by now
      await this.#runController(config, mayRun && settled !== null);
    }
    if (this.#wanted.worker) await this.#runWorker(config, mayRun);
    const isIdle = this.#standing === 'cold' || this.#config.isHeld(config);
    const isUp = !this.#wanted.controller || this.#isUp || isIdle;
    return this.#troubles.isNone && isUp;
  }

  /**
   * Asks SLURM nothing: who asks now may have to wait until the next controller is there, and the one
   * who starts it waits for this round.
   */
  async #whileMoving(config: SlurmConfig): Promise<boolean> {
    const { controller, worker, election, sign } = this.#deps;
    if (this.#wanted.worker) this.#daemons.worker = await worker.daemon();
    if (!this.#wanted.controller) return true;
    this.#daemons.controller = await controller.daemon();
    if (this.#daemons.controller.state !== 'running') {
      this.#isUp = false;
      election.follow(false);
      sign.follow(null);
    }
    await this.#troubles.part('relay', () => this.#keepRelay(config));
    return true;
  }

  /** Without the state nothing new can be agreed on; what runs is right as long as it runs. */
  #forgiveState(): void {
    const failure = this.#troubles.of('setup');
    if (failure === null || !STATE_CODES.includes(failure.code)) return;
    const isWaiting =
      this.#wanted.controller &&
      this.#standing !== 'cold' &&
      this.#daemons.controller?.state !== 'running';
    if (!isWaiting) this.#troubles.forget('setup');
  }

  async #settle(): Promise<SlurmConfig | null> {
    const { controller, worker, settings } = this.#deps;
    this.#checkHostName();
    if (this.#wanted.worker && settings.worker.partitions.length > 0) {
      await worker.askForPartitions();
    }
    return this.#wanted.controller ? controller.settled() : this.#config.known();
  }

  /**
   * Writes the files and has daemons take them over; a controller that is held is left alone.
   * @throws Failure INVALID_INPUT | NODE_UNREACHABLE
   */
  async apply(config: SlurmConfig): Promise<void> {
    const { controller, worker } = this.#deps;
    const applied = await this.#config.write(config);
    if (applied !== 'same') {
      if (this.#wanted.controller && !this.#config.isHeld(config)) {
        await controller.takeOver(config, applied);
      }
      if (this.#wanted.worker) await worker.takeOver(applied);
    }
    await this.#config.tell(config);
  }

  /** What still comes here for a controller that moved is handed on, until nobody asks here any more. */
  async #keepRelay(config: SlurmConfig): Promise<void> {
    const { controller, membership, relay, aftercare } = this.#deps;
    const { self } = membership;
    const mine = config.relays.find(({ from }) => from === self.id);
    if (mine === undefined) return relay.close();
    if ((await controller.daemon()).state === 'running') {
      if (config.moving !== null) return;
      await controller.stop();
    }
    const to = membership.members().find(({ id }) => id === mine.to);
    if (to !== undefined) await relay.open(self.address, to);
    if (config.moving === null && (await aftercare.isDue(config, mine)))
      await aftercare.end(self.id);
  }

  /** @throws Failure NODE_UNREACHABLE as long as one of them was not heard of */
  hosts(config: SlurmConfig): ControllerHost[] {
    return this.#config.hosts(config);
  }

  async #runController(config: SlurmConfig | null, mayRun: boolean): Promise<void> {
    const { controller, election, membership, observer, partitions, sign, stuck } = this.#deps;
    await this.#troubles.part('controller', async () => {
      try {
        if (config !== null && mayRun && !this.#config.isHeld(config)) {
          if (this.#standing !== 'cold') await controller.run(config);
          // it lost its place while nobody could tell it
          else if ((await controller.daemon()).state === 'running') await controller.stop();
        }
      } finally {
        this.#daemons.controller = await controller.daemon();
      }
      if (config === null) return;
      const wasUp = this.#isUp;
      const name = await this.#inControl();
      const isMine = name === membership.self.name;
      this.#isUp = this.#daemons.controller.state === 'running' && (isMine || name !== null);
      if (isMine && !wasUp) {
        await controller.confirm(config);
        void observer.lookNow().catch(() => undefined);
      }
      election.follow(isMine && this.#isUp);
      sign.follow(isMine && this.#isUp && config.shared ? config : null);
      if (!isMine) return;
      await this.#forgetGone();
      if (this.#isFresh() && observer.seen !== null) {
        await stuck.settle(observer.seen, () => controller.restart(config));
      }
      // of an operation that ended before it could do so; tried again in the next round
      await partitions.restore().catch(() => undefined);
    });
    if (this.#troubles.of('controller') === null) return;
    election.follow(false);
    sign.follow(null);
  }

  async #forgetGone(): Promise<void> {
    const { observer, controller } = this.#deps;
    if (!this.#isFresh()) return;
    for (const name of this.#gone.among(observer.seen?.nodes ?? [])) await controller.forget(name);
  }

  /** Known from what was just seen; asked only where nothing fresh was. */
  async #inControl(): Promise<string | null> {
    const { observer, controller, clock } = this.#deps;
    const { look } = observer;
    const isFresh = look !== null && look.trouble === null && clock.now() - look.triedAt < FRESH_MS;
    return isFresh && this.#isUp ? look.primary : controller.inControl();
  }

  async #runWorker(config: SlurmConfig | null, mayRun: boolean): Promise<void> {
    const { worker, observer, membership, lost } = this.#deps;
    await this.#troubles.part('worker', async () => {
      try {
        if (mayRun) await worker.run();
      } finally {
        this.#daemons.worker = await worker.daemon();
      }
      if (config === null || !this.#isAnswering(config)) return;
      if (this.#node() === null) await worker.introduce();
      else await worker.checkFeatures(membership.self.name);
      await lost.settle(config, membership.self.name, observer.seen?.jobs ?? []);
    });
  }

  /** Whether SLURM can be asked: while it does not answer, its commands only wait. */
  #isAnswering(config: SlurmConfig): boolean {
    const { membership, observer } = this.#deps;
    // what was seen may be from before this node went away, and came back with the controller
    const isStarting = config.controllers[0] === membership.self.id && !this.#isUp;
    if (this.#wanted.controller && isStarting) return false;
    const { look } = observer;
    return look !== null && look.trouble === null && look.primary !== null && this.#isFresh();
  }

  /** whether SLURM was looked at just now */
  #isFresh(): boolean {
    const { observer, clock } = this.#deps;
    return clock.now() - (observer.look?.asOf ?? 0) < FRESH_MS;
  }

  #node() {
    const { observer, membership } = this.#deps;
    return observer.seen?.nodes.find(({ name }) => name === membership.self.name) ?? null;
  }

  async #checkMunge(): Promise<void> {
    const { membership } = this.#deps;
    const primary = this.config?.controllers[0];
    const member = membership.members().find(({ id }) => id === primary);
    if (member === undefined || member.id === membership.self.id) return;
    await this.#mungeWatch.check(member, this.#troubles.of('munge') !== null);
  }

  /** SLURM knows its machines by the kernel's name. */
  #checkHostName(): void {
    const { machine, membership } = this.#deps;
    const host = machine.hostName();
    const { name } = membership.self;
    if (host === name) return;
    const remedy = `Set the host name with "hostnamectl hostname ${name}", or identity.name to ${host}.`;
    const message = `This node is called ${name}, but its host name is ${host}.`;
    throw new Failure('INVALID_INPUT', { remedy, node: name }, message);
  }

  /** Does something of an operation when the round that is under way is over, and before the next. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}
