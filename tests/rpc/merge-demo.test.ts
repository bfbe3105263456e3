import { expect, test } from 'vitest';
import { withDeck } from '#tests/support/deck';
import { withLab } from '#tests/support/pve';

const ENDS = { timeout: 90_000, interval: 500 };

test('the demo rehearses a whole merge from the desk: one cluster, both cards lead to it', async () => {
  const lab = await withLab({ clusters: 0, clusteros: 2 });
  const { client, uuid: uuidOf } = await withDeck(lab);
  const [forge, bench] = [await uuidOf('forge'), await uuidOf('bench')];
  await client.inventory.poll({});
  const look = await client.merge.look({ clusters: [bench, forge] });
  expect(look).toMatchObject({ gaining: forge, same: null });
  const losing = look.decision?.losing.uuid ?? '';
  await client.merge.permit({ clusters: [bench, forge] });
  const plan = await client.clusterOperations.plan({
    uuid: forge,
    kind: 'merge',
    params: { losing },
  });
  expect(plan.checks.filter(({ state }) => state === 'failed')).toEqual([]);
  const { confirm, hash: planHash } = plan;
  const { id } = await client.merge.start({ gaining: forge, losing: bench, planHash, confirm });

  const state = async () => {
    for (const cluster of lab.clusteros) {
      for (const name of ['bench-1', 'bench-2']) cluster.finishJobs(name);
    }
    const { text } = await client.clusterOperations.report({
      uuid: forge,
      id,
      format: 'markdown',
    });
    return text;
  };
  await expect.poll(state, ENDS).toContain('| Result | done |');
  await client.inventory.poll({});
  for (const cluster of ['forge', 'bench']) {
    const [known] = await client.inventory.query({ cluster });
    expect(known?.live.clusterName).toBe('forge');
    expect(known?.nodes.map(({ node }) => node)).toEqual(
      expect.arrayContaining(['forge-1', 'bench-1', 'bench-2']),
    );
  }
}, 150_000);
