import { noRows } from '#shared/contract/inventory';
import type { LiveEvent } from '#shared/contract/live';
import { settingsSchema } from '#shared/contract/settings';
import { guestRow } from '../../support/rows';

const TAGS = ['exam', 'lab', 'course', 'web', 'infra'];

function uuidOf(number: number): string {
  return `6f0f3a52-7a3a-4a52-8f5e-${number.toString(16).padStart(12, '0')}`;
}

type Snapshot = Extract<LiveEvent, { type: 'snapshot' }>;
type InventoryAll = Extract<LiveEvent, { type: 'inventoryAll' }>;

function clusterOf(number: number): Snapshot['clusters'][number] {
  return {
    uuid: uuidOf(number),
    number,
    clusterId: `cluster-${number}`,
    kind: 'proxmox',
    name: `Cluster ${number}`,
    endpoints: [{ host: 'pve', port: 8006, pin: null }],
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
  };
}

function rowsOf(cluster: number, guests: number): InventoryAll['rows'] {
  return {
    ...noRows(),
    guests: Array.from({ length: guests }, (_, index) =>
      guestRow({
        vmid: 100 + index,
        name: `machine-${(index * 7919 + cluster * 31) % guests}`,
        node: `pve-${index % 5}`,
        status: index % 4 === 0 ? 'stopped' : 'running',
        cpu: ((index * 37) % 100) / 100,
        mem: ((index * 53) % 100) * 2e7,
        tags: [TAGS[index % TAGS.length] ?? 'lab'],
        uptimeS: index * 997,
      }),
    ),
  };
}

/** What the core would push for so many clusters with so many guests each. */
export function manyGuests(clusters: number, guestsEach: number) {
  const numbers = Array.from({ length: clusters }, (_, index) => index + 1);
  const snapshot: Snapshot = {
    type: 'snapshot',
    subscription: uuidOf(0),
    clusters: numbers.map(clusterOf),
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
  };
  const inventories = numbers.map(
    (number): InventoryAll => ({
      type: 'inventoryAll',
      uuid: uuidOf(number),
      rows: rowsOf(number, guestsEach),
    }),
  );
  return { snapshot, inventories };
}
