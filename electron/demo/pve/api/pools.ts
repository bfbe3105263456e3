import { died } from '../errors';
import { isTrue, type ParamRules } from '../http/params';
import { type Call, need, type Route, Unordered } from '../http/route';
import type { Pool } from '../model/types';
import { guestRow } from './rows';

const optional = { optional: true } as const;
const MEMBERS: ParamRules = {
  comment: optional,
  vms: optional,
  storage: optional,
  delete: { type: 'boolean', optional: true },
  'allow-move': { type: 'boolean', optional: true },
};

/** Pools in the spelling of every release. */
export const poolRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/pools',
    params: { poolid: {}, comment: optional },
    permit: (call) => allocate(call, call.params.poolid ?? ''),
    handle: create,
  },
  {
    method: 'GET',
    path: '/pools/{poolid}',
    permit: need('/pool/{poolid}', 'Pool.Audit'),
    handle: (call) => detail(call, poolOf(call, call.path.poolid)),
  },
  {
    method: 'PUT',
    path: '/pools/{poolid}',
    params: MEMBERS,
    permit: (call) => allocate(call, call.path.poolid ?? ''),
    handle: (call) => update(call, poolOf(call, call.path.poolid)),
  },
  {
    method: 'DELETE',
    path: '/pools/{poolid}',
    permit: (call) => allocate(call, call.path.poolid ?? ''),
    handle: (call) => remove(call, poolOf(call, call.path.poolid)),
  },
];

/** The list as 7.x has it: no choosing of one pool. */
export const oldPoolRoutes: readonly Route[] = [{ method: 'GET', path: '/pools', handle: list }];

/** Since 8 one pool is chosen by a parameter, not by the path. */
export const newPoolRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/pools',
    params: { poolid: optional, type: { optional: true, enum: ['qemu', 'lxc', 'storage'] } },
    handle: (call) =>
      call.params.poolid === undefined
        ? list(call)
        : [detail(call, poolOf(call, call.params.poolid))],
  },
  {
    method: 'PUT',
    path: '/pools',
    params: { poolid: {}, ...MEMBERS },
    permit: (call) => allocate(call, call.params.poolid ?? ''),
    handle: (call) => update(call, poolOf(call, call.params.poolid)),
  },
  {
    method: 'DELETE',
    path: '/pools',
    params: { poolid: {} },
    permit: (call) => allocate(call, call.params.poolid ?? ''),
    handle: (call) => remove(call, poolOf(call, call.params.poolid)),
  },
];

function allocate(call: Call, pool: string): void {
  need(`/pool/${pool}`, 'Pool.Allocate')(call);
}

function list({ site, caller }: Call): Unordered {
  return new Unordered(
    [...site.cluster.pools.values()]
      .filter((pool) =>
        site.permissions.has(caller, `/pool/${pool.id}`, 'Pool.Audit', 'Pool.Allocate'),
      )
      .map(facts),
  );
}

function facts(pool: Pool): Record<string, unknown> {
  return { poolid: pool.id, ...(pool.comment === '' ? {} : { comment: pool.comment }) };
}

function poolOf({ site }: Call, id: string | undefined): Pool {
  const pool = site.cluster.pools.get(id ?? '');
  if (pool === undefined) throw died(`pool '${id}' does not exist`);
  return pool;
}

function members({ site }: Call, pool: Pool) {
  return [...site.cluster.guests.values()].filter((guest) => guest.pool === pool.id);
}

function detail(call: Call, pool: Pool): Record<string, unknown> {
  const rows = members(call, pool).map((guest) => {
    const { pool: _pool, ...row } = guestRow(call.site.cluster, guest, call.nowMs);
    return row;
  });
  return { ...facts(pool), members: rows };
}

function create({ site, params }: Call): null {
  const id = params.poolid ?? '';
  if (!site.cluster.quorate) {
    throw died("create pool failed: cfs-lock 'file-user_cfg' error: no quorum!");
  }
  if (site.cluster.pools.has(id)) throw died(`create pool failed: pool '${id}' already exists`);
  site.cluster.pools.set(id, { id, comment: params.comment ?? '' });
  site.cluster.touch();
  return null;
}

function update({ site, params }: Call, pool: Pool): null {
  if (!site.cluster.quorate) {
    throw died("update pools failed: cfs-lock 'file-user_cfg' error: no quorum!");
  }
  if (params.comment !== undefined) pool.comment = params.comment;
  for (const text of (params.vms ?? '').split(/[,;\s]+/)) {
    if (text === '') continue;
    const guest = site.cluster.guests.get(Number(text));
    if (guest === undefined) throw died(`update pools failed: VM ${text} does not exist`);
    if (isTrue(params.delete)) {
      if (guest.pool !== pool.id) {
        throw died(`update pools failed: VM ${text} is not a pool member`);
      }
      delete guest.pool;
    } else {
      if (guest.pool !== undefined && guest.pool !== pool.id && !isTrue(params['allow-move'])) {
        throw died(`update pools failed: VM ${text} is already a pool member`);
      }
      guest.pool = pool.id;
    }
  }
  site.cluster.touch();
  return null;
}

function remove(call: Call, pool: Pool): null {
  const first = members(call, pool)[0];
  if (first !== undefined) {
    throw died(`delete pool failed: pool '${pool.id}' is not empty (contains VM ${first.vmid})`);
  }
  call.site.cluster.pools.delete(pool.id);
  call.site.cluster.touch();
  return null;
}
