import type { Cluster, ClusterUpdate, Endpoint } from '#shared/contract/clusters';
import type { CertificateInfo } from '#shared/contract/connection';
import { fail } from '#shared/contract/errors';
import type { ClusterosAccount } from '../agents/account';
import type { ClusterReader } from '../clusters/types';
import { readClusterStatus, readNodes } from '../pve/schemas/cluster';
import type { PveClients } from '../pve/types';
import { readCertificate, type TrustSource } from './probe';

/** Changes a stored cluster; open connections are then made anew. */
export interface ClusterWriter {
  update(update: ClusterUpdate): Promise<Cluster>;
}

export interface PinsDeps {
  clusters: ClusterReader & ClusterWriter;
  clients: Pick<PveClients, 'get'>;
  clusteros: Pick<ClusterosAccount, 'siblings'>;
  trust: TrustSource;
}

export interface PinRequest {
  uuid: string;
  host: string;
  port: number;
  fingerprint: string;
  /** the pin that is replaced, as the person saw it; null: there was none */
  previous: string | null;
}

/** An endpoint that a trusted member vouches for. */
export interface Sibling {
  node: string;
  host: string;
  port: number;
  pin: string;
}

/** Looks at certificates and decides which fingerprint is trusted for which endpoint. */
export class Pins {
  readonly #deps: PinsDeps;

  constructor(deps: PinsDeps) {
    this.#deps = deps;
  }

  /** Reads what an endpoint offers now and sends no byte of HTTP. @throws Failure of the connection */
  certificate(host: string, port: number, signal: AbortSignal): Promise<CertificateInfo> {
    return readCertificate({ host, port, signal }, this.#deps.trust);
  }

  /**
   * Trusts a fingerprint for an endpoint, and verifies by pins from then on.
   * @throws Failure NOT_FOUND | REVISION_CHANGED
   */
  async pin({ uuid, host, port, fingerprint, previous }: PinRequest): Promise<Cluster> {
    const { clusters } = this.#deps;
    const { clusterId, endpoints, revision } = clusters.get(uuid);
    const index = endpoints.findIndex((endpoint) => isAt(endpoint, host, port));
    const endpoint = endpoints[index];
    if (endpoint === undefined) {
      const remedy = 'Add this endpoint to the cluster first.';
      throw fail('NOT_FOUND', { remedy, cluster: clusterId }, 'The cluster has no such endpoint.');
    }
    if (endpoint.pin !== previous) {
      const remedy = 'Look at the certificate again, then decide.';
      throw fail('REVISION_CHANGED', { remedy, cluster: clusterId });
    }
    const pinned = endpoints.with(index, { ...endpoint, pin: fingerprint });
    return await clusters.update({ uuid, revision, changes: { endpoints: pinned, verify: 'pin' } });
  }

  /**
   * Members that are no endpoints yet, with the fingerprints that the cluster itself keeps.
   * @throws Failure TLS_UNTRUSTED where the answer comes over an unverified connection
   */
  async siblings(uuid: string): Promise<Sibling[]> {
    const { kind, verify, endpoints } = this.#deps.clusters.get(uuid);
    if (verify === 'off') {
      const remedy = 'Pin the fingerprint of an endpoint first; only a trusted one can vouch.';
      throw fail('TLS_UNTRUSTED', { remedy });
    }
    if (kind === 'clusteros') return await this.#deps.clusteros.siblings(uuid, endpoints);
    const client = this.#deps.clients.get(uuid);
    const [status, nodes] = await Promise.all([
      client.call('GET', '/cluster/status'),
      client.call('GET', '/nodes'),
    ]);
    const pins = new Map(readNodes(nodes.data).rows.map((row) => [row.node, row.ssl_fingerprint]));
    const port = endpoints[0]?.port ?? 8006;
    const members = readClusterStatus(status.data).members.toSorted((a, b) =>
      a.name.localeCompare(b.name),
    );
    return members.flatMap(({ name, ip }) => {
      const pin = pins.get(name) ?? null;
      if (ip === null || pin === null || isKnown(endpoints, name, ip, pin)) return [];
      return [{ node: name, host: ip, port, pin }];
    });
  }
}

function isAt(endpoint: Endpoint, host: string, port: number): boolean {
  return endpoint.host.toLowerCase() === host.toLowerCase() && endpoint.port === port;
}

function isKnown(endpoints: Endpoint[], name: string, ip: string, pin: string): boolean {
  return endpoints.some(
    ({ host, pin: known }) =>
      host === ip || known === pin || host.toLowerCase().split('.')[0] === name.toLowerCase(),
  );
}
