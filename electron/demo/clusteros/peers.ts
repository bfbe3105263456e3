import type { PeerCredentials } from '#agent/membership/peer-wire';
import { createPeers, type OpenPeers } from '#agent/membership/peers';
import { fail } from '#shared/contract/errors';

interface Options {
  /** of the calling node */
  name: string;
  credentials: PeerCredentials;
  /** where all simulated nodes have their doors */
  host: string;
  /** whether nothing gets from this node to that one */
  isCut(to: { id: string; name: string }): boolean;
}

/** The agents' own mutual authentication; only the addresses, which exist nowhere, lead to loopback. */
export class DemoPeers implements OpenPeers {
  readonly #options: Options;
  readonly #peers: OpenPeers;

  constructor(options: Options) {
    this.#options = options;
    this.#peers = createPeers(options.credentials);
  }

  async call(...[member, method, path, options]: Parameters<OpenPeers['call']>): Promise<unknown> {
    const { name, isCut, host } = this.#options;
    if (isCut(member)) {
      const remedy = `Check the network between ${name} and ${member.name}.`;
      throw fail('UNREACHABLE', { node: member.name, remedy });
    }
    return this.#peers.call({ ...member, address: host }, method, path, options);
  }

  close(): Promise<void> {
    return this.#peers.close();
  }
}
