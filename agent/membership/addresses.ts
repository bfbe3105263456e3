import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

export interface HostAndPort {
  host: string;
  port: number;
}

/** @param text as `10.0.0.1:7946`, `a1.lab:7946` or `[fd00::1]:7946`, which the configuration checked */
export function splitHostPort(text: string): HostAndPort {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
}

/** The address behind a name, since gossip speaks of addresses; a name nobody knows stays as it is. */
export async function resolved(seed: HostAndPort): Promise<HostAndPort> {
  if (isIP(seed.host) !== 0) return seed;
  try {
    return { host: (await lookup(seed.host)).address, port: seed.port };
  } catch {
    return seed;
  }
}
