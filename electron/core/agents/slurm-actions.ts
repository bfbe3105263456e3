import { randomUUID } from 'node:crypto';
import { fail } from '#shared/contract/errors';
import type { ClusterLive } from '#shared/contract/inventory';
import type { Operation, OperationItem, SlurmAction } from '#shared/contract/operations';
import type { ClusterReader } from '../clusters/types';
import { checkConfirmed } from '../operations/confirmed';
import { type Operations, waitingItem } from '../operations/service';
import type { Clock } from '../ports';
import { checkMayAct } from './may-act';
import type { SlurmCarrier, SlurmSight } from './slurm-carrier';
import { SLURM_ACTIONS, slurmTitle } from './slurm-words';

export interface SlurmActionsDeps {
  operations: Pick<Operations, 'begin'>;
  carrier: Pick<SlurmCarrier, 'perform'>;
  clock: Pick<Clock, 'now'>;
  clusters: Pick<ClusterReader, 'get'>;
  sight: SlurmSight;
  view(uuid: string): ClusterLive;
}

export interface SlurmOrder {
  action: SlurmAction;
  items: ReadonlyArray<{ uuid: string; id: string }>;
  /** why, for those who find the node drained */
  reason?: string;
  confirm?: string | undefined;
}

/** Orders to SLURM's nodes and jobs: checked, then recorded and carried out. */
export class SlurmActions {
  readonly #deps: SlurmActionsDeps;

  constructor(deps: SlurmActionsDeps) {
    this.#deps = deps;
  }

  /**
   * Records the order and begins to carry it out.
   * @throws Failure NOT_FOUND | UNSUPPORTED | PERMISSION_DENIED | CONFIRMATION_REQUIRED; nothing is
   *   sent then
   */
  async act({ action, items, reason, confirm }: SlurmOrder): Promise<Operation> {
    const { clock, clusters, operations, carrier } = this.#deps;
    const wanted = [...new Map(items.map((item) => [`${item.uuid} ${item.id}`, item])).values()];
    for (const uuid of new Set(wanted.map((item) => item.uuid))) {
      checkMayAct(clusters.get(uuid), this.#deps.view(uuid));
    }
    if (SLURM_ACTIONS[action].lossy) checkConfirmed(clusters, wanted, confirm);
    const targets: OperationItem[] = [];
    for (const { uuid, id } of wanted) {
      targets.push(waitingItem(uuid, id, await this.#label(action, uuid, id)));
    }
    const labels = targets.map(({ label }) => label);
    const record: Operation = {
      id: randomUUID(),
      kind: 'slurmAction',
      title: slurmTitle(action, labels),
      action,
      state: 'running',
      items: targets,
      createdAt: clock.now(),
      endedAt: null,
    };
    const body = reason === undefined ? {} : { reason };
    operations.begin(record, `${SLURM_ACTIONS[action].on}s`, carrier.perform(action, body), body);
    return record;
  }

  /** What is not known may be new: then the cluster is asked once. @throws Failure NOT_FOUND */
  async #label(action: SlurmAction, uuid: string, id: string): Promise<string> {
    const known = this.#known(action, uuid, id);
    if (known !== null) return known;
    await this.#deps.sight.look(uuid);
    const found = this.#known(action, uuid, id);
    if (found !== null) return found;
    const cluster = this.#deps.clusters.get(uuid).clusterId;
    const remedy = 'Refresh the list: it may have ended or been removed.';
    const message = `There is no ${SLURM_ACTIONS[action].on} ${id.slice(id.indexOf('/') + 1)}.`;
    throw fail('NOT_FOUND', { remedy, cluster, detail: id }, message);
  }

  #known(action: SlurmAction, uuid: string, id: string): string | null {
    const { sight } = this.#deps;
    if (SLURM_ACTIONS[action].on === 'job') {
      const job = sight.job(uuid, id);
      return job === undefined ? null : `${job.job} ${job.name}`;
    }
    const member = sight.member(uuid, id.slice('node/'.length));
    return member === undefined || member.slurmState === null ? null : member.node;
  }
}
