import type { Cluster } from '#shared/contract/clusters';
import type { ConnectionDraft, FeatureName, TfaAnswer } from '#shared/contract/connection';
import { Failure, fail } from '#shared/contract/errors';
import type { ClusterReader } from '../clusters/types';
import type { Store } from '../db/store';
import type { Logger } from '../ports';
import {
  readNewToken,
  readPermissions,
  readRoles,
  readTokenNames,
  readUserIds,
} from '../pve/schemas/access';
import { readVersion } from '../pve/schemas/cluster';
import type { PveClient, PveClients } from '../pve/types';
import { Ledger } from './ledger';
import type { ClusterWriter } from './pins';
import { missingFor, privilegesFor } from './privileges';

export interface MintDeps {
  clusters: ClusterReader & ClusterWriter;
  clients: Pick<PveClients, 'get' | 'draft'>;
  logger: Logger;
  /** for the audit */
  store: Pick<Store, 'mutate'>;
}

export interface MintRequest {
  uuid: string;
  features: FeatureName[];
  /** the user that is to own the token; made when it is not there */
  user: string;
  tokenName: string;
  tfa?: TfaAnswer | undefined;
}

export interface Minted {
  tokenId: string;
  privileges: string[];
  cluster: Cluster;
}

/** What the audit says of one minting. */
interface Trail {
  user: string;
  tokenId: string;
  /** there once it was chosen */
  role?: string;
}

/**
 * Trades the stored password for a user and token with just the privileges the features need. The
 * token has privilege separation, so it keeps only what its own role grants.
 */
export class TokenMint {
  readonly #deps: MintDeps;

  constructor(deps: MintDeps) {
    this.#deps = deps;
  }

  /**
   * On failure everything made so far is taken away again; the failure says what could not be.
   * @throws Failure INVALID_INPUT | of the calls | of the store
   */
  async mint(request: MintRequest): Promise<Minted> {
    const { clusters, clients } = this.#deps;
    const cluster = clusters.get(request.uuid);
    if (cluster.authKind === 'token') {
      const remedy = 'Sign in with a password first; a token cannot make tokens.';
      throw fail('INVALID_INPUT', { remedy, field: 'uuid', cluster: cluster.clusterId });
    }
    const client = clients.get(request.uuid);
    const ledger = new Ledger(this.#deps.logger);
    const made: Trail = { user: request.user, tokenId: `${request.user}!${request.tokenName}` };
    try {
      if (request.tfa !== undefined) await client.answerTfa(request.tfa);
      const minted = await this.#steps(client, cluster, request, ledger, made);
      this.#record(cluster, made, 'ok');
      return minted;
    } catch (error) {
      const failure = await ledger.takeBack(error);
      const code = failure instanceof Failure ? failure.code : 'INTERNAL';
      this.#record(cluster, made, `failed: ${code}`);
      throw failure;
    }
  }

  /** What a cluster was asked for stands in the audit; a store that refuses it changes no outcome. */
  #record({ clusterId, uuid }: Cluster, after: Trail, result: string): void {
    const entry = { action: 'token.mint', subject: clusterId, target: uuid, after, result };
    try {
      this.#deps.store.mutate((tx) => tx.audit(entry));
    } catch (error) {
      this.#deps.logger.error({ error, cluster: clusterId }, 'A minted token is not in the audit');
    }
  }

  async #steps(
    client: PveClient,
    cluster: Cluster,
    { uuid, features, user, tokenName }: MintRequest,
    ledger: Ledger,
    made: Trail,
  ): Promise<Minted> {
    const [major] = readVersion(await get(client, '/version')).release;
    const privileges = privilegesFor(features, major);
    const userPath = `/access/users/${encodeURIComponent(user)}`;
    const hasUser = readUserIds(await get(client, '/access/users')).includes(user);
    if (hasUser) await refuseTaken(client, userPath, tokenName);
    const role = await pickRole(client, tokenName, privileges);
    made.role = role.name;
    if (!role.present) await makeRole(client, role.name, privileges, ledger);
    if (!hasUser) {
      const making = client.call('POST', '/access/users', { userid: user, comment: 'Clusterdeck' });
      await ledger.make(`the user ${user}`, making, () => client.call('DELETE', userPath));
    }
    // a grant that may have been there before stays, whatever comes
    const isNew = !hasUser || !role.present;
    await grant(client, { roles: role.name, users: user }, isNew ? ledger : null);
    const { tokenId, secret } = await makeToken(client, userPath, tokenName, ledger);
    await grant(client, { roles: role.name, tokens: tokenId }, ledger);
    await this.#prove(cluster, tokenId, secret, features, major);
    const changes = { authKind: 'token' as const, tokenId, secret };
    const stored = await this.#deps.clusters.update({ uuid, changes });
    this.#deps.logger.info({ cluster: cluster.clusterId, tokenId, privileges }, 'Minted a token');
    return { tokenId, privileges, cluster: stored };
  }

  /** The token must work before the password is given up. */
  async #prove(
    cluster: Cluster,
    tokenId: string,
    secret: string,
    features: FeatureName[],
    major: number,
  ): Promise<void> {
    const { endpoints, verify, user } = cluster;
    const account = { user, authKind: 'token', tokenId, secret } as const;
    const draft: ConnectionDraft = { kind: 'proxmox', endpoints, verify, ...account };
    const client = await this.#deps.clients.draft(draft);
    try {
      const permissions = readPermissions(await get(client, '/access/permissions'));
      const lacking = features
        .map((feature) => missingFor(feature, permissions, major))
        .find(({ ok }) => !ok);
      if (lacking !== undefined) {
        const remedy = lacking.remedy ?? 'Grant the role by hand, then try again.';
        throw fail('PERMISSION_DENIED', { remedy }, 'The new token lacks privileges.');
      }
    } finally {
      await client.close();
    }
  }
}

/** A role of this very set is used again; where the name stands for another set, the next is tried. */
async function pickRole(client: PveClient, tokenName: string, privileges: string[]) {
  const roles = readRoles(await get(client, '/access/roles'));
  const wanted = privileges.join(',');
  for (let n = 1; ; n++) {
    const name = `Clusterdeck-${tokenName}${n === 1 ? '' : `-${n}`}`;
    const held = roles.get(name);
    if (held === undefined) return { name, present: false };
    if (held.toSorted().join(',') === wanted) return { name, present: true };
  }
}

async function makeRole(client: PveClient, name: string, privileges: string[], ledger: Ledger) {
  const made = client.call('POST', '/access/roles', { roleid: name, privs: privileges.join(',') });
  const undo = () => client.call('DELETE', `/access/roles/${name}`);
  await ledger.make(`the role ${name}`, made, undo);
}

async function grant(
  client: PveClient,
  entry: { roles: string; users?: string; tokens?: string },
  ledger: Ledger | null,
): Promise<void> {
  const params = { path: '/', propagate: true, ...entry };
  const made = client.call('PUT', '/access/acl', params);
  const undo = () => client.call('PUT', '/access/acl', { ...params, delete: true });
  const what = `the grant for ${entry.users ?? entry.tokens ?? ''}`;
  await (ledger === null ? made : ledger.make(what, made, undo));
}

async function makeToken(client: PveClient, userPath: string, name: string, ledger: Ledger) {
  const path = `${userPath}/token/${name}`;
  const made = client.call('POST', path, { privsep: true, comment: 'Clusterdeck' });
  const undo = () => client.call('DELETE', path);
  const answer = await ledger.make(`the token ${name}`, made, undo);
  return readNewToken(answer.data);
}

async function refuseTaken(client: PveClient, userPath: string, tokenName: string): Promise<void> {
  const names = readTokenNames(await get(client, `${userPath}/token`));
  if (!names.includes(tokenName)) return;
  const remedy = 'Choose another name for the token, or remove the old one on the cluster.';
  throw fail('PARAMETER_REFUSED', { remedy, field: 'tokenName' }, 'This token exists already.');
}

async function get(client: PveClient, path: string): Promise<unknown> {
  return (await client.call('GET', path)).data;
}
