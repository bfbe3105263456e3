import { expect, test } from 'vitest';
import { withDeck } from '#tests/support/deck';
import { withLab } from '#tests/support/pve';

test('three clusters of different releases are polled and told with rows, totals and version', async () => {
  const lab = await withLab();
  const { client } = await withDeck(lab);
  const lives = await client.inventory.poll({});
  expect(lives.map((live) => [live.state, live.version])).toEqual([
    ['active', '9.2.11'],
    ['active', expect.stringMatching(/^8\.4/)],
    ['active', expect.stringMatching(/^7\.4/)],
  ]);
  const [main] = await client.inventory.query({ cluster: 'prod-main' });
  expect(main?.nodes).toHaveLength(3);
  expect(main?.guests).toHaveLength(60);
  expect(main?.live.quorate).toBe(true);
  expect(main?.live.totals?.nodes).toEqual({ online: 3, offline: 0, unknown: 0 });
});
