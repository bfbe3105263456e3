import { expect, onTestFinished, test, vi } from 'vitest';
import { startDemoLab } from '#electron/demo/lab';
import { withDeck } from '#tests/support/deck';
import { OperationAgents } from '#tests/support/operation-agents';
import { agentNode } from '#tests/support/overview';

// what is waited for may take its time on a loaded machine
vi.setConfig({ testTimeout: 60_000 });

async function proxmox() {
  const lab = await startDemoLab({ clusters: 2, ambient: false });
  onTestFinished(() => lab.close());
  const deck = await withDeck(lab);
  const [first, second] = await deck.client.clusters.list();
  if (first === undefined || second === undefined) throw new Error('The lab has no two.');
  return { ...deck, first, second };
}

test('two clusters are no duplicates, and nothing makes one card of them', async () => {
  const { client, first, second } = await proxmox();
  await client.inventory.poll({});
  expect(await client.merge.duplicates({ uuid: first.uuid })).toEqual([]);
  const forced = client.merge.consolidate({
    keep: first.uuid,
    drop: second.uuid,
    confirm: second.clusterId,
  });
  await expect(forced).rejects.toMatchObject({ code: 'INVALID_INPUT', data: { field: 'drop' } });
  expect(await client.clusters.list()).toHaveLength(2);
});

test('a card whose endpoints differ is known by its guests, and its endpoints are taken over once', async () => {
  const { client, first } = await proxmox();
  const [kept, ...others] = first.endpoints;
  if (kept === undefined || others.length === 0) throw new Error('It has one endpoint only.');
  const { uuid } = await client.clusters.duplicate({
    uuid: first.uuid,
    clusterId: 'copy',
    name: 'Copy',
  });
  await client.clusters.update({ uuid: first.uuid, changes: { endpoints: [kept] } });
  await client.clusters.update({ uuid, changes: { endpoints: others } });
  await client.inventory.poll({});
  const [found] = await client.merge.duplicates({ uuid: first.uuid });
  expect(found).toMatchObject({ uuid, evidence: [expect.stringContaining('guests')] });
  expect(found?.endpoints).toHaveLength(others.length);

  await client.clusters.update({ uuid, changes: { protected: true } });
  const bare = client.merge.consolidate({ keep: first.uuid, drop: uuid });
  await expect(bare).rejects.toMatchObject({ code: 'CONFIRMATION_REQUIRED' });
  await client.merge.consolidate({ keep: first.uuid, drop: uuid, confirm: 'copy' });
  const { endpoints } = await client.clusters.get({ ref: first.uuid });
  expect(endpoints).toEqual(first.endpoints);
  await expect(client.clusters.get({ ref: 'copy' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a read-only card is neither kept nor dropped', async () => {
  const { client, first } = await proxmox();
  const { uuid } = await client.clusters.duplicate({
    uuid: first.uuid,
    clusterId: 'copy',
    name: 'Copy',
  });
  await client.clusters.update({ uuid, changes: { readOnly: true } });
  const order = { keep: first.uuid, drop: uuid, confirm: 'copy' };
  await expect(client.merge.consolidate(order)).rejects.toMatchObject({ code: 'READ_ONLY' });
  expect(await client.clusters.list()).toHaveLength(3);
});

test('of ClusterOS one id is not enough: a parted cluster has it on both sides', async () => {
  const { client } = await withDeck();
  const [left, right] = [await OperationAgents.start(1), await OperationAgents.start(1)];
  left.overview = { nodes: [agentNode('a1'), agentNode('a2')] };
  right.overview = { nodes: [agentNode('a3'), agentNode('a4')] };
  const uuid = await left.join(client, { clusterId: 'left', name: 'Left' });
  const other = await right.join(client, { clusterId: 'right', name: 'Right' });
  await client.inventory.poll({});
  expect(await client.merge.duplicates({ uuid })).toEqual([]);
  right.overview = { nodes: [agentNode('a2'), agentNode('a3')] };
  await client.connection.refresh({ uuid: other });
  expect(await client.merge.duplicates({ uuid })).toMatchObject([
    { uuid: other, evidence: ['Both show the same cluster, with 1 of its nodes on both cards.'] },
  ]);
});
