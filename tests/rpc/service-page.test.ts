import { expect, test } from 'vitest';
import { withDeck } from '#tests/support/deck';
import { testPorts } from '#tests/support/ports';
import { withLab } from '#tests/support/pve';

test('the page of a service opens, and only one that an agent told', async () => {
  const opened: string[] = [];
  const ports = testPorts();
  const host = { ...ports.host, openExternal: async (url: string) => void opened.push(url) };
  const lab = await withLab({ clusters: 0, clusteros: 1 });
  const deck = await withDeck(lab, { ...ports, host });
  await deck.client.inventory.poll({ cluster: 'forge' });
  const [known] = await deck.client.inventory.query({ cluster: 'forge' });
  const uuid = await deck.uuid('forge');
  const running = known?.services.find(({ url }) => url !== null);
  await deck.client.app.openService({ uuid, id: running?.id ?? '' });
  expect(opened).toEqual([running?.url]);
  expect(opened[0]).toMatch(/^https?:\/\//);
  const failed = known?.services.find(({ url }) => url === null);
  for (const id of [failed?.id ?? '', 'https://elsewhere.example/', 'service/none']) {
    await expect(deck.client.app.openService({ uuid, id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  }
  expect(opened).toHaveLength(1);
});
