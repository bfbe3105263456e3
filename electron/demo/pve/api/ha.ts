import { type Call, need, type Route, Unordered } from '../http/route';
import type { Guest } from '../model/types';

/** High availability, as far as watching goes. */
export const haRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/cluster/ha/status',
    permit: need('/', 'Sys.Audit'),
    handle: () => new Unordered([{ name: 'current' }, { name: 'manager_status' }]),
  },
  {
    method: 'GET',
    path: '/cluster/ha/status/current',
    permit: need('/', 'Sys.Audit'),
    handle: current,
  },
  {
    method: 'GET',
    path: '/cluster/ha/resources',
    permit: need('/', 'Sys.Audit'),
    handle: ({ site }) =>
      new Unordered(
        managed([...site.cluster.guests.values()]).map((guest) => ({
          sid: sidOf(guest),
          type: sidOf(guest).split(':')[0],
          state: guest.haState === 'stopped' ? 'stopped' : 'started',
          max_relocate: 1,
          max_restart: 1,
          digest: '0000000000000000000000000000000000000000',
        })),
      ),
  },
];

function managed(guests: readonly Guest[]): Guest[] {
  return guests.filter((guest) => guest.haState !== undefined);
}

function sidOf(guest: Guest): string {
  return `${guest.kind === 'qemu' ? 'vm' : 'ct'}:${guest.vmid}`;
}

function current({ site, nowMs }: Call): Unordered {
  const { cluster } = site;
  const seconds = Math.floor(nowMs / 1000);
  const guests = managed([...cluster.guests.values()]);
  const nodes = [...cluster.nodes.values()];
  const master = nodes.find((node) => node.online);
  const rows: unknown[] = [
    {
      id: 'quorum',
      type: 'quorum',
      node: master?.name,
      quorate: cluster.quorate ? 1 : 0,
      status: cluster.quorate ? 'OK' : 'No quorum on node!',
    },
  ];
  if (guests.length === 0) return new Unordered(rows);
  rows.push({
    id: 'master',
    type: 'master',
    node: master?.name,
    status: `${master?.name} (active, ${new Date(nowMs).toUTCString()})`,
    timestamp: seconds,
  });
  for (const node of nodes) {
    rows.push({
      id: `lrm:${node.name}`,
      type: 'lrm',
      node: node.name,
      status: `${node.name} (${node.online ? 'active' : 'old timestamp - dead?'})`,
      timestamp: seconds,
    });
  }
  for (const guest of guests) {
    const state = guest.haState ?? 'started';
    rows.push({
      id: `service:${sidOf(guest)}`,
      type: 'service',
      sid: sidOf(guest),
      node: guest.node,
      state,
      request_state: state,
      crm_state: state,
      max_relocate: 1,
      max_restart: 1,
      status: `${sidOf(guest)} (${guest.node}, ${state})`,
    });
  }
  return new Unordered(rows);
}
