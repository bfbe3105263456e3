import type { ContractRouterClient } from '@orpc/contract';
import { app } from './app';
import { charts } from './charts';
import { clusters, groups } from './clusters';
import { connection } from './connection';
import { imports } from './imports';
import { inventory } from './inventory';
import { live } from './live';
import { guests, operations } from './operations';
import { settings } from './settings';
import { tasks } from './tasks';
import { vault } from './vault';

/** The whole contract between the core and everything that talks to it. */
export const contract = {
  app,
  charts,
  clusters,
  connection,
  groups,
  guests,
  imports,
  inventory,
  live,
  operations,
  settings,
  tasks,
  vault,
};
export type Contract = typeof contract;
/** A typed client of the contract, over whichever link: port, WebSocket, local socket or in process. */
export type Client = ContractRouterClient<Contract>;
