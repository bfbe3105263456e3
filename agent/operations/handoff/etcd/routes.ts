import { fail } from '#shared/contract/errors';
import type { EtcdSeats } from '../../../state/etcd/seats';
import { handRoute } from '../../hands/define';
import type { HandRoute } from '../../hands/types';
import { lookAtEtcd, yieldLead } from './hands';

/** This node's part in the shared state. */
export interface Seats {
  /** @throws Failure of the state */
  seats(): Promise<EtcdSeats>;
  /** @param to node id. @throws Failure */
  yieldLead(to: string): Promise<void>;
}

/** @param seats null where the state is this node's alone */
export function etcdRoutes(seats: Seats | null): HandRoute[] {
  const need = () => seats ?? alone();
  return [
    handRoute(lookAtEtcd, () => need().seats()),
    handRoute(yieldLead, async ({ to }, { log }) => {
      await need().yieldLead(to);
      log(`etcd: move-leader to ${to}`);
      return {};
    }),
  ];
}

function alone(): never {
  const remedy = 'Nothing to do: there is nobody to hand it to.';
  throw fail('UNSUPPORTED', { remedy }, 'The shared state of this node is its own alone.');
}
