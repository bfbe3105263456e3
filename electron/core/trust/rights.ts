import type { Right } from '#shared/contract/connection';
import type { ClusterosAccount } from '../agents/account';
import type { ClusterReader, ClustersEvent } from '../clusters/types';
import type { Clock } from '../ports';
import { type Permissions, readPermissions } from '../pve/schemas/access';
import type { PveClients } from '../pve/types';
import { holds } from './privileges';

export interface RightsDeps {
  clusters: Pick<ClusterReader, 'get'>;
  clients: Pick<PveClients, 'get'>;
  clusteros: Pick<ClusterosAccount, 'rights'>;
  clock: Pick<Clock, 'now'>;
  changes: { subscribe(listener: (event: ClustersEvent) => void): () => void };
}

/** Roles change seldom; what was granted meanwhile is seen after this. */
const FRESH_MS = 5 * 60_000;

/** Which privilege an action needs, below which path. Source: the API schema of 7.4, 8.4 and 9.2. */
const NEEDS = [
  { action: 'power', privilege: 'VM.PowerMgmt', below: '/vms' },
  { action: 'stopTask', privilege: 'Sys.Modify', below: '/nodes' },
] as const satisfies { action: Right['action']; privilege: string; below: string }[];

/** What the accounts may do on their clusters, asked for when somebody looks and then remembered. */
export class Rights {
  readonly #deps: RightsDeps;
  readonly #known = new Map<string, { until: number; rights: Promise<Right[]> }>();

  constructor(deps: RightsDeps) {
    this.#deps = deps;
    deps.changes.subscribe(({ reconnect, removed }) => {
      for (const uuid of [...reconnect, ...removed]) this.#known.delete(uuid);
    });
  }

  /** @throws Failure of the call */
  of(uuid: string): Promise<Right[]> {
    const now = this.#deps.clock.now();
    const known = this.#known.get(uuid);
    if (known !== undefined && now < known.until) return known.rights;
    const rights = this.#ask(uuid);
    this.#known.set(uuid, { until: now + FRESH_MS, rights });
    rights.catch(() => this.#known.delete(uuid));
    return rights;
  }

  async #ask(uuid: string): Promise<Right[]> {
    const { clusters, clusteros } = this.#deps;
    if (clusters.get(uuid).kind === 'clusteros') return await clusteros.rights(uuid);
    const answer = await this.#deps.clients.get(uuid).call('GET', '/access/permissions');
    const permissions = readPermissions(answer.data);
    return NEEDS.map(({ action, privilege, below }) => {
      const held = holds(permissions, below, privilege);
      return { action, privilege, held, except: exceptions(permissions, below, privilege, held) };
    });
  }
}

/** The server lists every path that an access rule or a pool names, with what holds there. */
function exceptions(
  permissions: Permissions,
  below: string,
  privilege: string,
  held: boolean,
): string[] {
  return Object.entries(permissions).flatMap(([path, privileges]) => {
    if (!path.startsWith(`${below}/`) || privilege in privileges === held) return [];
    return [path.slice(below.length + 1)];
  });
}
