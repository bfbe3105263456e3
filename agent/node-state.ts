import { join } from 'node:path';
import type { AgentProblem } from '#shared/contract/agent/dashboard';
import type { AgentPorts } from './compose';
import { type AgentConfig, statePortsOf } from './config/schema';
import type { NodeIdentity } from './identity/types';
import type { Member, Settled } from './membership/types';
import { createEtcdNode, type EtcdNode } from './state/etcd/node';
import { createSqliteState } from './state/sqlite/state';
import { SqliteStore } from './state/sqlite/store';
import type { State } from './state/types';

/** The shared state as this node takes part in it. */
export interface NodeState {
  readonly kind: 'etcd' | 'sqlite';
  readonly state: State;
  /** where a newcomer reaches it; null where only this node does */
  endpoints(): readonly string[] | null;
  start(settled: Settled): Promise<void>;
  problems(): AgentProblem[];
  /** id of the node that leads it; null where nobody does */
  leader(): string | null;
  /** who keeps copies of it and how its lead changes hands; null where it is this node's alone */
  readonly seats: Pick<EtcdNode, 'seats' | 'yieldLead' | 'snapshot'> | null;
  close(): Promise<void>;
}

interface Deps {
  ports: AgentPorts;
  config: AgentConfig;
  identity: NodeIdentity;
  address: string;
  members(): readonly Member[];
  onEndpoints(urls: readonly string[]): void;
}

/** etcd in a cluster; SQLite for a node that is the whole cluster. */
export function createNodeState(deps: Deps): Promise<NodeState> {
  return deps.config.state.kind === 'etcd' ? etcdState(deps) : sqliteState(deps);
}

async function etcdState(deps: Deps): Promise<NodeState> {
  const { ports, config, identity, address } = deps;
  const { enrolment, clock, logger, supervisor, folders } = ports;
  const statePorts = statePortsOf(config);
  const node = await createEtcdNode({
    clock,
    logger,
    supervisor,
    folder: config.state.path ?? join(folders.root, 'etcd'),
    clusterUuid: enrolment.cluster.uuid,
    caSeed: enrolment.keys.etcdCaSeed(),
    nodeId: identity.id,
    address,
    clientPort: statePorts.client,
    peerPort: statePorts.peer,
    mayVote: config.roles.voter,
    replaceAfterMs: config.state.replace_after,
    nodes: deps.members,
    onEndpoints: deps.onEndpoints,
  });
  return {
    kind: 'etcd',
    state: node.state,
    endpoints: () => node.endpoints(),
    start: (settled) => node.start(settled),
    problems: () => node.problems(),
    leader: () => node.status().leader,
    seats: node,
    close: () => node.close(),
  };
}

async function sqliteState({ ports, config, identity }: Deps): Promise<NodeState> {
  const { clock, folders } = ports;
  const store = new SqliteStore(config.state.path ?? join(folders.root, 'state.db'), clock);
  const state = createSqliteState(store, clock);
  return {
    kind: 'sqlite',
    state,
    endpoints: () => null,
    async start() {},
    problems: () => [],
    leader: () => identity.id,
    seats: null,
    async close() {
      await state.close();
      store.close();
    },
  };
}
