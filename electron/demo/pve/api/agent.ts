import type { Dress } from '../dress';
import { died } from '../errors';
import { type Call, need, type Route } from '../http/route';
import { guestCounters } from '../load/guest-load';
import { macOf } from '../model/files';
import type { Guest } from '../model/types';
import { guestOf } from './guests';

/** Since 9 the agent has privileges of its own. */
function mayAsk(call: Call): void {
  need(
    '/vms/{vmid}',
    call.site.cluster.dress.major >= 9 ? 'VM.GuestAgent.Audit' : 'VM.Monitor',
  )(call);
}

/** What guests say about themselves: the agent, and containers. */
export function agentRoutes(dress: Dress): Route[] {
  const routes: Route[] = [
    {
      method: 'GET',
      path: '/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces',
      permit: mayAsk,
      handle: (call) => interfaces(call, answering(call)),
    },
    {
      method: 'GET',
      path: '/nodes/{node}/qemu/{vmid}/agent/info',
      permit: mayAsk,
      handle: (call) => {
        answering(call);
        return {
          result: {
            version: '9.2.0',
            supported_commands: [{ name: 'guest-ping', enabled: true, 'success-response': true }],
          },
        };
      },
    },
  ];
  if (dress.major < 8) return routes;
  return [
    ...routes,
    {
      method: 'GET',
      path: '/nodes/{node}/lxc/{vmid}/interfaces',
      permit: need('/vms/{vmid}', 'VM.Audit'),
      handle: (call) => {
        const guest = guestOf(call, 'lxc');
        if (guest.status !== 'running') return null;
        return [
          { name: 'lo', hwaddr: '00:00:00:00:00:00', inet: '127.0.0.1/8', inet6: '::1/128' },
          {
            name: 'eth0',
            hwaddr: macOf(guest.seed, 0).toLowerCase(),
            inet: `${addressOf(guest)}/24`,
          },
        ];
      },
    },
  ];
}

function answering(call: Call): Guest {
  const guest = guestOf(call, 'qemu');
  if (guest.status !== 'running') throw died(`VM ${guest.vmid} is not running`);
  if (!guest.agent) throw died('No QEMU guest agent configured');
  if (guest.paused) throw died('QEMU guest agent is not running');
  return guest;
}

function interfaces({ nowMs }: Call, guest: Guest): unknown {
  const load = guestCounters(guest, nowMs);
  const counts = (rx: number, tx: number) => ({
    'rx-bytes': rx,
    'rx-packets': Math.ceil(rx / 900),
    'rx-dropped': 0,
    'rx-errs': 0,
    'tx-bytes': tx,
    'tx-packets': Math.ceil(tx / 900),
    'tx-dropped': 0,
    'tx-errs': 0,
  });
  return {
    result: [
      {
        name: 'lo',
        'hardware-address': '00:00:00:00:00:00',
        'ip-addresses': [
          { 'ip-address-type': 'ipv4', 'ip-address': '127.0.0.1', prefix: 8 },
          { 'ip-address-type': 'ipv6', 'ip-address': '::1', prefix: 128 },
        ],
        statistics: counts(1, 1),
      },
      {
        name: 'eth0',
        'hardware-address': macOf(guest.seed, 0).toLowerCase(),
        'ip-addresses': [{ 'ip-address-type': 'ipv4', 'ip-address': addressOf(guest), prefix: 24 }],
        statistics: counts(load.netin, load.netout),
      },
    ],
  };
}

/** An address of the documentation's ranges that belongs to the guest. */
function addressOf(guest: Guest): string {
  return `198.51.100.${1 + (guest.vmid % 253)}`;
}
