import { expect, test } from 'vitest';
import { Publisher } from '#agent/facts/publisher';
import { KeptLog } from '#tests/support/agent';
import { StillClock } from '#tests/support/still-clock';
import { nodeFactsOf } from './snapshots';

test('a node tells since when it tells of itself, which begins anew with a lost lease', async () => {
  const clock = new StillClock();
  const told: unknown[] = [];
  let lost = new AbortController();
  const publisher = new Publisher({
    clock,
    logger: new KeptLog(),
    nodeId: 'id-a1',
    state: {
      lease: async () => ({ id: 'x', lost: lost.signal, release: async () => undefined }),
      commit: async (_conditions, writes) => {
        for (const write of writes) if ('put' in write) told.push(write.put);
        return 1;
      },
    },
  });
  expect(publisher.since).toBe(0);
  const begun = clock.now();
  await publisher.publish(nodeFactsOf('a1', { since: 0 }), null);
  await clock.advance(60_000);
  await publisher.publish(nodeFactsOf('a1', { since: begun }), null);
  expect(told).toMatchObject([{ since: begun }, { since: begun }]);
  lost.abort();
  expect(publisher.since).toBe(0);
  lost = new AbortController();
  const again = clock.now();
  await publisher.publish(nodeFactsOf('a1', { since: 0 }), null);
  expect(told.at(-1)).toMatchObject({ since: again });
});
