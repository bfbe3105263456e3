import type { ClusterReader } from '../clusters/types';
import type { Logger } from '../ports';
import type { Clients } from '../pve/clients';
import { AccountView } from './account';
import { ConnectionTest } from './connection-test';
import { TokenMint } from './mint';
import { type ClusterWriter, Pins } from './pins';
import type { TrustSource } from './probe';

interface TrustDeps {
  clusters: ClusterReader & ClusterWriter;
  clients: Clients;
  trust: TrustSource;
  logger: Logger;
}

/** What tests connections, decides on trust and looks after accounts, wired by hand. */
export function composeTrust({ clusters, clients, trust, logger }: TrustDeps) {
  return {
    test: new ConnectionTest(clients, trust),
    pins: new Pins({ clusters, clients, trust }),
    mint: new TokenMint({ clusters, clients, logger }),
    account: new AccountView(clients),
  };
}
