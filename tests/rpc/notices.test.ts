import { expect, test } from 'vitest';
import { withDeck } from '#tests/support/deck';
import { testPorts } from '#tests/support/ports';
import { withLab } from '#tests/support/pve';

/** A deck with one cluster whose certificate is not the pinned one, and the notices it gave. */
async function deckWithStranger() {
  const lab = await withLab();
  const told: { title: string; clusterUuid?: string }[] = [];
  const notifier = { notify: (note: (typeof told)[number]) => void told.push(note) };
  const { client, uuid } = await withDeck(lab, testPorts({ notifier }));
  const { endpoints } = await client.clusters.get({ ref: 'student-lab' });
  const pin = Array(32).fill('AB').join(':');
  const changed = endpoints.map((endpoint) => ({ ...endpoint, pin }));
  const student = await uuid('student-lab');
  await client.clusters.update({ uuid: student, changes: { endpoints: changed } });
  return { client, told, student };
}

test('the host hears once of a cluster whose certificate changed, and of none that is well', async () => {
  const { client, told, student } = await deckWithStranger();
  for (let n = 0; n < 3; n += 1) await client.inventory.poll({});
  await expect.poll(() => told.length, { timeout: 10_000 }).toBe(1);
  await client.inventory.poll({});
  expect(told).toEqual([
    {
      title: 'Student lab: its certificate is not the trusted one',
      body: expect.stringContaining('fingerprints'),
      clusterUuid: student,
    },
  ]);
}, 30_000);
