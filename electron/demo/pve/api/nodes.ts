import { type Call, need, type Route, Unordered } from '../http/route';
import { nodeSample, SWAP_BYTES } from '../load/node-load';
import type { PveNode } from '../model/types';
import { nodeRow, statsMoment } from './rows';

const audit = need('/nodes/{node}', 'Sys.Audit');
const INDEX = [
  'qemu',
  'lxc',
  'storage',
  'tasks',
  'status',
  'version',
  'time',
  'dns',
  'network',
  'services',
  'rrddata',
  'certificates',
  'subscription',
];
const SERVICES = [
  'chrony',
  'corosync',
  'cron',
  'pve-cluster',
  'pvedaemon',
  'pveproxy',
  'pvescheduler',
  'pvestatd',
  'sshd',
  'systemd-journald',
];

/** Nodes: the list, and what each says about itself. */
export const nodeRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/nodes',
    handle: ({ site, caller, nowMs }) =>
      new Unordered(
        [...site.cluster.nodes.values()].map((node) => ({
          ...nodeRow(site, node, nowMs, caller),
          // Each member's certificate is known to all, so one vouches for the rest.
          ssl_fingerprint: node.seen ? node.fingerprint : null,
        })),
      ),
  },
  {
    method: 'GET',
    path: '/nodes/{node}',
    local: true,
    handle: () => new Unordered(INDEX.map((name) => ({ name }))),
  },
  { method: 'GET', path: '/nodes/{node}/status', permit: audit, handle: status },
  {
    method: 'GET',
    path: '/nodes/{node}/version',
    handle: ({ site }) => site.cluster.dress.version,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/time',
    permit: audit,
    handle: ({ nowMs }) => ({
      timezone: 'Etc/UTC',
      time: Math.floor(nowMs / 1000),
      localtime: Math.floor(nowMs / 1000),
    }),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/dns',
    permit: audit,
    handle: () => ({ search: 'lab.test', dns1: '192.0.2.53' }),
  },
  { method: 'GET', path: '/nodes/{node}/network', handle: network },
  {
    method: 'GET',
    path: '/nodes/{node}/services',
    permit: audit,
    handle: () =>
      new Unordered(
        SERVICES.map((name) => ({
          service: name,
          name,
          desc: name,
          state: 'running',
          'active-state': 'active',
          'unit-state': 'enabled',
        })),
      ),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/subscription',
    handle: () => ({
      status: 'notfound',
      message: 'There is no subscription key',
      url: 'https://www.proxmox.com/en/proxmox-virtual-environment/pricing',
    }),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/certificates/info',
    handle: ({ site, path, nowMs }) => {
      const node = site.cluster.node(path.node ?? '');
      return [
        {
          filename: 'pve-ssl.pem',
          fingerprint: node.fingerprint,
          issuer: '/CN=Proxmox Virtual Environment/O=PVE Cluster Manager CA',
          subject: `/OU=PVE Cluster Node/O=Proxmox Virtual Environment/CN=${node.name}.lab.test`,
          notbefore: Math.floor(node.bootMs / 1000),
          notafter: Math.floor(nowMs / 1000) + 600 * 86_400,
          san: ['127.0.0.1', 'localhost', node.name, `${node.name}.lab.test`],
        },
      ];
    },
  },
];

function status({ site, path, nowMs }: Call): unknown {
  const node = site.cluster.node(path.node ?? '');
  const { dress } = site.cluster;
  const load = nodeSample(node, site.cluster.guestsOn(node.name), statsMoment(nowMs));
  const free = node.memBytes - load.memUsed;
  const kernel = `#1 SMP PREEMPT_DYNAMIC PMX ${dress.kernel}`;
  return {
    uptime: Math.floor((nowMs - node.bootMs) / 1000),
    // Text, as the server has it: two decimals, three windows.
    loadavg: [1, 0.97, 0.94].map((part) => (load.loadavg * part).toFixed(2)),
    cpu: load.cpu,
    wait: load.iowait,
    idle: 0,
    cpuinfo: cpuInfo(node),
    memory: {
      total: node.memBytes,
      used: load.memUsed,
      free: Math.floor(free * 0.55),
      ...(dress.major >= 9 ? { available: free } : {}),
    },
    swap: { total: SWAP_BYTES, used: load.swapUsed, free: SWAP_BYTES - load.swapUsed },
    rootfs: {
      total: node.rootBytes,
      used: load.rootUsed,
      avail: Math.floor((node.rootBytes - load.rootUsed) * 0.95),
      free: node.rootBytes - load.rootUsed,
    },
    ksm: { shared: 0 },
    kversion: `Linux ${dress.kernel} ${kernel}`,
    pveversion: `pve-manager/${dress.version.version}/${dress.version.repoid}`,
    ...(dress.major >= 8
      ? {
          'boot-info': { mode: 'efi', secureboot: 0 },
          'current-kernel': {
            machine: 'x86_64',
            sysname: 'Linux',
            release: dress.kernel,
            version: kernel,
          },
        }
      : {}),
  };
}

function cpuInfo(node: PveNode): unknown {
  return {
    cpus: node.cores,
    cores: node.cores / node.sockets / 2,
    sockets: node.sockets,
    model: node.cpuModel,
    vendor: 'AuthenticAMD',
    family: '25',
    mhz: '3000.000',
    user_hz: 100,
    hvm: '1',
    flags:
      'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat sse sse2 ht svm aes avx avx2',
  };
}

function network({ site, path }: Call): unknown {
  const node = site.cluster.node(path.node ?? '');
  return new Unordered([
    {
      iface: 'enp1s0',
      type: 'eth',
      exists: 1,
      active: 1,
      method: 'manual',
      method6: 'manual',
      families: ['inet'],
      priority: 3,
    },
    {
      iface: 'vmbr0',
      type: 'bridge',
      active: 1,
      autostart: 1,
      address: node.ip,
      cidr: `${node.ip}/24`,
      netmask: '24',
      gateway: '192.0.2.1',
      bridge_ports: 'enp1s0',
      bridge_stp: 'off',
      bridge_fd: 0,
      method: 'static',
      method6: 'manual',
      families: ['inet'],
      priority: 4,
    },
  ]);
}
