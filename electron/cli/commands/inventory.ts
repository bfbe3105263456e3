import type { Client } from '#shared/contract/index';
import { snakeCase } from '../cluster-json';
import type { CliIo } from '../io';
import { type Output, table } from '../output';
import type { Session } from '../session';
import type { CommandContext, ExitCode } from './context';

export type Inventory = Awaited<ReturnType<Client['inventory']['query']>>;

/** What is known of the clusters' nodes, guests and storages; asked for where nothing is known yet. */
export async function showInventory(
  options: { cluster?: string; query?: string },
  { withSession, out, io }: CommandContext,
): Promise<ExitCode> {
  const found = await withSession((session) => askInventory(options, session, io));
  tellSilent(found, out);
  out.result(found.map(inventoryJson), () => inventoryTables(found));
  return 0;
}

/** What is known; a cluster of which nothing is known yet is asked first. */
export async function askInventory(
  { cluster, query = '' }: { cluster?: string; query?: string },
  { client, visits }: Session,
  { signal }: Pick<CliIo, 'signal'>,
): Promise<Inventory> {
  const which = cluster === undefined ? {} : { cluster };
  const known = await client.inventory.query({ ...which, query }, { signal });
  // a running host watches; without one, what is stored may be of yesterday
  const unknown = known.filter(({ asOf }) => !visits || asOf === null);
  if (unknown.length === 0) return known;
  await Promise.all(
    unknown.map(({ uuid }) => client.inventory.poll({ cluster: uuid }, { signal })),
  );
  return client.inventory.query({ ...which, query }, { signal });
}

/** Names the clusters that do not answer, and what helps. */
export function tellSilent(found: Inventory, out: Output): void {
  for (const { clusterId, live } of found) {
    if (live.failure === null) continue;
    out.note(`${clusterId}: ${live.failure.message} ${live.failure.data.remedy}`);
  }
}

function inventoryJson({
  clusterId,
  asOf,
  live,
  uuid,
  nodes,
  guests,
  storages,
  ...ofClusteros
}: Inventory[number]) {
  const { spark: _spark, uuid: _uuid, asOf: _asOf, clusteros, ...state } = live;
  const common = { clusterId, uuid, asOf, live: state, nodes, guests, storages };
  if (clusteros === null) return snakeCase(common);
  return snakeCase({ ...common, live: { ...state, clusteros }, ...ofClusteros });
}

function inventoryTables(found: Inventory): string {
  const clusters = table(
    ['CLUSTER', 'STATE', 'VERSION', 'NODES', 'GUESTS', 'JOBS', 'AS OF'],
    found.map(({ clusterId, live, asOf }) => [
      clusterId,
      live.stale ? `${live.state}, stale` : live.state,
      live.version,
      live.totals === null ? null : nodesText(live.totals.nodes),
      live.totals === null || live.clusteros !== null ? null : guestsText(live.totals.guests),
      live.clusteros === null ? null : jobsText(live.clusteros.jobs),
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
const jobsText = ({ running, waiting }: { running: number; waiting: number }) =>
  `${running} running, ${waiting} waiting`;
const percent = (fraction: number | null) =>
  fraction === null ? null : (fraction * 100).toFixed(1);
const gibibytes = (bytes: number | null) =>
  bytes === null ? null : (bytes / 1024 ** 3).toFixed(1);
