import type { ContractRouterClient } from '@orpc/contract';
import { access } from './access';
import { agents } from './agents';
import { app } from './app';
import { audit } from './audit';
import { bundles } from './bundles';
import { charts } from './charts';
import { clusterOperations } from './cluster-operations';
import { clusters, groups } from './clusters';
import { connection } from './connection';
import { drafts } from './drafts';
import { inventory } from './inventory';
import { live } from './live';
import { merge } from './merge';
import { guests, operations } from './operations';
import { remotes } from './remotes';
import { settings } from './settings';
import { sync } from './sync';
import { tasks } from './tasks';
import { vault } from './vault';

/** The whole contract between the core and everything that talks to it. */
export const contract = {
  access,
  agents,
  app,
  audit,
  bundles,
  charts,
  clusterOperations,
  clusters,
  connection,
  drafts,
  groups,
  guests,
  inventory,
  live,
  merge,
  operations,
  remotes,
  settings,
  sync,
  tasks,
  vault,
};
export type Contract = typeof contract;
/** A typed client of the contract, over whichever link: port, WebSocket, local socket or in process. */
export type Client = ContractRouterClient<Contract>;
