import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { fingerprintOf } from '#agent/membership/challenge';
import type { MemberRecord } from '#agent/membership/records';
import { Registry } from '#agent/membership/registry';
import type { Logger } from '#agent/ports';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { State } from '#agent/state/types';
import { fail } from '#shared/contract/errors';

type Wish = Omit<MemberRecord, 'joinedAt'>;

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function wish(name: string, id = randomUUID()): Wish {
  return {
    id,
    name,
    address: '10.0.0.1',
    tailscaleIp: '',
    apiPort: 9090,
    gossipPort: 7946,
    roles: [],
    voter: true,
    capabilities: { cpu: 1, ram: '1GB', gpu: 0, arch: 'amd64' },
    fingerprint: fingerprintOf(Buffer.from(id)),
  };
}

function open() {
  const store = new SqliteStore(':memory:', systemClock);
  const states: State[] = [];
  const registries: Registry[] = [];
  onTestFinished(async () => {
    for (const registry of registries) registry.close();
    await Promise.all(states.map((state) => state.close()));
    store.close();
  });
  const view = (wrap: (state: State) => State = (state) => state) => {
    const state = createSqliteState(store, systemClock);
    states.push(state);
    const registry = new Registry({ state: wrap(state), clock: systemClock, logger: silent }, []);
    registries.push(registry);
    return { registry, state };
  };
  return { view };
}

const namesOf = (registry: Registry) =>
  [...registry.records().values()].map(({ name }) => name).toSorted();

test('however many want few names at once, each name has one node and each node one name', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a1', 'a2', 'a3'), { minLength: 1, maxLength: 8 }),
      async (wanted) => {
        const store = new SqliteStore(':memory:', systemClock);
        const views = wanted.map(() => createSqliteState(store, systemClock));
        const admissions = await Promise.all(
          wanted.map((name, n) => {
            const state = views[n];
            if (state === undefined) throw new Error('a view for each');
            const registry = new Registry({ state, clock: systemClock, logger: silent }, []);
            return registry.admit(wish(name));
          }),
        );
        const admitted = admissions.filter(({ ok }) => ok);
        expect(admitted).toHaveLength(new Set(wanted).size);
        expect(store.list('members/')).toHaveLength(new Set(wanted).size);
        await Promise.all(views.map((state) => state.close()));
        store.close();
      },
    ),
    { numRuns: 30 },
  );
});

test('what one node writes the others see, and a removed member frees its name', async () => {
  const { view } = open();
  const one = view().registry;
  const two = view().registry;
  void two.follow();
  const a1 = wish('a1');
  expect(await one.admit(a1)).toMatchObject({ ok: true });
  await vi.waitFor(() => expect(namesOf(two)).toEqual(['a1']));
  expect(await two.byFingerprint(a1.fingerprint)).toMatchObject({ id: a1.id });

  expect(await two.admit(wish('a1'))).toMatchObject({ ok: false, why: 'name-used', by: a1.id });
  await one.remove(a1.id);
  await vi.waitFor(() => expect(namesOf(two)).toEqual([]));
  expect(await two.admit(wish('a1'))).toMatchObject({ ok: true });
});

test('a node that comes back keeps its time of joining; a new name frees the old one', async () => {
  const { view } = open();
  const { registry, state } = view();
  const before = await registry.admit(wish('a1', '11111111-1111-8111-8111-111111111111'));
  const again = { ...wish('b1', '11111111-1111-8111-8111-111111111111'), address: '10.0.0.9' };
  const after = await registry.admit(again);
  if (!before.ok || !after.ok) throw new Error('both are admitted');
  expect(after.record).toEqual({ ...again, joinedAt: before.record.joinedAt });
  expect(await state.get('names/a1')).toBeNull();
  // the same once more writes nothing
  const revision = await state.revision();
  expect(await registry.admit(again)).toMatchObject({ ok: true });
  expect(await state.revision()).toBe(revision);
});

test('an id is not taken over by another certificate', async () => {
  const { view } = open();
  const { registry } = view();
  const a1 = wish('a1');
  await registry.admit(a1);
  const copied = { ...a1, name: 'a2', fingerprint: fingerprintOf(Buffer.from('other')) };
  expect(await registry.admit(copied)).toEqual({ ok: false, why: 'identity-used', by: 'a1' });
});

test('a row that cannot be read, or lies about its key, is nobody, and the others stay', async () => {
  const { view } = open();
  const { registry, state } = view();
  await registry.admit(wish('a1'));
  const liar: MemberRecord = { ...wish('a2'), joinedAt: 1 };
  await state.commit(
    [],
    [
      { key: `members/${randomUUID()}`, put: { hello: 'world' } },
      { key: `members/${randomUUID()}`, put: liar },
    ],
  );
  const reader = view().registry;
  void reader.follow();
  await vi.waitFor(() => expect(reader.isRead()).toBe(true));
  expect(namesOf(reader)).toEqual(['a1']);
  expect(await reader.byFingerprint(liar.fingerprint)).toBeNull();
});

test('a broken watch is begun anew, and nothing that happened in between is missed', async () => {
  const { view } = open();
  const writer = view().registry;
  let broken = 0;
  const breaking = (state: State): State => ({
    ...bound(state),
    async *watch(prefix, after, signal) {
      broken += 1;
      if (broken > 2) yield* state.watch(prefix, after, signal);
      else {
        await writer.admit(wish(`n${broken}`));
        throw fail('UNREACHABLE', { remedy: '' });
      }
    },
  });
  const reader = view(breaking).registry;
  void reader.follow();
  await vi.waitFor(() => expect(namesOf(reader)).toEqual(['n1', 'n2']), { timeout: 10_000 });
  await writer.admit(wish('n3'));
  await vi.waitFor(() => expect(namesOf(reader)).toEqual(['n1', 'n2', 'n3']), { timeout: 10_000 });
});

test('strangers make this node ask the shared state once a second at most', async () => {
  const { view } = open();
  let lists = 0;
  const counting = (state: State): State => ({
    ...bound(state),
    list: (prefix, options) => {
      lists += 1;
      return state.list(prefix, options);
    },
  });
  const { registry } = view(counting);
  const strangers = Array.from({ length: 20 }, () => fingerprintOf(Buffer.from(randomUUID())));
  for (const stranger of strangers) expect(await registry.byFingerprint(stranger)).toBeNull();
  expect(lists).toBeLessThanOrEqual(2);
});

/** A state's own methods as a plain object, so that a test replaces one of them. */
function bound(state: State): State {
  return {
    get: (key, options) => state.get(key, options),
    list: (prefix, options) => state.list(prefix, options),
    commit: (conditions, writes) => state.commit(conditions, writes),
    lease: (ttlMs) => state.lease(ttlMs),
    campaign: (name, value, lease, signal) => state.campaign(name, value, lease, signal),
    leader: (name, options) => state.leader(name, options),
    watch: (prefix, after, signal) => state.watch(prefix, after, signal),
    revision: () => state.revision(),
    health: () => state.health(),
    close: () => state.close(),
  };
}
