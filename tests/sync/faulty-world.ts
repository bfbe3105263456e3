import type { Store } from '#electron/core/db/store';
import type { Client } from '#shared/contract/index';
import type { SyncReport } from '#shared/contract/sync';
import { openCore } from '#tests/support/core';
import type { LabPortal } from '#tests/support/portal';
import { deskAndPortal, syncWith } from '#tests/support/sync-desk';

/** Where something goes wrong: at the n-th request or store write of a sync, and what happens then. */
export interface FaultPoint {
  at: 'request' | 'write';
  /** from 0 */
  n: number;
  /** before it is done, or after it was done and before anybody heard of it */
  when: 'before' | 'after';
  /** the call fails and the program lives on, or the program is killed in this moment */
  how: 'fails' | 'dies';
}

export const WISH: Parameters<typeof syncWith>[2] = {
  resolutions: [{ clusterId: 'torn', field: 'name', take: 'mine' }],
  sendSecrets: ['made-here', 'both'],
};

/** A desk and a portal with edits on both sides, of every kind there is. */
export async function editedWorld() {
  const desk = await deskAndPortal();
  const { portal } = desk;
  portal.add('push', { is_default: true });
  for (const id of ['pull', 'both', 'torn', 'gone-here', 'gone-there', 'rest']) portal.add(id);
  await desk.sync();
  for (const id of ['both', 'torn']) await desk.change(id, { secret: `password of ${id}` });
  await desk.change('push', { name: 'Pushed', isoStorage: 'isos' });
  await desk.change('rest', { isDefault: true });
  portal.change('pull', { name: 'Pulled', port: 8007 });
  await desk.change('both', { description: 'ours' });
  portal.change('both', { priority: 7 });
  await desk.change('torn', { name: 'Ours' });
  portal.change('torn', { name: 'Theirs', arp_subnets: '192.0.2.0/24' });
  await desk.add('made-here', { isoStorage: 'isos' });
  portal.add('made-there', { description: 'new' });
  await desk.remove('gone-here');
  portal.rows.splice(
    portal.rows.findIndex(({ id }) => id === 'gone-there'),
    1,
  );
  return desk;
}

export type World = Awaited<ReturnType<typeof editedWorld>>;

/** Counts requests and writes of a world, and lets one of them go wrong. */
export function watchedFaults(
  { core, portal }: Pick<World, 'core' | 'portal'>,
  point: FaultPoint | null,
) {
  const count = { request: 0, write: 0 };
  const state = { hit: false, dead: false };
  const hits = (at: FaultPoint['at']) => {
    const isHit = point !== null && point.at === at && count[at] === point.n && !state.hit;
    count[at] += 1;
    if (!isHit) return null;
    state.hit = true;
    return point;
  };
  const { store } = core;
  const mutate: Store['mutate'] = store.mutate.bind(store);
  const killed = () => new Error('The program was killed');
  store.mutate = (work) => {
    if (state.dead) throw killed();
    const hit = hits('write');
    if (hit?.when === 'before') {
      state.dead = hit.how === 'dies';
      throw killed();
    }
    const result = mutate(work);
    if (hit === null) return result;
    state.dead = hit.how === 'dies';
    throw killed();
  };
  portal.fault = () => {
    if (state.dead) return 'drop';
    const hit = hits('request');
    if (hit === null) return null;
    state.dead = hit.how === 'dies';
    return hit.when === 'before' ? 'drop' : 'dropAfter';
  };
  return {
    count,
    state,
    end() {
      portal.fault = () => null;
      store.mutate = mutate;
    },
  };
}

/**
 * Goes on after a fault, in the same program or in a new one on the same store: what was on its way
 * is edited once more, then everything is synced.
 */
export async function resumed({ client, ports, portal, remoteUuid }: World, isDead: boolean) {
  portal.fault = () => null;
  const next: Client = isDead ? (await openCore(ports)).client : client;
  const { uuid } = await next.clusters.get({ ref: 'push' });
  await next.clusters.update({ uuid, changes: { name: 'Pushed again', defaultStorage: 'ceph' } });
  const reports: SyncReport[] = [];
  for (let round = 0; round < 4; round += 1) {
    const report = await syncWith(next, remoteUuid, WISH);
    reports.push(report);
    if (report.entries.every(({ verdict }) => verdict === 'same')) break;
  }
  return { client: next, reports };
}

/** Everything of both sides but numbers, times and uuids. */
export async function shownWorld(client: Client, portal: LabPortal) {
  const there = portal.rows.map(({ db_id, created_at: _c, updated_at: _u, ...row }) => {
    const { iso_storage, password } = portal.hidden.get(db_id) ?? {};
    return { ...row, iso_storage, password };
  });
  const here = (await client.clusters.list()).map(
    ({ uuid: _u, number: _n, remoteUuid: _r, createdAt, updatedAt, revision: _v, ...cluster }) => ({
      ...cluster,
      isStamped: createdAt > 0 && updatedAt > 0,
    }),
  );
  const byId = <Row>(rows: Row[], of: (row: Row) => string) =>
    rows.toSorted((a, b) => (of(a) < of(b) ? -1 : 1));
  return {
    there: byId(there, ({ id }) => id),
    here: byId(here, ({ clusterId }) => clusterId),
    waiting: await client.sync.outbox(),
  };
}
