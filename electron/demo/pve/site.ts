import type { Directory } from './access/directory';
import { Login } from './access/login';
import { Permissions } from './access/permissions';
import { Tickets } from './access/tickets';
import type { PveCluster } from './model/cluster';
import { mix } from './random';
import { Ambience } from './tasks/ambient';
import { recordHistory } from './tasks/history';
import { TaskBook } from './tasks/task-book';

export interface SiteOptions {
  /** Milliseconds since 1970. */
  clock: () => number;
  /** Multiplies how long tasks take; 1 is lifelike, 0 is at once. */
  taskPace: number;
  /** Whether things happen that nobody asked for. */
  ambient: boolean;
  /** Signs tickets; any bytes. */
  ticketKey: Buffer;
}

/** One simulated cluster with everything its API needs, but no HTTP. */
export class PveSite {
  readonly cluster: PveCluster;
  readonly directory: Directory;
  readonly tasks: TaskBook;
  readonly tickets: Tickets;
  readonly login: Login;
  readonly permissions: Permissions;
  readonly taskPace: number;
  readonly #clock: () => number;
  readonly #ambience: Ambience | undefined;

  constructor(cluster: PveCluster, directory: Directory, options: SiteOptions) {
    this.cluster = cluster;
    this.directory = directory;
    this.#clock = options.clock;
    this.taskPace = options.taskPace;
    this.tickets = new Tickets(options.ticketKey);
    this.login = new Login(directory, this.tickets);
    this.permissions = new Permissions(directory, cluster);
    this.tasks = new TaskBook(1000 + (mix(cluster.seed, 3) % 50_000));
    const nowMs = options.clock();
    recordHistory(cluster, this.tasks, nowMs);
    this.#ambience = options.ambient
      ? new Ambience(cluster, this.tasks, nowMs, options.taskPace)
      : undefined;
  }

  /** The present, after everything due by then has happened. */
  now(): number {
    const nowMs = this.#clock();
    this.#ambience?.advance(nowMs);
    this.tasks.advance(nowMs);
    return nowMs;
  }
}
