import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  editedWorld,
  type FaultPoint,
  resumed,
  shownWorld,
  WISH,
  watchedFaults,
} from './faulty-world';

/** Once with no fault: what it comes to, and every moment of it at which one may strike. */
async function rehearsed() {
  const world = await editedWorld();
  const faults = watchedFaults(world, null);
  const report = await world.sync(WISH);
  faults.end();
  expect(report).toMatchObject({ ok: true });
  const { client } = await resumed(world, false);
  const kinds = (['before', 'after'] as const).flatMap((when) =>
    (['fails', 'dies'] as const).map((how) => ({ when, how })),
  );
  const points = (['request', 'write'] as const).flatMap((at) =>
    Array.from({ length: faults.count[at] }, (_, n) => n).flatMap((n) =>
      kinds.map((kind): FaultPoint => ({ at, n, ...kind })),
    ),
  );
  return { points, expected: await shownWorld(client, world.portal) };
}

test('the sync that faults are put into does all there is to do', async () => {
  const { points, expected } = await rehearsed();
  expect(expected.waiting).toEqual([]);
  expect(expected.there.map(({ id }) => id)).toEqual(
    expected.here.map(({ clusterId }) => clusterId),
  );
  expect(expected.there).toContainEqual(
    expect.objectContaining({
      id: 'made-here',
      password: 'password of made-here',
      iso_storage: 'isos',
    }),
  );
  expect(points.length).toBeGreaterThan(60);
});

test('a fault at every request and every write: resumed, nothing is lost and nothing is twice', async () => {
  const { points, expected } = await rehearsed();
  for (const point of points) {
    const world = await editedWorld();
    const faults = watchedFaults(world, point);
    await world.sync(WISH).catch(() => undefined);
    expect({ point, hit: faults.state.hit }).toEqual({ point, hit: true });
    if (!faults.state.dead) faults.end();
    const { client, reports } = await resumed(world, faults.state.dead);
    const failed = reports.flatMap(({ entries }) =>
      entries.filter(({ failure }) => failure !== null),
    );
    const seen = await shownWorld(client, world.portal);
    const rest = reports.at(-1)?.entries.filter(({ verdict }) => verdict !== 'same');
    faults.end();
    expect({ point, seen, failed, rest }).toEqual({ point, seen: expected, failed: [], rest: [] });
    const made = world.portal.calls.filter(({ method }) => method === 'POST');
    const logins = made.filter(({ path }) => path === '/login');
    // asked for again only where the first request never arrived
    const tries = made.length - logins.length;
    expect({ point, tries }).toEqual({ point, tries: point.when === 'before' ? tries : 1 });
    await world.close();
  }
}, 300_000);

test('several faults in a row come to the same', async () => {
  const { expected } = await rehearsed();
  const fault = fc.record({
    at: fc.constantFrom('request' as const, 'write' as const),
    n: fc.nat(8),
    when: fc.constantFrom('before' as const, 'after' as const),
    how: fc.constantFrom('fails' as const, 'dies' as const),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fault, { minLength: 2, maxLength: 4 }), async (list) => {
      const world = await editedWorld();
      let current = world;
      for (const point of list) {
        const faults = watchedFaults(current, point);
        await current.sync(WISH).catch(() => undefined);
        if (faults.state.dead) current = { ...current, ...(await reopened(current)) };
        else faults.end();
      }
      const { client, reports } = await resumed(current, false);
      expect(reports.at(-1)?.ok).toBe(true);
      expect(await shownWorld(client, world.portal)).toEqual(expected);
    }),
    { numRuns: 8 },
  );
}, 300_000);

async function reopened({ ports, remoteUuid }: Awaited<ReturnType<typeof editedWorld>>) {
  const { openCore } = await import('#tests/support/core');
  const { syncWith } = await import('#tests/support/sync-desk');
  const opened = await openCore(ports);
  const sync = (wish?: Parameters<typeof syncWith>[2]) => syncWith(opened.client, remoteUuid, wish);
  return { ...opened, sync };
}
