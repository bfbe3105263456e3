import { ClusterosAccount } from '../agents/account';
import type { ClusterosClients } from '../agents/clients';
import type { ClusterReader } from '../clusters/types';
import type { Store } from '../db/store';
import type { Clock, Logger } from '../ports';
import type { Clients } from '../pve/clients';
import { AccountView } from './account';
import { ConnectionTest } from './connection-test';
import { TokenMint } from './mint';
import { type ClusterWriter, Pins } from './pins';
import type { TrustSource } from './probe';
import { Rights, type RightsDeps } from './rights';
import { testSubjects } from './subjects';

interface TrustDeps {
  clusters: ClusterReader & ClusterWriter & { events: RightsDeps['changes'] };
  clock: Clock;
  clients: Clients;
  agents: ClusterosClients;
  trust: TrustSource;
  logger: Logger;
  store: Pick<Store, 'mutate'>;
}

/** What tests connections, decides on trust and looks after accounts, wired by hand. */
export function composeTrust({
  clusters,
  clients,
  agents,
  trust,
  clock,
  logger,
  store,
}: TrustDeps) {
  const clusteros = new ClusterosAccount(agents);
  return {
    test: new ConnectionTest(testSubjects({ clusters, clients, agents }), trust),
    pins: new Pins({ clusters, clients, clusteros, trust }),
    mint: new TokenMint({ clusters, clients, logger, store }),
    account: new AccountView(clients),
    rights: new Rights({ clusters, clients, clusteros, clock, changes: clusters.events }),
  };
}
