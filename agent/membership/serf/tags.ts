import { encode } from '@msgpack/msgpack';
import type { RoleName } from '#shared/contract/agent/dashboard';
import { PROTOCOL } from '../protocol';

/** Gossip hands tags to everyone who listens: no secret belongs here, and little room there is. */
export interface NodeTags {
  id: string;
  apiPort: number;
  roles: readonly RoleName[];
  /** whether it belongs to the cluster already or still looks for it */
  settled: boolean;
}

/** serf refuses more, counted as it encodes them. */
const MAX_BYTES = 512;

const LETTERS: Record<RoleName, string> = {
  'slurm-controller': 'c',
  'slurm-worker': 'w',
  'k3s-server': 's',
  'k3s-agent': 'a',
};

/** @throws RangeError where they would not fit into serf's 512 bytes */
export function encodeTags(tags: NodeTags): Record<string, string> {
  const encoded = {
    id: tags.id,
    p: String(tags.apiPort),
    v: String(PROTOCOL),
    r: tags.roles.map((role) => LETTERS[role]).join(''),
    s: tags.settled ? 'm' : 'w',
  };
  // one byte in front tells serf the form of the rest
  const bytes = 1 + encode(encoded).length;
  if (bytes > MAX_BYTES) throw new RangeError(`${bytes} bytes of gossip tags; ${MAX_BYTES} fit.`);
  return encoded;
}

/** What a gossip member claims of itself; null where it is no agent of ours. */
export function readTags(
  tags: Record<string, string>,
): { id: string; apiPort: number; settled: boolean } | null {
  const port = Number(tags['p']);
  const id = tags['id'] ?? '';
  if (!/^[0-9a-f-]{36}$/.test(id) || !Number.isInteger(port) || port < 1 || port > 65_535)
    return null;
  return { id, apiPort: port, settled: tags['s'] === 'm' };
}
