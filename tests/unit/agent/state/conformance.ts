import { describe, expect, test } from 'vitest';
import type { Change, Condition, State, Write } from '#agent/state/types';
import { eventually } from '#tests/support/etcd';

/** What every adapter of the shared state has to do, on states that share one store. */
export function conformance(store: string, open: () => State): void {
  const put = (key: string, value: unknown): Write => ({ key, put: value });
  const never = new AbortController().signal;

  describe(`the state in ${store}`, () => {
    test('keeps JSON of every kind under paths, and lists by key', async () => {
      const state = open();
      const values = { a: 1, b: null, c: 'ü €', d: [true, { x: 0.5 }], e: '' };
      for (const [key, value] of Object.entries(values))
        await state.commit([], [put(`k/${key}`, value)]);
      await state.commit([], [put('l', 'outside')]);
      const entries = await state.list('k/');
      expect(Object.fromEntries(entries.map((entry) => [entry.key, entry.value]))).toEqual({
        'k/a': 1,
        'k/b': null,
        'k/c': 'ü €',
        'k/d': [true, { x: 0.5 }],
        'k/e': '',
      });
      expect(entries.map((entry) => entry.key)).toEqual(['k/a', 'k/b', 'k/c', 'k/d', 'k/e']);
      expect(await state.get('k/none')).toBeNull();
      expect((await state.list('')).length).toBeGreaterThan(5);
    });

    test('counts revisions and keeps the one at which a key was made', async () => {
      const state = open();
      const first = await state.commit([], [put('r', 1)]);
      const second = await state.commit([], [put('r', 2)]);
      expect(second).toBeGreaterThan(first ?? 0);
      expect(await state.get('r')).toEqual({
        key: 'r',
        value: 2,
        createRevision: first,
        modRevision: second,
        lease: null,
      });
      expect(await state.revision()).toBe(second);
      const gone = await state.commit([], [{ key: 'r', delete: true }]);
      const again = await state.commit([], [put('r', 3)]);
      expect(gone).toBeGreaterThan(second ?? 0);
      expect((await state.get('r'))?.createRevision).toBe(again);
    });

    test('commits all or nothing, by condition', async () => {
      const state = open();
      const made = await state.commit([{ key: 'c', is: 'absent' }], [put('c', 1), put('c2', 1)]);
      expect(made).not.toBeNull();
      expect(await state.commit([{ key: 'c', is: 'absent' }], [put('c2', 2)])).toBeNull();
      expect((await state.get('c2'))?.value).toBe(1);
      const entry = await state.get('c');
      const same: Condition = {
        key: 'c',
        is: 'unchangedSince',
        modRevision: entry?.modRevision ?? 0,
      };
      const born: Condition = {
        key: 'c',
        is: 'createdAt',
        createRevision: entry?.createRevision ?? 0,
      };
      expect(await state.commit([same, born], [put('c', 2)])).not.toBeNull();
      expect(await state.commit([same], [put('c', 3)])).toBeNull();
      expect(await state.commit([born], [put('c', 4)])).not.toBeNull();
      expect(await state.commit([], [{ prefix: 'c', delete: true }])).not.toBeNull();
      expect(await state.list('c')).toEqual([]);
      const nothing = await state.revision();
      expect(await state.commit([], [{ key: 'c', delete: true }])).toBe(nothing);
    });

    test('lets exactly one of many writers win', async () => {
      const states = [open(), open(), open()];
      const tries = states.flatMap((state, n) =>
        [1, 2, 3].map(async (m) => ({
          who: `${n}.${m}`,
          won: await state.commit([{ key: 'race', is: 'absent' }], [put('race', `${n}.${m}`)]),
        })),
      );
      const winners = (await Promise.all(tries)).filter(({ won }) => won !== null);
      expect(winners).toHaveLength(1);
      expect((await open().get('race'))?.value).toBe(winners[0]?.who);
    });

    test('refuses what could mean two things, what is too much and what JSON cannot say', async () => {
      const state = open();
      const refused: Write[][] = [
        [put('d', 1), put('d', 2)],
        [put('d/1', 1), { prefix: 'd/', delete: true }],
        Array.from({ length: 129 }, (_, n) => put(`d/${n}`, n)),
        [put('d', 'x'.repeat(1024 * 1024))],
        [put('d', undefined)],
      ];
      for (const writes of refused) {
        await expect(state.commit([], writes)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      }
      expect(await state.list('d')).toEqual([]);
    });

    test('takes as much as it says', async () => {
      const state = open();
      const many = Array.from({ length: 128 }, (_, n) => put(`m/${n}`, 'x'.repeat(8_000)));
      await state.commit([], many);
      expect(await state.list('m/')).toHaveLength(128);
    });

    test('tells a watcher everything after a revision, in order, and ends quietly', async () => {
      const [writer, watcher] = [open(), open()];
      const start = (await writer.commit([], [put('w/old', 0)])) ?? 0;
      await writer.commit([], [put('w/a', 1), put('other', 1)]);
      const stop = new AbortController();
      const seen: Change[] = [];
      const watching = (async () => {
        for await (const changes of watcher.watch('w/', start, stop.signal)) seen.push(...changes);
      })();
      await eventually(() => seen.length === 1, 'what was there already');
      await writer.commit([], [put('w/a', 2)]);
      await writer.commit([], [{ prefix: 'w/', delete: true }]);
      await eventually(() => seen.length === 4, 'both changes');
      stop.abort();
      await watching;
      expect(seen.map(({ key, entry }) => [key, entry?.value ?? null])).toEqual([
        ['w/a', 1],
        ['w/a', 2],
        ['w/a', null],
        ['w/old', null],
      ]);
      const revisions = seen.map(({ revision }) => revision);
      expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
      expect(seen[0]?.entry?.modRevision).toBe(seen[0]?.revision);
    });

    test('keeps a lease alive for longer than its time, and drops its keys on release', async () => {
      const [state, other] = [open(), open()];
      const lease = await state.lease(2_000);
      await state.commit([], [{ key: 'l/1', put: 1, lease: lease.id }]);
      expect((await other.get('l/1'))?.lease).toBe(lease.id);
      const end = performance.now() + 3_500;
      await eventually(async () => performance.now() > end, 'time passes');
      expect(lease.lost.aborted).toBe(false);
      expect((await other.get('l/1'))?.value).toBe(1);
      await lease.release();
      expect(lease.lost.aborted).toBe(true);
      expect(await other.get('l/1')).toBeNull();
      await expect(
        state.commit([], [{ key: 'l/2', put: 1, lease: lease.id }]),
      ).rejects.toMatchObject({ code: 'ABORTED' });
    });

    test('drops what stood under the lease of an agent that died', async () => {
      const [dying, other] = [open(), open()];
      const lease = await dying.lease(2_000);
      await dying.commit([], [{ key: 'dead', put: 1, lease: lease.id }]);
      await dying.close();
      expect(lease.lost.aborted).toBe(true);
      expect((await other.get('dead'))?.value).toBe(1);
      await eventually(async () => (await other.get('dead')) === null, 'the key goes');
    });

    test('elects one at a time, with an epoch that only grows', async () => {
      const [one, two] = [open(), open()];
      const [leaseOne, leaseTwo] = [await one.lease(5_000), await two.lease(5_000)];
      expect(await one.leader('e')).toBeNull();
      const first = await one.campaign('e', 'one', leaseOne, never);
      let isWon = false;
      const second = two.campaign('e', 'two', leaseTwo, never).then((won) => {
        isWon = true;
        return won;
      });
      await eventually(async () => (await two.list('elections/e/')).length === 2, 'both stand');
      expect(isWon).toBe(false);
      expect(await two.leader('e')).toEqual({ value: 'one', epoch: first.epoch });
      await first.proclaim({ one: 'again' });
      expect(await two.leader('e')).toEqual({ value: { one: 'again' }, epoch: first.epoch });
      await first.resign();
      expect(first.lost.aborted).toBe(true);
      const next = await second;
      expect(next.epoch).toBeGreaterThan(first.epoch);
      expect(await one.leader('e')).toEqual({ value: 'two', epoch: next.epoch });
      await expect(first.proclaim('late')).rejects.toMatchObject({ code: 'ABORTED' });
      await leaseOne.release();
      await leaseTwo.release();
      expect(next.lost.aborted).toBe(true);
      expect(await one.leader('e')).toBeNull();
    });

    test('passes the lead on when the leader dies', async () => {
      const [dying, heir] = [open(), open()];
      const first = await dying.campaign('f', 1, await dying.lease(2_000), never);
      const lease = await heir.lease(5_000);
      const next = heir.campaign('f', 2, lease, never);
      await eventually(async () => (await heir.list('elections/f/')).length === 2, 'both stand');
      await dying.close();
      expect((await next).epoch).toBeGreaterThan(first.epoch);
      expect(first.lost.aborted).toBe(true);
      await lease.release();
    });

    test('withdraws who gives up waiting', async () => {
      const [one, two] = [open(), open()];
      const lease = await one.lease(5_000);
      const first = await one.campaign('g', 1, lease, never);
      const stop = new AbortController();
      const waiting = two.campaign('g', 2, await two.lease(5_000), stop.signal);
      await eventually(async () => (await one.list('elections/g/')).length === 2, 'both stand');
      stop.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
      expect(await one.list('elections/g/')).toHaveLength(1);
      expect((await one.leader('g'))?.epoch).toBe(first.epoch);
      await lease.release();
    });

    test('ends a leadership whose key was taken away', async () => {
      const [one, other] = [open(), open()];
      const lease = await one.lease(5_000);
      const led = await one.campaign('h', 1, lease, never);
      await other.commit([], [{ prefix: 'elections/h/', delete: true }]);
      await eventually(() => led.lost.aborted, 'it knows');
      expect(lease.lost.aborted).toBe(false);
      await lease.release();
    });

    test('says that it is well, and answers nothing after it was closed', async () => {
      const state = open();
      expect(await state.health()).toBe('ok');
      await state.close();
      await expect(state.get('x')).rejects.toMatchObject({ code: 'ABORTED' });
      expect(await state.health()).toBe('unreachable');
    });
  });
}
