import { z } from 'zod';
import { Directory } from '#electron/demo/pve/access/directory';
import { routerFor } from '#electron/demo/pve/api/routes';
import type { DressId } from '#electron/demo/pve/dress';
import { dispatch } from '#electron/demo/pve/http/dispatch';
import type { Router } from '#electron/demo/pve/http/router';
import { buildCluster } from '#electron/demo/pve/model/build';
import type { ClusterSpec } from '#electron/demo/pve/model/spec';
import { PveSite } from '#electron/demo/pve/site';
import { TOUR } from '#electron/demo/specs';

const body = z.looseObject({ data: z.unknown() });

export interface Reply {
  status: number;
  reason: string;
  data: unknown;
}

/** Who asks: a ticket with its CSRF token, or an API token. */
export interface Credentials {
  ticket?: string;
  csrf?: string;
  token?: string;
}

/** A simulated cluster without sockets, on a clock the test turns. */
export class DirectSite {
  readonly site: PveSite;
  readonly #router: Router;
  nowMs = Date.UTC(2026, 5, 2, 10);

  constructor(options: { dress?: DressId; ambient?: boolean; taskPace?: number } = {}) {
    const [first] = TOUR;
    if (first === undefined) throw new RangeError('The tour has no clusters.');
    const spec: ClusterSpec = { ...first, dress: options.dress ?? '9.2' };
    const cluster = buildCluster(spec, 5, this.nowMs);
    const directory = new Directory(cluster.dress);
    directory.addUser('root@pam', 'secret');
    this.#router = routerFor(cluster.dress);
    this.site = new PveSite(cluster, directory, {
      clock: () => this.nowMs,
      taskPace: options.taskPace ?? 1,
      ambient: options.ambient ?? false,
      ticketKey: Buffer.from('a key of no importance'),
    });
  }

  /** Asks one endpoint, as `root@pam` by ticket unless told otherwise. */
  ask(
    method: string,
    path: string,
    params: Record<string, string> = {},
    as: Credentials = this.root(),
  ): Reply {
    const { answer } = dispatch(this.site, this.#router, {
      method,
      path,
      params,
      cookie: as.ticket === undefined ? undefined : `PVEAuthCookie=${as.ticket}`,
      authorization: as.token === undefined ? undefined : `PVEAPIToken=${as.token}`,
      csrf: as.csrf,
      servedBy: 'pve-01',
      extjs: false,
    });
    const text = answer.body?.toString() ?? '{"data":null}';
    return {
      status: answer.status,
      reason: answer.reason,
      data: body.parse(JSON.parse(text)).data,
    };
  }

  /** A fresh ticket of root's. */
  root(): Required<Pick<Credentials, 'ticket' | 'csrf'>> {
    const seconds = this.nowMs / 1000;
    return {
      ticket: this.site.tickets.issue('root@pam', seconds),
      csrf: this.site.tickets.csrf('root@pam', seconds),
    };
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.nowMs += ms;
  }
}
