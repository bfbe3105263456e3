import type { Cluster } from '#shared/contract/clusters';
import type { ConnectionDraft, FeatureName, TfaAnswer } from '#shared/contract/connection';
import { Failure, fail } from '#shared/contract/errors';
import type { ClusterReader } from '../clusters/types';
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
import type { ClusterWriter } from './pins';
import { missingFor, privilegesFor } from './privileges';

export interface MintDeps {
  clusters: ClusterReader & ClusterWriter;
  clients: Pick<PveClients, 'get' | 'draft'>;
  logger: Logger;
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

/** One thing made on the cluster, and how it is taken away again. */
interface Made {
  what: string;
  undo: () => Promise<unknown>;
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
    if (request.tfa !== undefined) await client.answerTfa(request.tfa);
    const made: Made[] = [];
    try {
      return await this.#steps(client, cluster, request, made);
    } catch (error) {
      throw await this.#undone(error, made);
    }
  }

  async #steps(
    client: PveClient,
    cluster: Cluster,
    { uuid, features, user, tokenName }: MintRequest,
    made: Made[],
  ): Promise<Minted> {
    const [major] = readVersion(await get(client, '/version')).release;
    const privileges = privilegesFor(features, major);
    const userPath = `/access/users/${encodeURIComponent(user)}`;
    const users = readUserIds(await get(client, '/access/users'));
    if (users.includes(user)) await refuseTaken(client, userPath, tokenName);
    const role = await this.#role(client, tokenName, privileges, made);
    if (!users.includes(user)) {
      await client.call('POST', '/access/users', { userid: user, comment: 'Clusterdeck' });
      made.push({ what: `the user ${user}`, undo: () => client.call('DELETE', userPath) });
    }
    const grant = (who: object) => ({ path: '/', roles: role, propagate: true, ...who });
    await this.#acl(client, grant({ users: user }), `the grant for ${user}`, made);
    const tokenPath = `${userPath}/token/${tokenName}`;
    // the answer may be lost although the token was made, so it is taken away in any case
    made.push({
      what: `the token ${user}!${tokenName}`,
      undo: () => client.call('DELETE', tokenPath),
    });
    const answer = await client.call('POST', tokenPath, { privsep: true, comment: 'Clusterdeck' });
    const { tokenId, secret } = readNewToken(answer.data);
    await this.#acl(client, grant({ tokens: tokenId }), `the grant for ${tokenId}`, made);
    await this.#prove(cluster, tokenId, secret, features, major);
    const changes = { authKind: 'token' as const, tokenId, secret };
    const stored = await this.#deps.clusters.update({ uuid, changes });
    this.#deps.logger.info({ cluster: cluster.clusterId, tokenId, privileges }, 'Minted a token');
    return { tokenId, privileges, cluster: stored };
  }

  /** A role of this very set is used again; another set under the name gets a name of its own. */
  async #role(client: PveClient, tokenName: string, privileges: string[], made: Made[]) {
    const roles = readRoles(await get(client, '/access/roles'));
    const wanted = privileges.join(',');
    for (let n = 1; ; n++) {
      const role = `Clusterdeck-${tokenName}${n === 1 ? '' : `-${n}`}`;
      const present = roles.get(role);
      if (present?.toSorted().join(',') === wanted) return role;
      if (present !== undefined) continue;
      await client.call('POST', '/access/roles', { roleid: role, privs: wanted });
      made.push({
        what: `the role ${role}`,
        undo: () => client.call('DELETE', `/access/roles/${role}`),
      });
      return role;
    }
  }

  async #acl(
    client: PveClient,
    grant: Record<string, string | boolean>,
    what: string,
    made: Made[],
  ): Promise<void> {
    await client.call('PUT', '/access/acl', grant);
    const undo = () => client.call('PUT', '/access/acl', { ...grant, delete: true });
    made.push({ what, undo });
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
    const draft: ConnectionDraft = { endpoints, verify, user, authKind: 'token', tokenId, secret };
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

  /** Takes away what was made, last first, each attempt once; what stays is named. */
  async #undone(error: unknown, made: Made[]): Promise<unknown> {
    const left: string[] = [];
    for (const { what, undo } of made.toReversed()) {
      await undo().catch((reason: unknown) => {
        this.#deps.logger.warn({ what, reason }, 'Could not take back a step of minting');
        if (!(reason instanceof Failure) || !isGone(reason)) left.push(what);
      });
    }
    if (!(error instanceof Failure) || made.length === 0) return error;
    const told =
      left.length === 0
        ? 'What was made on the cluster before was taken away again.'
        : `Remove by hand on the cluster: ${left.join(', ')}.`;
    return new Failure(
      error.code,
      { ...error.data, remedy: `${error.data.remedy} ${told}` },
      error.message,
    );
  }
}

async function refuseTaken(client: PveClient, userPath: string, tokenName: string): Promise<void> {
  const names = readTokenNames(await get(client, `${userPath}/token`));
  if (!names.includes(tokenName)) return;
  const remedy = 'Choose another name for the token, or remove the old one on the cluster.';
  throw fail('PARAMETER_REFUSED', { remedy, field: 'tokenName' }, 'This token exists already.');
}

/** A thing that was never made cannot be taken away: the server then names it as missing. */
function isGone({ data }: Failure): boolean {
  const texts = [data.detail ?? '', ...Object.values(data.fields ?? {})];
  return texts.some((text) => /no such|does not exist/i.test(text));
}

async function get(client: PveClient, path: string): Promise<unknown> {
  return (await client.call('GET', path)).data;
}
