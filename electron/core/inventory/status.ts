import { readClusterStatus, readVersion } from '../pve/schemas/cluster';
import type { CallOptions, PveClient } from '../pve/types';

/** What `/version` and `/cluster/status` say; null is not known. */
export interface ClusterStatus {
  version: string | null;
  clusterName: string | null;
  quorate: boolean | null;
  standalone: boolean | null;
}

/**
 * Reads what seldom changes. Neither call is needed for watching, and an account may lack
 * Sys.Audit on `/`: what is refused or makes no sense stays unknown.
 * @returns null when neither answered
 */
export async function readStatus(
  client: Pick<PveClient, 'call'>,
  options: CallOptions,
): Promise<ClusterStatus | null> {
  const ask = async <Value>(
    path: string,
    read: (data: unknown) => Value,
  ): Promise<Value | null> => {
    try {
      return read((await client.call('GET', path, undefined, options)).data);
    } catch {
      return null;
    }
  };
  const [version, status] = await Promise.all([
    ask('/version', readVersion),
    ask('/cluster/status', readClusterStatus),
  ]);
  if (version === null && status === null) return null;
  return {
    version: version?.version ?? null,
    clusterName: status?.name ?? null,
    quorate: status?.quorate ?? null,
    standalone: status === null ? null : status.name === null,
  };
}
