import type { Socket } from 'node:net';
import type { Finding } from './certificate';
import {
  type Handshake,
  type Probe,
  reach,
  resolveName,
  shakeHands,
  type TrustSource,
} from './probe';

/** A stage of the way to a server, and what it takes to pass it. */
export type WayStep = ['name resolution' | 'tcp' | 'tls', () => Promise<Finding>];

interface Way {
  probe: Probe;
  trust: TrustSource;
  /** what becomes of its certificate; null for an address without TLS */
  judge: ((handshake: Handshake) => Finding) | null;
}

/** Name, port and certificate of one address, each with what the one before it found. */
export function wayTo({ probe, trust, judge }: Way): WayStep[] {
  let addresses: Awaited<ReturnType<typeof resolveName>> = [];
  let socket: Socket | null = null;
  return [
    [
      'name resolution',
      async () => {
        addresses = await resolveName(probe);
        return { detail: addresses.map(({ address }) => address).join(', ') };
      },
    ],
    [
      'tcp',
      async () => {
        socket = await reach(probe, addresses);
        const detail = `${socket.remoteAddress ?? ''} port ${probe.port}`;
        if (judge === null) socket.destroy();
        return { detail };
      },
    ],
    [
      'tls',
      async () => {
        if (judge === null) {
          return { detail: 'http: nothing on the way is protected', skipped: true };
        }
        return socket === null ? {} : judge(await shakeHands(probe, socket, trust));
      },
    ],
  ];
}
