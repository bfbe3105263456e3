import type { TfaAnswer } from '#shared/contract/connection';
import { fail } from '#shared/contract/errors';
import type { SessionClient } from '../pve/client';
import { readPermissions } from '../pve/schemas/access';
import { readClusterStatus, readNodes, readVersion } from '../pve/schemas/cluster';
import type { Finding } from './certificate';
import type { ApiTrial, Step } from './connection-test';
import { missingFor } from './privileges';

/** The stages that ask a Proxmox VE API; each tells what it found. */
export class PveTrial implements ApiTrial {
  readonly #client: SessionClient;
  readonly #signal: AbortSignal;
  readonly #account: string;
  /** filled as the stages pass */
  version: string | null = null;
  major = 0;
  nodeNames: string[] = [];

  constructor(client: SessionClient, account: string, signal: AbortSignal) {
    this.#client = client;
    this.#account = account;
    this.#signal = signal;
  }

  steps(factor: TfaAnswer | null): Step[] {
    return [
      ['authentication', () => this.authentication(factor)],
      ['permissions', () => this.permissions()],
      ['version', () => this.versionNumber()],
      ['nodes', () => this.nodes()],
      ['quorum', () => this.quorum()],
    ];
  }

  verdict(): string {
    const count = this.nodeNames.length;
    return `Proxmox VE ${this.version ?? ''} with ${count} ${count === 1 ? 'node' : 'nodes'}.`;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** A token has no login: its first call shows whether it is accepted. */
  async authentication(factor: TfaAnswer | null): Promise<Finding> {
    await this.#client.logIn(factor, this.#signal);
    const { release } = readVersion(await this.#get('/version'));
    this.major = release[0];
    return { detail: this.#account };
  }

  /** Fails where not even the cluster's state may be read; lesser gaps are told. */
  async permissions(): Promise<Finding> {
    const permissions = readPermissions(await this.#get('/access/permissions'));
    const { ok, missing, remedy } = missingFor('watch', permissions, this.major);
    if (ok) return { detail: 'all that watching needs' };
    const gaps = missing.map(({ path, privileges }) => `${privileges.join(', ')} on ${path}`);
    const detail = `lacks ${gaps.join('; ')}`;
    const told = { detail, ...(remedy === undefined ? {} : { remedy }) };
    if (!missing.some(({ path }) => path === '/')) return told;
    const data = { path: '/', privilege: 'Sys.Audit', detail };
    return { failure: fail('PERMISSION_DENIED', { remedy: remedy ?? '', ...data }) };
  }

  async versionNumber(): Promise<Finding> {
    const { version, release } = readVersion(await this.#get('/version'));
    this.version = version;
    const [major, minor] = release;
    if (major > 7 || (major === 7 && minor >= 4)) return { detail: version };
    const remedy = 'Releases before 7.4 are not supported. Upgrade this cluster.';
    return { detail: version, failure: fail('UNSUPPORTED', { remedy, detail: version }) };
  }

  async nodes(): Promise<Finding> {
    const { rows } = readNodes(await this.#get('/nodes'));
    this.nodeNames = rows.map(({ node }) => node).toSorted();
    const online = rows.filter(({ status }) => status === 'online').length;
    const detail = `${online} of ${rows.length} online`;
    if (rows.length > 0) return { detail };
    const remedy = 'Check that the account may see the nodes, and that pvestatd runs.';
    return { detail, failure: fail('BAD_RESPONSE', { remedy }, 'The cluster names no node.') };
  }

  async quorum(): Promise<Finding> {
    const { quorate, members } = readClusterStatus(await this.#get('/cluster/status'));
    if (quorate === null) return { detail: 'one node alone needs none' };
    const online = members.filter((member) => member.online).length;
    const detail = `${online} of ${members.length} members online`;
    if (quorate) return { detail };
    const remedy = 'Bring back enough nodes for a majority; until then nothing can be changed.';
    return { detail, failure: fail('NO_QUORUM', { remedy, detail }) };
  }

  async #get(path: string): Promise<unknown> {
    return (await this.#client.call('GET', path, {}, { signal: this.#signal })).data;
  }
}
