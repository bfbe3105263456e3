import { randomUUID } from 'node:crypto';
import { fail } from '#shared/contract/errors';
import type { ClusterLive, GuestRow } from '#shared/contract/inventory';
import type { GuestAction, Operation } from '#shared/contract/operations';
import type { ClusterReader } from '../clusters/types';
import type { Clock } from '../ports';
import { ACTIONS, titleOf } from './actions';
import { checkConfirmed } from './confirmed';
import type { GuestCarrier } from './guest-carrier';
import { type Operations, waitingItem } from './service';

export interface GuestActionsDeps {
  operations: Pick<Operations, 'begin'>;
  carrier: GuestCarrier;
  clock: Pick<Clock, 'now'>;
  clusters: Pick<ClusterReader, 'get'>;
  watcher: {
    guest(uuid: string, guestId: string): GuestRow | undefined;
    poll(uuid: string): Promise<ClusterLive[]>;
  };
}

interface Order {
  action: GuestAction;
  items: ReadonlyArray<{ uuid: string; guestId: string }>;
  confirm?: string | undefined;
}

/** Orders to guests: checked, then recorded and carried out. */
export class GuestActions {
  readonly #deps: GuestActionsDeps;

  constructor(deps: GuestActionsDeps) {
    this.#deps = deps;
  }

  /**
   * Records the order and begins to carry it out.
   * @throws Failure NOT_FOUND | GUEST_NOT_FOUND | CONFIRMATION_REQUIRED; nothing is sent then
   */
  async act({ action, items, confirm }: Order): Promise<Operation> {
    const { clock, clusters, operations, carrier } = this.#deps;
    const wanted = [
      ...new Map(items.map((item) => [`${item.uuid} ${item.guestId}`, item])).values(),
    ];
    if (ACTIONS[action].lossy) checkConfirmed(clusters, wanted, confirm);
    const targets = [];
    for (const { uuid, guestId } of wanted) {
      targets.push(waitingItem(uuid, guestId, (await this.#known(uuid, guestId)).name));
    }
    const record: Operation = {
      id: randomUUID(),
      kind: 'guestAction',
      title: titleOf(
        action,
        targets.map((item) => item.label),
      ),
      action,
      state: 'running',
      items: targets,
      createdAt: clock.now(),
      endedAt: null,
    };
    operations.begin(record, 'guests', carrier.perform(action));
    return record;
  }

  /** A guest that is not known may be new: then the cluster is asked once. */
  async #known(uuid: string, guestId: string): Promise<GuestRow> {
    const { watcher, clusters } = this.#deps;
    const known = watcher.guest(uuid, guestId);
    if (known !== undefined) return known;
    await watcher.poll(uuid);
    const found = watcher.guest(uuid, guestId);
    if (found !== undefined) return found;
    const { clusterId } = clusters.get(uuid);
    throw fail('GUEST_NOT_FOUND', {
      remedy: 'It was removed or never was there. Refresh the list.',
      cluster: clusterId,
      detail: guestId,
    });
  }
}
