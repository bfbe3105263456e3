import type { Client } from '#shared/contract/index';
import { snakeCase } from '../cluster-json';
import { table } from '../output';
import type { CommandContext, ExitCode } from './context';

type Inventory = Awaited<ReturnType<Client['inventory']['query']>>;

/** What is known of the clusters' nodes, guests and storages; asked for where nothing is known yet. */
export async function showInventory(
  options: { cluster?: string; query?: string },
  { withSession, out, io }: CommandContext,
): Promise<ExitCode> {
  const { cluster, query = '' } = options;
  const which = cluster === undefined ? {} : { cluster };
  const { signal } = io;
  const found = await withSession(async ({ client, visits }) => {
    const known = await client.inventory.query({ ...which, query }, { signal });
    // a running host watches; without one, what is stored may be of yesterday
    const unknown = known.filter(({ asOf }) => !visits || asOf === null);
    if (unknown.length === 0) return known;
    await Promise.all(
      unknown.map(({ uuid }) => client.inventory.poll({ cluster: uuid }, { signal })),
    );
    return client.inventory.query({ ...which, query }, { signal });
  });
  for (const { clusterId, live } of found) {
    if (live.failure === null) continue;
    out.note(`${clusterId}: ${live.failure.message} ${live.failure.data.remedy}`);
  }
  out.result(found.map(inventoryJson), () => inventoryTables(found));
  return 0;
}

function inventoryJson({
  clusterId,
  asOf,
  live,
  nodes,
  guests,
  storages,
  uuid,
}: Inventory[number]) {
  const { spark: _spark, uuid: _uuid, asOf: _asOf, ...state } = live;
  return snakeCase({ clusterId, uuid, asOf, live: state, nodes, guests, storages });
}

function inventoryTables(found: Inventory): string {
  const clusters = table(
    ['CLUSTER', 'STATE', 'VERSION', 'NODES', 'GUESTS', 'AS OF'],
    found.map(({ clusterId, live, asOf }) => [
      clusterId,
      live.stale ? `${live.state}, stale` : live.state,
      live.version,
      live.totals === null ? null : nodesText(live.totals.nodes),
      live.totals === null ? null : guestsText(live.totals.guests),
      asOf === null ? 'never' : new Date(asOf).toISOString(),
    ]),
  );
  const guests = found.flatMap(({ clusterId, guests: rows }) =>
    rows.map((guest) => [
      clusterId,
      guest.id,
      guest.name,
      guest.node,
      guest.status,
      percent(guest.cpu),
      gibibytes(guest.mem),
      gibibytes(guest.maxMem),
      guest.tags.join(','),
    ]),
  );
  const head = ['CLUSTER', 'GUEST', 'NAME', 'NODE', 'STATUS', 'CPU %', 'MEM GiB', 'OF GiB', 'TAGS'];
  return guests.length === 0 ? clusters : `${clusters}\n\n${table(head, guests)}`;
}

const nodesText = ({
  online,
  offline,
  unknown,
}: {
  online: number;
  offline: number;
  unknown: number;
}) => `${online} of ${online + offline + unknown} online`;
const guestsText = (guests: { running: number; stopped: number; other: number; unknown: number }) =>
  `${guests.running} of ${guests.running + guests.stopped + guests.other + guests.unknown} running`;
const percent = (fraction: number | null) =>
  fraction === null ? null : (fraction * 100).toFixed(1);
const gibibytes = (bytes: number | null) =>
  bytes === null ? null : (bytes / 1024 ** 3).toFixed(1);
