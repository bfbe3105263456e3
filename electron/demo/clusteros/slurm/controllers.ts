import type { Clock } from '#agent/ports';
import { fail } from '#shared/contract/errors';
import type { NodeFaults } from '../faults';

/** The folder with the jobs, as one node sees it. */
export interface SimFolder {
  /** of its mark; null: it is empty */
  stateId: string | null;
  /** whether a controller worked on it */
  hasRun: boolean;
  /** monotonic ms at which a controller last wrote its heartbeat */
  beatAt: number;
}

/** slurmctld on one simulated node. */
interface SimController {
  /** names in the order of this node's slurm.conf */
  conf: readonly string[];
  /** the same as what runs has read it */
  order: readonly string[];
  /** whether its supervisor starts it again, as after a power cut */
  isWanted: boolean;
  /** monotonic ms from which it answers; null: it does not run */
  answersFrom: number | null;
  folder: SimFolder;
  /** to which node its port leads in its stead */
  relayTo: string | null;
}

interface Deps {
  clock: Clock;
  faults: Pick<NodeFaults, 'has'>;
}

/** As measured on SLURM 22.05 with few jobs. */
const STOP_MS = 650;
const START_MS = 550;
const SUBMIT_MS = 9;
/** a backup waits that long before it takes over from a primary that is silent */
const TAKEOVER_MS = 6_000;
/** sbatch gives up where nothing listens at all */
const REFUSED_MS = 9_000;
/** a relay, or a standby, lets it wait longer */
const HELD_MS = 30_000;
const LOOK_MS = 20;

/**
 * The controllers of one simulated SLURM, each with its own slurm.conf: who runs, who is in control,
 * and how long somebody who submits waits for an answer.
 */
export class SimControllers {
  readonly #deps: Deps;
  readonly #all = new Map<string, SimController>();
  #inControl: string | null = null;
  #lostAt: number;

  /**
   * @param order names of the nodes that may run one; the first is in control. With a `shared` folder
   * the others stand by; without, they have an empty folder and do not run.
   */
  constructor(order: readonly string[], stand: { stateId: string; shared: boolean }, deps: Deps) {
    this.#deps = deps;
    const now = deps.clock.monotonic();
    this.#lostAt = now;
    const jobs = { stateId: stand.stateId, hasRun: true, beatAt: now };
    for (const [index, name] of order.entries()) {
      const runs = index === 0 || stand.shared;
      const conf = stand.shared ? order : order.slice(0, 1);
      this.#all.set(name, {
        conf,
        order: conf,
        isWanted: runs,
        answersFrom: runs && !deps.faults.has(name, 'start-fails') ? now : null,
        folder: runs ? jobs : { stateId: null, hasRun: false, beatAt: 0 },
        relayTo: null,
      });
    }
  }

  /** Name of the node whose controller answers as the primary; null where none does. */
  get primary(): string | null {
    this.#settle();
    return this.#inControl;
  }

  has(name: string): boolean {
    return this.#all.has(name);
  }

  /** A node of another cluster may run one as well; where the folder is not shared, it has none yet. */
  enrol(name: string, shared: boolean): void {
    if (this.#all.has(name)) return;
    const [first] = this.#all.values();
    const folder = shared && first !== undefined ? first.folder : null;
    this.#all.set(name, {
      conf: [],
      order: [],
      isWanted: false,
      answersFrom: null,
      folder: folder ?? { stateId: null, hasRun: false, beatAt: 0 },
      relayTo: null,
    });
  }

  /** Whether it was started last and not stopped, whatever became of it. */
  isWanted(name: string): boolean {
    return this.#all.get(name)?.isWanted ?? false;
  }

  isRunning(name: string): boolean {
    return (this.#all.get(name)?.answersFrom ?? null) !== null;
  }

  /** Whether its own controller answers, as `scontrol ping` asks. */
  isUp(name: string): boolean {
    const answersFrom = this.#all.get(name)?.answersFrom ?? null;
    return answersFrom !== null && answersFrom <= this.#deps.clock.monotonic();
  }

  /** null on a node without the role */
  folderOf(name: string): SimFolder | null {
    this.#settle();
    return this.#all.get(name)?.folder ?? null;
  }

  /** Unix seconds of the last heartbeat in its folder, as text; '' where nothing ever ran. */
  heartbeatOf(name: string): string {
    const folder = this.folderOf(name);
    if (folder?.hasRun !== true) return '';
    const { clock } = this.#deps;
    return String(Math.floor((clock.now() - clock.monotonic() + folder.beatAt) / 1000));
  }

  /** A folder put in place, as after a copy. */
  putFolder(name: string, stateId: string): void {
    this.#of(name).folder = { stateId, hasRun: true, beatAt: this.#deps.clock.monotonic() };
  }

  /** Takes a folder away that was brought by a copy. */
  dropFolder(name: string): void {
    this.#of(name).folder = { stateId: null, hasRun: false, beatAt: 0 };
  }

  /** Writes this node's slurm.conf. @param isReread whether what runs there goes by it at once */
  configure(name: string, conf: readonly string[], isReread: boolean): void {
    const controller = this.#all.get(name);
    if (controller === undefined) return;
    controller.conf = conf;
    if (isReread) controller.order = conf;
  }

  /** From now on the port of this node leads to another one's controller; null: to its own again. */
  relay(name: string, to: string | null): void {
    this.#of(name).relayTo = to;
  }

  relayOf(name: string): string | null {
    return this.#all.get(name)?.relayTo ?? null;
  }

  /** @throws Failure SERVER_ERROR where it ends at once */
  async start(name: string): Promise<void> {
    const { clock, faults } = this.#deps;
    const controller = this.#of(name);
    if (controller.answersFrom !== null) return;
    controller.order = controller.conf;
    const isFirst = controller.order[0] === name;
    if (faults.has(name, 'start-fails')) {
      await clock.sleep(START_MS);
      throw endedAtOnce(name);
    }
    controller.isWanted = true;
    controller.answersFrom = clock.monotonic() + START_MS;
    await clock.sleep(START_MS);
    if (!isFirst) return;
    // a second primary asks the first to save and exit
    for (const [other, { order }] of this.#all) {
      if (other !== name && order[0] === other && this.isUp(other)) this.cut(other);
    }
  }

  /** @throws Failure TIMEOUT where it does not end; it runs on then */
  async stop(name: string, signal?: AbortSignal): Promise<void> {
    const { clock, faults } = this.#deps;
    if (this.isRunning(name)) {
      await clock.sleep(STOP_MS, signal);
      if (faults.has(name, 'stop-hangs')) throw doesNotEnd(name);
      this.cut(name);
    }
    this.#of(name).isWanted = false;
  }

  /** It is gone at once, as by a power-off, and so is a relay in its place. */
  cut(name: string): void {
    this.#settle();
    Object.assign(this.#of(name), { answersFrom: null, relayTo: null });
    this.#settle();
  }

  /** A standby takes over by command, and the primary exits where it still runs. */
  async takeOver(name: string): Promise<void> {
    await this.#deps.clock.sleep(START_MS);
    if (!this.isUp(name)) throw endedAtOnce(name);
    const before = this.primary;
    if (before !== null && before !== name) this.cut(before);
    this.#inControl = name;
  }

  /**
   * What somebody feels who submits now. @returns ms until it is accepted, null where it failed
   * @param signal ends the waiting
   */
  async submission(signal: AbortSignal): Promise<number | null> {
    const { clock } = this.#deps;
    const begun = clock.monotonic();
    while (this.primary === null) {
      const isHeld = [...this.#all].some(
        ([name, { relayTo }]) => relayTo !== null || this.isUp(name),
      );
      if (clock.monotonic() - begun > (isHeld ? HELD_MS : REFUSED_MS)) return null;
      await clock.sleep(LOOK_MS, signal);
    }
    await clock.sleep(SUBMIT_MS, signal);
    return clock.monotonic() - begun;
  }

  #settle(): void {
    const now = this.#deps.clock.monotonic();
    const up = [...this.#all].filter(([name]) => this.isUp(name));
    const first = up.find(([name, { order }]) => order[0] === name)?.[0];
    const isThere = this.#inControl !== null && this.isUp(this.#inControl);
    if (first !== undefined) this.#inControl = first;
    else if (!isThere) this.#inControl = this.#successor(up, now);
    const folder = this.#all.get(this.#inControl ?? '')?.folder;
    if (folder !== undefined) folder.beatAt = now;
  }

  /** The next in order, once the one before has been silent for long enough. */
  #successor(up: readonly (readonly [string, SimController])[], now: number): string | null {
    if (this.#inControl !== null) this.#lostAt = now;
    if (now - this.#lostAt < TAKEOVER_MS) return null;
    const place = ([name, { order }]: (typeof up)[number]) => order.indexOf(name);
    return up.toSorted((a, b) => place(a) - place(b))[0]?.[0] ?? null;
  }

  #of(name: string): SimController {
    const controller = this.#all.get(name);
    if (controller !== undefined) return controller;
    const remedy = 'Give it the role slurm-controller.';
    throw fail('NOT_FOUND', { node: name, remedy }, `${name} runs no controller.`);
  }
}

const endedAtOnce = (node: string) =>
  fail(
    'SERVER_ERROR',
    {
      node,
      remedy: `Look at the log of slurmctld on ${node}, then try again.`,
      detail: 'slurmctld: fatal: Unable to write to the state directory: Read-only file system',
    },
    `slurmctld on ${node} ended at once: Read-only file system.`,
  );

const doesNotEnd = (node: string) =>
  fail(
    'TIMEOUT',
    { node, remedy: `Look at what slurmctld on ${node} waits for; it is never killed by itself.` },
    `slurmctld on ${node} did not end.`,
  );
