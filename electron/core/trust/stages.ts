import type { Endpoint, VerifyMode } from '#shared/contract/clusters';
import type { CertificateInfo, TfaAnswer } from '#shared/contract/connection';
import { type Failure, fail } from '#shared/contract/errors';
import { hostPort } from '#shared/domain/host';
import type { SessionClient } from '../pve/client';
import { networkFailure, pinFailure } from '../pve/network-errors';
import { readPermissions } from '../pve/schemas/access';
import { readClusterStatus, readNodes, readVersion } from '../pve/schemas/cluster';
import { missingFor } from './privileges';
import type { Handshake } from './probe';

/** What a stage found; with a failure it did not pass, whatever else it found. */
export interface Finding {
  detail?: string;
  remedy?: string;
  certificate?: CertificateInfo;
  pinned?: string;
  failure?: Failure;
}

/** Judges a handshake by the cluster's way of verifying. */
export function judgeCertificate(
  handshake: Handshake,
  endpoint: Endpoint,
  verify: VerifyMode,
): Finding {
  const { certificate, distrust } = handshake;
  const label = hostPort(endpoint.host, endpoint.port);
  const pinned = endpoint.pin === null ? {} : { pinned: endpoint.pin };
  const ends = new Date(certificate.validTo).toISOString().slice(0, 10);
  const life = certificate.validTo < Date.now() ? `expired on ${ends}` : `valid until ${ends}`;
  const found = { certificate, ...pinned };
  if (verify === 'off') return { ...found, detail: `not verified, ${life}` };
  if (verify === 'pin' && endpoint.pin === certificate.fingerprint) {
    return { ...found, detail: `pinned, ${life}` };
  }
  if (verify === 'pin') {
    return { ...found, failure: pinFailure(label, endpoint.pin, certificate.fingerprint) };
  }
  if (distrust === null) return { ...found, detail: `${certificate.issuer}, ${life}` };
  const failure = networkFailure(Object.assign(new Error(distrust), { code: distrust }), label);
  return { ...found, failure };
}

/** The stages that ask the API, in the contract's order; each tells what it found. */
export class ApiStages {
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
