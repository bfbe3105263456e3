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

interface TrustDeps {
  clusters: ClusterReader & ClusterWriter & { events: RightsDeps['changes'] };
  clock: Clock;
  clients: Clients;
  trust: TrustSource;
  logger: Logger;
  store: Pick<Store, 'mutate'>;
}

/** What tests connections, decides on trust and looks after accounts, wired by hand. */
export function composeTrust({ clusters, clients, trust, clock, logger, store }: TrustDeps) {
  return {
    test: new ConnectionTest(clients, trust),
    pins: new Pins({ clusters, clients, trust }),
    mint: new TokenMint({ clusters, clients, logger, store }),
    account: new AccountView(clients),
    rights: new Rights({ clients, clock, changes: clusters.events }),
  };
}
