import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { AgentProblem, RoleState } from '#shared/contract/agent/dashboard';
import type { AgentPorts } from './compose';
import type { AgentConfig } from './config/schema';
import { hasSystemd } from './host/supervisor/index';
import type { PeerRoute } from './membership/peer-types';
import type { NodeMembership, Peers } from './membership/types';
import { slurmParts } from './operations/handoff/slurm/parts';
import type { Hands } from './operations/hands/types';
import type { OperationParts } from './operations/types';
import { createKube, type NodeKube } from './roles/k3s/kube';
import { type KubePlaces, placesOf } from './roles/k3s/places';
import { RoleManager } from './roles/manager';
import { createServices, type NodeServices } from './roles/services/services';
import { createDoor } from './roles/slurm/door';
import { SYSTEM_FOLDERS, systemMachine } from './roles/slurm/machine';
import { listens } from './roles/slurm/port';
import { createRelay } from './roles/slurm/relay';
import { createSlurm } from './roles/slurm/roles';
import type { Slurm } from './roles/slurm/types';
import type { Role } from './roles/types';
import type { State } from './state/types';

const K3S_DATA = '/var/lib/rancher/k3s';

/** What this node does for its cluster, and what is known of it. */
export interface NodeRoles {
  slurm: Slurm;
  kube: NodeKube;
  services: NodeServices;
  /** whether a node accepts what munge of this one encodes; null: SLURM was not set up */
  checkMunge(node: string): Promise<{ ok: boolean; why: string }> | null;
  /** those that the configuration enables */
  all: readonly Role[];
  kubePlaces: KubePlaces;
  /** for the peers' part of the API */
  routes: PeerRoute[];
  /** what the roles bring for operations */
  operations: ((hands: Hands) => OperationParts)[];
  states(): RoleState[];
  problems(): AgentProblem[];
  /** Begins to look and to run them; needs the shared state. */
  start(): void;
  /** Looks no more; daemons, jobs and pods run on. */
  close(): Promise<void>;
}

interface Deps {
  ports: AgentPorts;
  config: AgentConfig;
  state: State;
  membership: NodeMembership;
  peers: Peers;
  /** where others reach this node */
  address: string;
  /** whether that is in a tailnet */
  isTailnet: boolean;
}

/** Builds the roles' parts, by hand. Nothing is started yet. */
export function createNodeRoles(deps: Deps): NodeRoles {
  const { ports, config, state, membership, peers, address } = deps;
  const { clock, logger, folders } = ports;
  const shared = { ...ports, state, membership, peers };
  const slurm = createSlurm({
    ...shared,
    machine: systemMachine(hostname),
    folders: SYSTEM_FOLDERS,
    relay: createRelay({ clock, logger }),
    door: createDoor({ clock, logger }),
    listens,
    settings: {
      controller: config.roles['slurm-controller'],
      worker: config.roles['slurm-worker'],
    },
  });
  const kubePlaces = placesOf(K3S_DATA, join(folders.root, 'k3s'));
  const kube = createKube({
    ...shared,
    config: config.roles,
    places: kubePlaces,
    networkInterface: deps.isTailnet ? interfaceOf(address) : null,
  });
  const services = createServices({
    ...ports,
    hasSystemd: hasSystemd(),
    address: () => address,
  });
  const all = [...slurm.roles, ...kube.roles];
  const manager = new RoleManager({ roles: all, clock, logger });
  return {
    slurm: slurm.slurm,
    kube,
    services,
    checkMunge: (node) => (slurm.config() === null ? null : slurm.handing.checkMunge(node)),
    all,
    kubePlaces,
    routes: [...slurm.routes, ...kube.routes],
    operations: [slurmParts({ ...shared, listens, handing: slurm.handing, config: slurm.config })],
    states: () => manager.states(),
    problems: () => manager.problems(),
    start() {
      slurm.start();
      kube.start();
      manager.start();
      // looks at what others offer: the roles come first
      services.start();
    },
    async close() {
      await manager.close();
      await Promise.all([slurm.close(), kube.close(), services.close()]);
    },
  };
}

const interfaceOf = (address: string): string | null =>
  Object.entries(networkInterfaces()).find(([, all]) =>
    all?.some((one) => one.address === address),
  )?.[0] ?? null;
