import type { ClusterOperation } from '#shared/contract/cluster-operations';
import type { Cluster } from '#shared/contract/clusters';
import type { GuestRow } from '#shared/contract/inventory';
import type { LiveEvent } from '#shared/contract/live';
import { settingsSchema } from '#shared/contract/settings';

/** A running virtual machine with believable numbers; `changes` replace some. */
export function guestRow(changes: Partial<GuestRow> = {}): GuestRow {
  const vmid = changes.vmid ?? 100;
  return {
    id: `${changes.kind ?? 'qemu'}/${vmid}`,
    vmid,
    kind: 'qemu',
    node: 'pve1',
    name: `guest-${vmid}`,
    status: 'running',
    template: false,
    tags: [],
    pool: null,
    lock: null,
    haState: null,
    cpu: 0.1,
    maxCpu: 2,
    mem: 2 ** 30,
    maxMem: 2 ** 31,
    disk: 0,
    maxDisk: 32 * 2 ** 30,
    netInRate: null,
    netOutRate: null,
    uptimeS: 3600,
    ...changes,
  };
}

/** A handoff that the agents of a cluster carry out; `changes` replace some. */
export function agentWork(changes: Partial<ClusterOperation> = {}): ClusterOperation {
  return {
    uuid: '00000000-0000-4000-8000-00000000000a',
    id: '11111111-2222-4333-8444-555555555555',
    kind: 'handoff',
    title: 'SLURM controller: a1 to a2',
    state: 'running',
    pivotPassed: false,
    steps: { done: 1, total: 4 },
    step: { title: 'Stop a1', waitingOn: null, startedAt: 1 },
    coordinator: 'a3',
    createdBy: 'desk',
    createdAt: 1,
    endedAt: null,
    rollbackUntil: null,
    reason: '',
    heardAt: 1,
    merge: null,
    ...changes,
  };
}

/** A configured cluster of that uuid. */
export function clusterOf(uuid: string, changes: Partial<Cluster> = {}): Cluster {
  return {
    uuid,
    number: 1,
    clusterId: uuid,
    kind: 'proxmox',
    name: uuid,
    endpoints: [{ host: '10.0.0.5', port: 8006, pin: null }],
    authKind: 'password',
    user: 'root@pam',
    tokenId: null,
    verify: 'pin',
    isActive: true,
    isDefault: false,
    allowVmDeployment: true,
    allowTemplateSync: true,
    allowIsoSync: true,
    autoShutdownEnabled: false,
    priority: 50,
    defaultStorage: null,
    templateStorage: null,
    isoStorage: null,
    description: '',
    groupUuid: null,
    remoteUuid: null,
    protected: false,
    readOnly: false,
    colour: null,
    hasSecret: true,
    createdAt: 0,
    updatedAt: 0,
    revision: 1,
    ...changes,
  };
}

type Snapshot = Omit<Extract<LiveEvent, { type: 'snapshot' }>, 'type' | 'subscription'>;

/** What a core tells a new listener of these clusters, of which nothing is known yet. */
export const snapshotOf = (clusters: Cluster[]): Snapshot => ({
  clusters,
  groups: [],
  live: [],
  operations: [],
  clusterOperations: [],
  settings: settingsSchema.parse({}),
  vault: {
    protection: 'session',
    label: 'This session',
    state: 'unlocked',
    message: null,
    sealedSecrets: 0,
    options: [],
  },
  remotes: [],
  outbox: [],
  sightings: [],
});
