import { fail } from '#shared/contract/errors';
import type { Finding } from '../trust/certificate';
import type { ApiTrial, Step } from '../trust/connection-test';
import { type Overview, readOverview } from './overview';
import type { AgentClient } from './types';

/** What each role of a token may do, in a few words. */
const RIGHTS: Record<Overview['rights'], string> = {
  viewer: 'viewer: may look',
  operator: 'operator: may look and act on nodes and jobs',
  admin: 'admin: may do everything',
};

/** The stages that ask a node agent; each tells what it found. */
export class ClusterosTrial implements ApiTrial {
  readonly #client: AgentClient;
  readonly #signal: AbortSignal;
  #overview: Overview | null = null;
  version: string | null = null;
  nodeNames: string[] = [];

  constructor(client: AgentClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  steps(): Step[] {
    return [
      ['authentication', () => this.#authentication()],
      ['permissions', async () => ({ detail: RIGHTS[this.#known().rights] })],
      ['version', async () => this.#version()],
      ['nodes', async () => this.#nodes()],
      ['quorum', async () => this.#state()],
    ];
  }

  verdict(): string {
    const { cluster } = this.#known();
    const count = this.nodeNames.length;
    const nodes = `${count} ${count === 1 ? 'node' : 'nodes'}`;
    return `ClusterOS cluster ${cluster.name} with ${nodes}, agent ${this.version ?? ''}.`;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** One answer tells everything: a token that is accepted gets it. */
  async #authentication(): Promise<Finding> {
    const answer = await this.#client.get('/api/v1/overview', { signal: this.#signal });
    this.#overview = readOverview(answer.data, answer.endpoint);
    return { detail: `the token is accepted by ${this.#overview.status.node.name}` };
  }

  #version(): Finding {
    this.version = this.#known().status.agent.version;
    return { detail: this.version };
  }

  #nodes(): Finding {
    const { nodes } = this.#known();
    const members = nodes.filter(({ status, authenticated }) => status !== 'left' && authenticated);
    this.nodeNames = members.map(({ name }) => name).toSorted();
    const alive = members.filter(({ status }) => status === 'alive').length;
    const detail = `${alive} of ${members.length} alive`;
    if (alive > 0) return { detail };
    const remedy = 'Look with "node-agent status" on a node; it should list at least itself.';
    return {
      detail,
      failure: fail('BAD_RESPONSE', { remedy }, 'The cluster names no node that is alive.'),
    };
  }

  #state(): Finding {
    const { status, staleReason } = this.#known();
    const { state } = status.agent;
    if (state === 'ok') {
      return { detail: staleReason ?? 'the shared state can be read and written' };
    }
    const detail =
      state === 'read-only'
        ? 'the shared state can be read, and not written'
        : 'the shared state cannot be reached from this node';
    const remedy = 'Bring back enough nodes for a majority; until then nothing can be changed.';
    return { detail, failure: fail('NO_QUORUM', { remedy, detail }) };
  }

  #known(): Overview {
    if (this.#overview !== null) return this.#overview;
    throw fail('BAD_RESPONSE', { remedy: 'Test it again.' });
  }
}
