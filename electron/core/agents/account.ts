import { fingerprint } from '#shared/contract/base';
import type { Endpoint } from '#shared/contract/clusters';
import type { Right } from '#shared/contract/connection';
import type { Sibling } from '../trust/pins';
import { type Overview, readOverview } from './overview';
import type { AgentClients } from './types';

/** What this desk asks an agent about the account and the members of its cluster. */
export class ClusterosAccount {
  readonly #clients: Pick<AgentClients, 'get'>;

  constructor(clients: Pick<AgentClients, 'get'>) {
    this.#clients = clients;
  }

  /** What the token may do. @throws Failure of the call */
  async rights(uuid: string): Promise<Right[]> {
    const { rights } = await this.#overview(uuid);
    return [{ action: 'slurm', privilege: 'operator', held: rights !== 'viewer', except: [] }];
  }

  /** Members that are no endpoints yet, with the fingerprints they proved to their cluster. */
  async siblings(uuid: string, endpoints: readonly Endpoint[]): Promise<Sibling[]> {
    const { nodes } = await this.#overview(uuid);
    return nodes
      .filter(({ authenticated, status }) => authenticated && status === 'alive')
      .flatMap(({ name, address, tailscale_ip: tailnet, api_port: port, fingerprint: shown }) => {
        const pin = fingerprint.safeParse(shown);
        const isKnown = endpoints.some(
          ({ host, pin: known }) => [address, tailnet].includes(host) || known === pin.data,
        );
        if (!pin.success || port === 0 || isKnown) return [];
        return [{ node: name, host: tailnet === '' ? address : tailnet, port, pin: pin.data }];
      })
      .toSorted((a, b) => a.node.localeCompare(b.node, 'en', { numeric: true }));
  }

  async #overview(uuid: string): Promise<Overview> {
    const { data, endpoint } = await this.#clients.get(uuid).get('/api/v1/overview');
    return readOverview(data, endpoint);
  }
}
