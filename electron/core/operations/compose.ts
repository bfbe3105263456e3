import { fail } from '#shared/contract/errors';
import { SlurmActions } from '../agents/slurm-actions';
import { SlurmCarrier, type SlurmSight } from '../agents/slurm-carrier';
import type { AgentClients } from '../agents/types';
import type { ClusterReader } from '../clusters/types';
import type { Store } from '../db/store';
import type { Watcher } from '../inventory/watcher';
import type { Clock, Logger } from '../ports';
import type { PveClients } from '../pve/types';
import { GuestActions } from './guest-actions';
import { GuestCarrier } from './guest-carrier';
import { Guests } from './guests';
import { Journal } from './journal';
import { Operations } from './service';
import { Tasks } from './tasks';

export interface OperationsWiring {
  store: Store;
  clock: Clock;
  logger: Logger;
  clients: PveClients;
  agents: AgentClients;
  clusters: ClusterReader;
  watcher: Watcher;
}

/** Everything that acts on guests, tasks, nodes and jobs, wired by hand. */
export function composeOperations(wiring: OperationsWiring) {
  const { store, clock, logger, clients, agents, clusters, watcher } = wiring;
  const nodeOf = (uuid: string, guestId: string) => watcher.guest(uuid, guestId)?.node;
  const guest = (uuid: string, guestId: string) => watcher.guest(uuid, guestId);
  const sight = slurmSight(watcher);
  const journal = new Journal(store, clock, logger);
  const guestCarrier = new GuestCarrier({ clock, clients, clusters, nodeOf });
  const slurmCarrier = new SlurmCarrier({ clock, clients: agents, sight });
  const operations = new Operations({
    journal,
    clock,
    logger,
    clusters,
    nudge: (uuid) => watcher.nudge(uuid),
    carriers: { guestAction: guestCarrier, slurmAction: slurmCarrier },
  });
  const base = { operations, clock, clusters };
  const view = (uuid: string) => watcher.view(uuid);
  return {
    journal,
    operations,
    tasks: new Tasks({ store, clock, clients, clusters }),
    guests: new Guests({ clients, guest }),
    guestActions: new GuestActions({ ...base, carrier: guestCarrier, watcher }),
    slurmActions: new SlurmActions({ ...base, carrier: slurmCarrier, sight, view }),
  };
}

function slurmSight(watcher: Pick<Watcher, 'poll' | 'rows'>): SlurmSight {
  return {
    async look(uuid) {
      const [live] = await watcher.poll(uuid);
      const failure = live?.failure ?? null;
      if (failure !== null) throw fail(failure.code, failure.data, failure.message);
    },
    member: (uuid, node) =>
      watcher.rows(uuid).members.find((row) => row.node === node && row.authenticated),
    job: (uuid, id) => watcher.rows(uuid).jobs.find((row) => row.id === id),
  };
}
