import type { Cluster, ClusterCreateInput, Group } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import type { Client } from '#shared/contract/index';
import type { DeckCard } from './lab-options';

const COLOURS: Record<string, string> = {
  blue: '#5b7cfa',
  green: '#2fa37c',
  violet: '#9a6cf0',
  amber: '#d29422',
};
const MAX_ENDPOINTS = 16;

/**
 * Puts a lab's clusters on a deck, as a person would: through the contract, with pins and
 * passwords or tokens. Those of an earlier lab in the same folder get the new lab's doors.
 * @throws Failure INVALID_INPUT when the folder holds clusters that are not of a lab
 */
export async function seedLab(cards: readonly DeckCard[], client: Client): Promise<void> {
  const [present, groups] = await Promise.all([client.clusters.list(), client.groups.list()]);
  const foreign = present.find((cluster) => !isOfLab(cluster, cards));
  if (foreign !== undefined) {
    throw fail(
      'INVALID_INPUT',
      { remedy: 'Leave --data out, or name an empty folder.', cluster: foreign.clusterId },
      'This data folder holds clusters that are not of a demo lab.',
    );
  }
  for (const card of cards) {
    const groupUuid = await groupFor(card, groups, client);
    const fields = fieldsOf(card, groupUuid);
    const known = present.find(({ clusterId }) => clusterId === card.clusterId);
    if (known === undefined) await client.clusters.create(fields);
    else await client.clusters.update({ uuid: known.uuid, changes: doorsOf(card) });
  }
}

const isOfLab = (cluster: Cluster, cards: readonly DeckCard[]) =>
  cards.some(({ clusterId }) => clusterId === cluster.clusterId) &&
  cluster.endpoints.every(({ host }) => host === '127.0.0.1');

async function groupFor({ group }: DeckCard, groups: Group[], client: Client): Promise<string> {
  const known = groups.find(({ name }) => name === group.name);
  if (known !== undefined) return known.uuid;
  const colour = COLOURS[group.colour] ?? '#5b7cfa';
  const made = await client.groups.create({ name: group.name, colour });
  groups.push(made);
  return made.uuid;
}

const doorsOf = (card: DeckCard) => ({
  endpoints: card.endpoints
    .slice(0, MAX_ENDPOINTS)
    .map(({ host, port, fingerprint }) => ({ host, port, pin: fingerprint })),
  secret: card.kind === 'proxmox' ? card.user.password : card.secret,
});

const fieldsOf = (card: DeckCard, groupUuid: string): ClusterCreateInput => ({
  ...doorsOf(card),
  clusterId: card.clusterId,
  name: card.name,
  kind: card.kind,
  ...(card.kind === 'proxmox'
    ? { user: card.user.userid }
    : { authKind: 'token' as const, user: '' }),
  verify: 'pin',
  description: card.description,
  priority: card.priority,
  isDefault: card.isDefault,
  protected: card.protected,
  groupUuid,
});
