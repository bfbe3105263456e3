import type { Seats } from '#agent/operations/handoff/etcd/routes';
import { fail } from '#shared/contract/errors';
import { hexOf } from '../pve/random';

/** A voter of the simulated etcd. */
interface Voter {
  /** node id */
  node: string;
  memberId: string;
}

/**
 * Who would keep copies of the shared state, were it in etcd and not in this process: voters, one of
 * which leads, and another one as soon as it is gone.
 */
export class SimEtcd {
  readonly #seed: number;
  readonly #isOn: (node: string) => boolean;
  #voters: Voter[] = [];
  #leader: string | null = null;
  #index = 18_200;

  /** @param isOn whether the node of this id answers */
  constructor(seed: number, isOn: (node: string) => boolean) {
    this.#seed = seed;
    this.#isOn = isOn;
  }

  /** Seats a node, unless it has a seat. */
  seat(node: string): void {
    if (this.#voters.some((one) => one.node === node)) return;
    this.#index += 1;
    this.#voters.push({ node, memberId: hexOf(this.#seed, this.#index, 16) });
  }

  unseat(node: string): void {
    this.#voters = this.#voters.filter((one) => one.node !== node);
  }

  /** Node id of who leads; null where too few answer. */
  get leader(): string | null {
    const answering = this.#voters.filter(({ node }) => this.#isOn(node));
    if (answering.length * 2 <= this.#voters.length) return null;
    const isThere = answering.some(({ node }) => node === this.#leader);
    if (!isThere) this.#leader = answering[0]?.node ?? null;
    return this.#leader;
  }

  /** What this node sees of it and may do. */
  seatsOf(self: string): Seats {
    return {
      seats: async () => ({
        memberId: this.#voters.find(({ node }) => node === self)?.memberId ?? null,
        leader: this.leader,
        members: this.#voters.map(({ node, memberId }) => ({
          node,
          memberId,
          isLearner: false,
          isAnswering: this.#isOn(node) && this.leader !== null,
          raftIndex: this.#index,
        })),
      }),
      yieldLead: async (to) => {
        if (this.leader === to) return;
        const isVoter = this.#voters.some(({ node }) => node === to) && this.#isOn(to);
        if (this.leader !== self || !isVoter) {
          const remedy = 'Look who leads etcd and who votes, then plan again.';
          throw fail('INVALID_INPUT', { remedy }, 'This node cannot hand the lead of etcd there.');
        }
        this.#leader = to;
      },
    };
  }
}
