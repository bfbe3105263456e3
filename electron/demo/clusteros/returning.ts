import { OPERATIONS } from '#agent/operations/engine/journal';
import { returnKey, returnRecord } from '#agent/operations/leave/returning-record';
import { leavingKey } from '#agent/state/etcd/keeper';
import type { State } from '#agent/state/types';
import { agentOperation, isOver } from '#shared/contract/agent/operations';
import type { KubeWorld } from './kube/world';
import type { SlurmWorld } from './slurm/world';

interface Deps {
  state: Pick<State, 'get' | 'commit'>;
  id: string;
  name: string;
  /** names this start of the machine */
  boot: string;
  world: SlurmWorld;
  kube: KubeWorld | null;
}

/**
 * A simulated node that left by an operation, or was to be rebooted, makes itself ready again after
 * its start: what stands in the shared state for that is the same as with real ones.
 */
export class SimReturning {
  readonly #deps: Deps;
  /** what was written after this start is for the next one */
  #isFresh = true;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async round(): Promise<void> {
    const { state, id, boot } = this.#deps;
    const [record, mark] = await Promise.all([state.get(returnKey(id)), state.get(leavingKey(id))]);
    const wish = returnRecord.safeParse(record?.value).data;
    const isFresh = this.#isFresh;
    this.#isFresh &&= wish !== undefined;
    if (wish === undefined || !(await this.#isOver(wish.operation))) return;
    if (wish.boot === '' ? !isFresh : wish.boot === boot) return;
    const { name, world, kube } = this.#deps;
    const node = world.nodes.find(({ spec }) => spec.name === name);
    const isKube = kube?.machines().some((one) => one.name === name) === true;
    if (node?.isUp === false || (isKube && kube?.isReady(name) !== true)) return;
    if (wish.drainReason !== '' && node?.drainReason === wish.drainReason) {
      world.actOnNode(name, 'resume', '');
    }
    if (wish.isCordoned) kube?.cordon(name, false, wish.operation);
    await state.commit(
      [],
      [
        { key: returnKey(id), delete: true },
        ...(mark === null ? [] : [{ key: leavingKey(id), delete: true as const }]),
      ],
    );
  }

  async #isOver(operation: string): Promise<boolean> {
    const entry = await this.#deps.state.get(OPERATIONS + operation);
    const found = agentOperation.safeParse(entry?.value).data;
    return found === undefined || isOver(found);
  }
}
