import type { Timeframe } from '../dress';
import { died, parameterError } from '../errors';
import type { ParamRules } from '../http/params';
import { type Call, need, type Route } from '../http/route';
import type { GuestKind } from '../model/types';
import { type Consolidation, guestSampler, nodeSampler, rrdRows, storageSampler } from '../rrd';

const TIMEFRAMES = ['hour', 'day', 'week', 'month', 'year', 'decade'] as const;
const PARAMS: ParamRules = { timeframe: {}, cf: { optional: true, enum: ['AVERAGE', 'MAX'] } };

/** Recorded numbers of nodes, guests and storages. */
export const rrdRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/rrddata',
    params: PARAMS,
    // Every member keeps everybody's tables, so nobody is asked.
    local: true,
    permit: need('/nodes/{node}', 'Sys.Audit'),
    handle: ofNode,
  },
  guestRoute('qemu'),
  guestRoute('lxc'),
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/rrddata',
    params: PARAMS,
    local: true,
    permit: need('/storage/{storage}', 'Datastore.Audit', 'Datastore.AllocateSpace'),
    handle: (call) => {
      const node = call.site.cluster.node(call.path.node ?? '');
      const storage = call.site.cluster.storage(call.path.storage ?? '');
      return rows(call, storageSampler(node, storage));
    },
  },
];

function guestRoute(kind: GuestKind): Route {
  return {
    method: 'GET',
    path: `/nodes/{node}/${kind}/{vmid}/rrddata`,
    params: PARAMS,
    local: true,
    permit: need('/vms/{vmid}', 'VM.Audit'),
    handle: (call) => {
      const { cluster } = call.site;
      const node = cluster.node(call.path.node ?? '');
      const guest = cluster.guestOn(node.name, kind, Number(call.path.vmid));
      return rows(call, guestSampler(cluster.dress, node, guest));
    },
  };
}

function ofNode(call: Call): unknown {
  const { cluster } = call.site;
  const node = cluster.node(call.path.node ?? '');
  const timeframe = timeframeOf(call);
  if (!node.seen) {
    const folder = cluster.dress.major >= 9 ? 'pve-node-9.0' : 'pve2-node';
    throw died(
      `RRD error: opening '/var/lib/rrdcached/db/${folder}/${node.name}': No such file or directory`,
    );
  }
  return rrdRows(
    cluster.dress,
    timeframe,
    cfOf(call),
    call.nowMs,
    nodeSampler(cluster.dress, node, cluster.guestsOn(node.name)),
    cluster.upgradedMs,
  );
}

function rows(call: Call, sampler: Parameters<typeof rrdRows>[4]): unknown {
  const { dress, upgradedMs } = call.site.cluster;
  return rrdRows(dress, timeframeOf(call), cfOf(call), call.nowMs, sampler, upgradedMs);
}

function cfOf({ params }: Call): Consolidation {
  return params.cf === 'MAX' ? 'MAX' : 'AVERAGE';
}

function timeframeOf({ site, params }: Call): Timeframe {
  // Which frames there are depends on the release.
  const known = TIMEFRAMES.filter((name) => site.cluster.dress.rrd[name] !== undefined);
  const found = known.find((name) => name === params.timeframe);
  if (found !== undefined) return found;
  throw parameterError({
    timeframe: `value '${params.timeframe}' does not have a value in the enumeration '${known.join(', ')}'`,
  });
}
