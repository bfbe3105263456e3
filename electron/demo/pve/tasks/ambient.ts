import type { PveCluster } from '../model/cluster';
import { mix, unit } from '../random';
import { backupPlan } from './backup';
import { powerPlan } from './guest-actions';
import type { TaskBook } from './task-book';

const SHORTEST_GAP_MS = 25_000;
const LONGEST_GAP_MS = 80_000;
/** After a long pause only this much of the past is caught up on. */
const CATCH_UP_MS = 5 * 60_000;

/**
 * The life of a lab that nobody at this desk causes: students start and stop
 * their machines, a backup runs. Driven by the clock, like the tasks.
 */
export class Ambience {
  readonly #cluster: PveCluster;
  readonly #book: TaskBook;
  readonly #pace: number;
  #nextMs: number;
  #count = 0;

  constructor(cluster: PveCluster, book: TaskBook, nowMs: number, pace: number) {
    this.#cluster = cluster;
    this.#book = book;
    this.#pace = pace;
    this.#nextMs = nowMs + this.#gap();
  }

  /** Lets happen what is due by `nowMs`. */
  advance(nowMs: number): void {
    this.#nextMs = Math.max(this.#nextMs, nowMs - CATCH_UP_MS);
    while (this.#nextMs <= nowMs) {
      const atMs = this.#nextMs;
      this.#count += 1;
      this.#nextMs += this.#gap();
      this.#happen(atMs);
    }
  }

  #gap(): number {
    const roll = unit(mix(this.#cluster.seed, 77), this.#count);
    return SHORTEST_GAP_MS + roll * (LONGEST_GAP_MS - SHORTEST_GAP_MS);
  }

  #happen(atMs: number): void {
    const cluster = this.#cluster;
    if (!cluster.quorate) return;
    const free = [...cluster.guests.values()].filter(
      (guest) =>
        !guest.template &&
        guest.lock === undefined &&
        cluster.nodes.get(guest.node)?.online === true &&
        // Services stay as they are; course machines come and go.
        (guest.tags.includes('course') || guest.tags.includes('exam')),
    );
    const guest = free[mix(cluster.seed, 88 + this.#count) % Math.max(1, free.length)];
    if (guest === undefined) return;
    if (unit(cluster.seed, 99 + this.#count) < 0.25) {
      guest.lock = 'backup';
      cluster.touch();
      const storage = [...cluster.storages.values()].find((one) => one.content.includes('backup'));
      const options = { storage: storage?.id ?? 'local', pace: this.#pace };
      this.#book.start(backupPlan(cluster, guest.node, [guest], options), atMs);
      return;
    }
    const context = {
      cluster,
      node: guest.node,
      user: 'ada@pve',
      nowMs: atMs,
      pace: this.#pace,
    };
    const action = guest.status === 'running' ? 'shutdown' : 'start';
    this.#book.start(powerPlan(context, guest, action), atMs);
  }
}
