import { type AgentOperation, agentOperation, isOver } from '#shared/contract/agent/operations';
import { Failure } from '#shared/contract/errors';
import { repeat } from '../../facts/loop';
import type { Membership } from '../../membership/types';
import type { Clock, Commands, Logger } from '../../ports';
import type { Slurm } from '../../roles/slurm/types';
import type { Role } from '../../roles/types';
import { leavingKey } from '../../state/etcd/keeper';
import type { State } from '../../state/types';
import { OPERATIONS } from '../engine/journal';
import { type ReturnRecord, returnKey, returnRecord } from './returning-record';
import { bootOf, isDraining } from './routes';
import { workOn } from './work';

const LOOK_MS = 3_000;

export interface ReturningDeps {
  state: Pick<State, 'get' | 'commit'>;
  membership: Pick<Membership, 'self'>;
  roles: readonly Role[];
  slurm: Pick<Slurm, 'actOnNode'>;
  commands: Pick<Commands, 'run'>;
  hostName(): string;
  /** lets pods come again, where this operation had it cordoned */
  uncordon(operation: string, signal: AbortSignal): Promise<void>;
  clock: Clock;
  logger: Logger;
}

/**
 * A node that left by an operation and is back makes itself ready again: it takes its seat, lets jobs
 * and pods come, and each only once what they need is healthy. That it should is written in the shared
 * state, so that it happens whatever becomes of whoever asked for it.
 */
export class Returning {
  readonly #deps: ReturningDeps;
  readonly #ends = new AbortController();
  /** made before this start of the agent; one that is written later is for the next start */
  #isFresh = true;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: ReturningDeps) {
    this.#deps = deps;
  }

  /** Needs the shared state. */
  start(): void {
    const { clock } = this.#deps;
    this.#loop = repeat(clock, LOOK_MS, this.#ends.signal, () => this.#turn());
  }

  async close(): Promise<void> {
    this.#ends.abort();
    await this.#loop;
  }

  async #turn(): Promise<void> {
    const { logger } = this.#deps;
    try {
      await this.look();
    } catch (error) {
      if (this.#ends.signal.aborted) return;
      // SLURM, k3s or the state do not answer yet: it is looked at again
      if (error instanceof Failure) logger.debug({ error }, 'This node is not ready again yet');
      else logger.error({ error }, 'This node could not be made ready again');
    }
  }

  /** One look, and what can be done by now. @throws Failure of SLURM, k3s or the state */
  async look(): Promise<void> {
    const { state, membership, logger } = this.#deps;
    const { id } = membership.self;
    const [record, mark] = await Promise.all([state.get(returnKey(id)), state.get(leavingKey(id))]);
    const wish = returnRecord.safeParse(record?.value).data ?? null;
    if (mark !== null && this.#isFresh) await this.#takeSeat(wish);
    if (wish === null || record === null) {
      this.#isFresh &&= mark !== null;
      return;
    }
    if (!(await this.#isBack(wish))) return;
    const done = await Promise.all([this.#resume(wish), this.#uncordon(wish)]);
    if (!done.every(Boolean)) return;
    const { modRevision } = record;
    const key = returnKey(id);
    await state.commit([{ key, is: 'unchangedSince', modRevision }], [{ key, delete: true }]);
    logger.info({ operation: wish.operation }, 'This node is back and takes work again');
  }

  /** After the operation has ended, this start is a return; while it runs the seat stays taken back. */
  async #takeSeat(wish: ReturnRecord | null): Promise<void> {
    const { state, membership } = this.#deps;
    const key = leavingKey(membership.self.id);
    const entry = await state.get(key);
    if (entry === null) return;
    const operation = operationOf(entry.value) ?? wish?.operation ?? '';
    const found = await this.#operation(operation);
    if (found !== null && !isOver(found)) return;
    const { modRevision } = entry;
    await state.commit([{ key, is: 'unchangedSince', modRevision }], [{ key, delete: true }]);
  }

  async #isBack({ operation, boot }: ReturnRecord): Promise<boolean> {
    const found = await this.#operation(operation);
    if (found !== null && !isOver(found)) return false;
    return boot === '' ? this.#isFresh : boot !== (await bootOf());
  }

  /** @returns whether nothing is left to be done */
  async #resume({ drainReason }: ReturnRecord): Promise<boolean> {
    const { roles, slurm, commands, hostName } = this.#deps;
    const worker = roles.find(({ name }) => name === 'slurm-worker')?.state();
    if (drainReason === '' || worker === undefined) return true;
    if (!worker.running) return false;
    const { name, state, reason } = await workOn(hostName(), commands);
    // not registered yet, or not heard of by the controller
    if (name === null || state === '' || state.includes('down')) return false;
    if (isDraining(state) && reason === drainReason) await slurm.actOnNode(name, 'resume', '');
    return true;
  }

  async #uncordon({ isCordoned, operation }: ReturnRecord): Promise<boolean> {
    const { roles, uncordon } = this.#deps;
    if (!isCordoned) return true;
    const ofKube = roles.filter(({ name }) => name === 'k3s-agent' || name === 'k3s-server');
    if (ofKube.some((role) => !role.state().healthy)) return false;
    await uncordon(operation, this.#ends.signal);
    return true;
  }

  async #operation(id: string): Promise<AgentOperation | null> {
    const entry = await this.#deps.state.get(OPERATIONS + id);
    return agentOperation.safeParse(entry?.value).data ?? null;
  }
}

function operationOf(value: unknown): string | null {
  const isNamed = typeof value === 'object' && value !== null && 'operation' in value;
  return isNamed && typeof value.operation === 'string' ? value.operation : null;
}
