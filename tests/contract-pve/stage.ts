import type { DemoCluster } from '#electron/demo/demo-cluster';
import type { ClusterSpec, NodeSpec } from '#electron/demo/pve/model/spec';
import type { Guest } from '#electron/demo/pve/model/types';
import { withLab } from '#tests/support/pve';

const GIB = 1024 ** 3;

/** The machine the recordings were made on: one node, one folder, one pool. */
function specOf(clusterName: string, nodes: NodeSpec[]): ClusterSpec {
  return {
    id: 'stage',
    label: 'Stage',
    dress: '9.2',
    clusterName,
    nodes,
    guests: 0,
    haShare: 0,
    pools: [{ id: 'lab', comment: 'x', share: 0 }],
    storages: [
      {
        id: 'local',
        type: 'dir',
        content: ['images', 'iso', 'rootdir', 'vztmpl', 'snippets', 'backup'],
        shared: false,
        totalGiB: 252,
        usedFraction: 0.12,
        path: '/var/lib/vz',
      },
    ],
  };
}

/** A cluster as it stood when the recordings of that name were made. */
export async function stage(
  kind: 'alone' | 'cluster',
  guests: readonly Partial<Guest>[],
): Promise<DemoCluster> {
  const spec =
    kind === 'alone'
      ? specOf('', [{ name: 'pve1' }])
      : specOf('labc', [
          { name: 'pve1' },
          { name: 'pve2', offline: 'unreachable' },
          { name: 'pve3', offline: 'unreachable', neverSeen: true },
        ]);
  const lab = await withLab({ specs: [spec] });
  const cluster = lab.cluster('stage');
  const { directory } = cluster.site;
  const passwords: [string, string][] = [
    ['ada@pve', 'correct horse'],
    ['bob@pve', 'bobs-password'],
    ['otto@pve', 'ottos-password'],
  ];
  for (const [userid, password] of passwords) {
    const user = directory.users.get(userid);
    if (user !== undefined) user.password = password;
  }
  // The recorded second factor belonged to nobody in particular.
  const otto = directory.users.get('otto@pve');
  if (otto !== undefined) {
    otto.groups = [];
    otto.recovery.clear();
    directory.touch();
  }
  for (const guest of guests) {
    const whole = { ...blank(cluster), ...guest };
    cluster.site.cluster.guests.set(whole.vmid, whole);
  }
  cluster.site.cluster.touch();
  return cluster;
}

function blank(cluster: DemoCluster): Guest {
  return {
    vmid: 100,
    kind: 'qemu',
    name: 'tpl-debian12',
    node: 'pve1',
    status: 'stopped',
    paused: false,
    template: false,
    tags: ['base', 'lab'],
    cores: 1,
    memBytes: GIB / 2,
    diskBytes: GIB,
    storage: 'local',
    diskFormat: 'raw',
    agent: true,
    ignoresPowerButton: false,
    profile: {
      cpuBase: 0.02,
      cpuDay: 0.1,
      burst: 0,
      memFraction: 0.5,
      netInRate: 1000,
      netOutRate: 1000,
      diskReadRate: 1000,
      diskWriteRate: 1000,
    },
    seed: 7,
    runs: [],
    createdMs: cluster.site.now() - 86_400_000,
    pending: new Map(),
    config: new Map<string, string | number>([
      ['name', 'tpl-debian12'],
      ['cores', 1],
      ['memory', '512'],
      ['ostype', 'l26'],
      ['scsi0', 'local:100/vm-100-disk-0.raw,size=1G'],
      ['boot', 'order=scsi0;net0'],
      ['smbios1', 'uuid=00000000-0000-4000-8000-000000000001'],
      ['vmgenid', '00000000-0000-4000-8000-000000000002'],
      ['meta', 'creation-qemu=10.1.2,ctime=1795289333'],
      ['tags', 'base;lab'],
      ['agent', '1'],
      ['kvm', 0],
    ]),
  };
}
