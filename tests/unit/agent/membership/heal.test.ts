import { expect, test } from 'vitest';
import { type HostAndPort, resolved, splitHostPort } from '#agent/membership/addresses';
import { heal } from '#agent/membership/heal';
import { StillClock } from '#tests/support/still-clock';

interface World {
  missing: (HostAndPort & { unseenMs: number })[];
  alone: boolean;
  ready: boolean;
}

/** Runs the healer for a while and counts whom it tried to join. */
async function during(ms: number, world: World) {
  const clock = new StillClock();
  const stop = new AbortController();
  const tried = new Map<string, number>();
  const running = heal(
    {
      isReady: () => world.ready,
      isAlone: () => world.alone,
      missing: () => world.missing,
      seeds: async () => [{ host: 'seed', port: 7946 }],
      join: async (host) => {
        tried.set(host, (tried.get(host) ?? 0) + 1);
        if (host === 'broken') throw new Error('no serf');
        return false;
      },
      clock,
    },
    stop.signal,
  );
  await clock.advance(ms);
  stop.abort(new Error('done'));
  await running;
  return tried;
}

const away = (host: string, unseenMs = 5_000) => ({ host, port: 7946, unseenMs });
const HALF_A_MINUTE = 30_000;

test('who is missing is tried every two seconds, who is away for long now and then', async () => {
  const missing = [away('10.0.0.2'), away('10.0.0.3', 3_600_000), away('broken')];
  const tried = await during(HALF_A_MINUTE - 1_000, { missing, alone: false, ready: true });
  expect(tried.get('10.0.0.2')).toBe(15);
  expect(tried.get('10.0.0.3')).toBe(1);
  // one that fails takes nobody else's turn
  expect(tried.get('broken')).toBe(15);
  expect(tried.has('seed')).toBe(false);
});

test('however many are dead, each gets its turn', async () => {
  const missing = Array.from({ length: 40 }, (_, n) => away(`10.0.1.${n}`));
  const tried = await during(HALF_A_MINUTE, { missing, alone: false, ready: true });
  expect(tried.size).toBe(40);
  expect(Math.min(...tried.values())).toBeGreaterThanOrEqual(2);
});

test('a node that hears nobody asks the seeds too, since all addresses may have changed', async () => {
  const tried = await during(3_000, { missing: [], alone: true, ready: true });
  expect(tried.get('seed')).toBe(1);
});

test('nobody is tried before gossip answers', async () => {
  const tried = await during(10_000, { missing: [away('10.0.0.2')], alone: true, ready: false });
  expect(tried.size).toBe(0);
});

test('seeds are read with names and both kinds of addresses', async () => {
  expect(splitHostPort('10.0.0.1:7946')).toEqual({ host: '10.0.0.1', port: 7946 });
  expect(splitHostPort('[fd00::1]:7000')).toEqual({ host: 'fd00::1', port: 7000 });
  expect(await resolved({ host: 'localhost', port: 1 })).toMatchObject({
    host: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
  });
  const unknown = { host: 'no-such-host.invalid', port: 1 };
  expect(await resolved(unknown)).toEqual(unknown);
});
