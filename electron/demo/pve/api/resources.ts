import { rotated } from '../http/answer';
import { type Call, ReadyBody, type Route } from '../http/route';
import { mix } from '../random';
import type { PveSite } from '../site';
import { guestRow, nodeRow, poolRow, type Row, statsMoment, storageRow, zoneRow } from './rows';

const TYPES = ['vm', 'storage', 'node', 'sdn'] as const;
type ResourceType = (typeof TYPES)[number];

interface Kept {
  stamp: string;
  bodies: Map<string, Buffer>;
}

/**
 * `/cluster/resources`: the one answer everybody polls. Its numbers move with
 * the status cycle only, so the finished bytes are kept until then.
 */
export class ResourceList {
  readonly #kept = new WeakMap<PveSite, Kept>();

  readonly route: Route = {
    method: 'GET',
    path: '/cluster/resources',
    params: { type: { optional: true, enum: TYPES } },
    handle: (call) => this.#answer(call),
  };

  #answer(call: Call): ReadyBody {
    const { site, caller, nowMs } = call;
    const stamp = `${statsMoment(nowMs)}/${site.cluster.revision}/${site.directory.revision}`;
    let kept = this.#kept.get(site);
    if (kept?.stamp !== stamp) {
      kept = { stamp, bodies: new Map() };
      this.#kept.set(site, kept);
    }
    const key = `${caller.userid}!${caller.tokenid ?? ''}?${call.params.type ?? ''}`;
    let body = kept.bodies.get(key);
    if (body === undefined) {
      body = Buffer.from(`{"data":[${mingled(resourceRows(call), nowMs).join()}]}`);
      kept.bodies.set(key, body);
    }
    return new ReadyBody(body);
  }
}

/** All rows the caller may see, of one type or of all. */
function resourceRows({ site, caller, params, nowMs }: Call): Row[] {
  const { cluster, permissions } = site;
  const wants = (type: ResourceType) => params.type === undefined || params.type === type;
  const nodes = [...cluster.nodes.values()];
  const rows: Row[] = [];
  const guests = [...cluster.guests.values()]
    .filter((guest) => permissions.has(caller, `/vms/${guest.vmid}`, 'VM.Audit'))
    .map((guest) => guestRow(cluster, guest, nowMs));
  if (params.type === undefined) {
    for (const pool of cluster.pools.keys()) {
      if (!permissions.has(caller, `/pool/${pool}`, 'Pool.Audit')) continue;
      rows.push(
        poolRow(
          cluster,
          pool,
          guests.filter((row) => row.pool === pool),
        ),
      );
    }
  }
  if (wants('vm')) rows.push(...guests);
  if (wants('node')) {
    for (const node of nodes) {
      const row = nodeRow(site, node, nowMs, caller);
      rows.push(node.online ? { ...row, 'cgroup-mode': 2 } : row);
    }
  }
  if (wants('storage')) {
    for (const storage of cluster.storages.values()) {
      if (
        !permissions.has(
          caller,
          `/storage/${storage.id}`,
          'Datastore.Audit',
          'Datastore.AllocateSpace',
        )
      )
        continue;
      for (const node of nodes) {
        if (storage.nodes?.includes(node.name) === false) continue;
        rows.push(storageRow(storage, node, nowMs));
      }
    }
  }
  if (
    wants('sdn') &&
    cluster.dress.zoneRow !== 'none' &&
    permissions.has(caller, '/sdn', 'SDN.Audit')
  ) {
    rows.push(...nodes.map((node) => zoneRow(cluster, node)));
  }
  return rows;
}

/** Rows as JSON, they and their keys in an order nobody should rely on. */
function mingled(rows: Row[], nowMs: number): string[] {
  const salt = mix(Math.floor(nowMs / 1000), 5);
  return rotated(rows, salt).map((row, index) => {
    const keys = Object.keys(row);
    const cut = (salt + index) % keys.length;
    let text = '';
    for (let i = 0; i < keys.length; i += 1) {
      const key = keys[(i + cut) % keys.length] ?? '';
      const value = row[key];
      text += `${i === 0 ? '' : ','}"${key}":${typeof value === 'number' ? value : JSON.stringify(value)}`;
    }
    return `{${text}}`;
  });
}
