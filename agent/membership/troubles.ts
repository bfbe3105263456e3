import type { AgentProblem } from '#shared/contract/agent/dashboard';
import type { Clock } from '../ports';
import type { Member } from './types';

/** A node that was just started is a stranger for a moment. */
const PATIENCE_MS = 10_000;
const WRONG_PROOF_MS = 10 * 60_000;
const MOST_PROOFS = 20;

type Standing = 'waiting' | 'registration' | 'founding' | 'file';

/** What a person should know of membership, with its next step. */
export class Troubles {
  readonly #clock: Clock;
  readonly #standing = new Map<Standing, AgentProblem>();
  /** when each stranger was first heard */
  #strangers = new Map<string, number>();
  #wrongProofs: { address: string; at: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param problem null: it is over */
  set(what: Standing, problem: AgentProblem | null): void {
    if (problem === null) this.#standing.delete(what);
    else this.#standing.set(what, problem);
  }

  /** @returns whether it is the first of late from there */
  wrongProof(address: string): boolean {
    const at = this.#clock.monotonic();
    const isKnown = this.#wrongProofs.some((one) => one.address === address);
    const others = this.#wrongProofs.filter((one) => one.address !== address);
    this.#wrongProofs = [...others, { address, at }].slice(-MOST_PROOFS);
    return !isKnown;
  }

  /** To be told after each look, so that strangers age. */
  see(members: readonly Member[]): void {
    const now = this.#clock.monotonic();
    const strangers = members.filter((member) => !member.authenticated);
    this.#strangers = new Map(
      strangers.map(({ name }) => [name, this.#strangers.get(name) ?? now]),
    );
  }

  list(members: readonly Member[]): AgentProblem[] {
    const now = this.#clock.monotonic();
    // who looks for its cluster knows nobody, and nobody is to blame for that
    const isWaiting = this.#standing.has('waiting');
    const strangers = members.filter((member) => {
      const since = this.#strangers.get(member.name);
      return !isWaiting && since !== undefined && now - since >= PATIENCE_MS;
    });
    const refused = this.#wrongProofs.filter(({ at }) => now - at < WRONG_PROOF_MS);
    return [
      ...this.#standing.values(),
      ...strangers.map((member) => strangerProblem(member)),
      ...refused.map(({ address }) => proofProblem(address)),
    ];
  }
}

const strangerProblem = ({ name, address }: Member): AgentProblem => ({
  severity: 'warning',
  code: 'member-unproven',
  title: `${name} is heard and did not prove the cluster key`,
  detail: `It speaks from ${address}. It gets no vote, no role and no secret.`,
  remedy: 'Look at "node-agent status" there: it says what it waits for.',
  node: name,
});

const proofProblem = (address: string): AgentProblem => ({
  severity: 'warning',
  code: 'wrong-key',
  title: `A node at ${address} gave a wrong proof of the cluster key`,
  detail: 'It was refused, and nothing was told to it.',
  remedy:
    'If it is yours, install the enrolment file of this cluster on it; else block its address.',
});
