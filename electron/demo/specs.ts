import type { DressId } from './pve/dress';
import type { ClusterSpec, NodeSpec, StorageSpec } from './pve/model/spec';

const LOCAL: StorageSpec = {
  id: 'local',
  type: 'dir',
  content: ['iso', 'vztmpl', 'backup', 'snippets'],
  shared: false,
  totalGiB: 94,
  usedFraction: 0.31,
  path: '/var/lib/vz',
};
const LOCAL_LVM: StorageSpec = {
  id: 'local-lvm',
  type: 'lvmthin',
  content: ['images', 'rootdir'],
  shared: false,
  totalGiB: 1788,
  usedFraction: 0.44,
};
const CEPH: StorageSpec = {
  id: 'ceph-vm',
  type: 'rbd',
  content: ['images', 'rootdir'],
  shared: true,
  totalGiB: 21_504,
  usedFraction: 0.52,
};
const NAS: StorageSpec = {
  id: 'nas-backup',
  type: 'nfs',
  content: ['backup', 'iso', 'vztmpl'],
  shared: true,
  totalGiB: 35_840,
  usedFraction: 0.58,
  growthPerDay: 0.003,
  server: '192.0.2.40',
  path: '/mnt/pve/nas-backup',
};
const POOLS = [
  { id: 'teaching', comment: 'Courses of this term', share: 0.4 },
  { id: 'research', comment: 'Projects', share: 0.2 },
  { id: 'infra', comment: 'What everything else needs', share: 0.15 },
];

/** The clusters of the tour. */
export const TOUR: readonly ClusterSpec[] = [
  {
    id: 'prod-main',
    label: 'Production',
    dress: '9.2',
    clusterName: 'prod-main',
    upgradedDaysAgo: 75,
    nodes: [
      { name: 'pve-01', cores: 64, memGiB: 256 },
      { name: 'pve-02', cores: 64, memGiB: 256 },
      { name: 'pve-03', cores: 32, memGiB: 192 },
    ],
    guests: 60,
    haShare: 0.25,
    pools: POOLS,
    storages: [LOCAL, LOCAL_LVM, CEPH, NAS],
  },
  {
    id: 'student-lab',
    label: 'Student lab',
    dress: '8.4',
    clusterName: '',
    nodes: [{ name: 'labhost', cores: 32, memGiB: 128 }],
    guests: 24,
    haShare: 0,
    pools: POOLS.slice(0, 1),
    storages: [LOCAL, LOCAL_LVM],
  },
  {
    id: 'hall-c',
    label: 'Hall C',
    dress: '7.4',
    clusterName: 'hall-c',
    nodes: [
      { name: 'c1', cores: 24, memGiB: 96 },
      { name: 'c2', cores: 24, memGiB: 96 },
      { name: 'c3', cores: 24, memGiB: 96, offline: 'unreachable' },
    ],
    guests: 30,
    haShare: 0.1,
    pools: POOLS.slice(0, 2),
    storages: [LOCAL, LOCAL_LVM, NAS],
  },
];

const DRESSES: readonly DressId[] = ['9.2', '9.2', '8.4', '9.2', '7.4'];

/** The specs of a lab of any size; its first clusters are those of the tour. */
export function labSpecs(options: {
  clusters: number;
  nodes: number | undefined;
  guests: number | undefined;
}): ClusterSpec[] {
  return Array.from({ length: options.clusters }, (_, index) => {
    const spec = TOUR[index] ?? furtherSpec(index);
    return {
      ...spec,
      ...(options.guests === undefined ? {} : { guests: options.guests }),
      ...(options.nodes === undefined ? {} : resized(spec, options.nodes)),
    };
  });
}

function furtherSpec(index: number): ClusterSpec {
  const number = String(index + 1).padStart(2, '0');
  return {
    id: `lab-${number}`,
    label: `Lab ${number}`,
    dress: DRESSES[index % DRESSES.length] ?? '9.2',
    clusterName: `lab-${number}`,
    nodes: namedNodes(`lab${number}`, 3),
    guests: 40,
    haShare: 0.1,
    pools: POOLS,
    storages: [LOCAL, LOCAL_LVM, NAS],
  };
}

function namedNodes(stem: string, count: number): NodeSpec[] {
  return Array.from({ length: count }, (_, index) => ({ name: `${stem}-n${index + 1}` }));
}

/** Another number of nodes; one alone makes no cluster. */
function resized(spec: ClusterSpec, count: number): Pick<ClusterSpec, 'nodes' | 'clusterName'> {
  const more = namedNodes(spec.id, count).slice(spec.nodes.length);
  return {
    nodes: [...spec.nodes.slice(0, count), ...more],
    clusterName: count === 1 ? '' : spec.clusterName === '' ? spec.id : spec.clusterName,
  };
}
