import { describe, expect, it } from 'vitest';
import { type ClusterOperation, placeKey } from '#shared/contract/cluster-operations';
import type { LiveEvent } from '#shared/contract/live';
import { agentWork, guestRow } from '#tests/support/rows';
import { applyEvent, createLiveStore, type LiveState } from '../../../renderer/app/live-store';
import { followLive } from '../../../renderer/app/live-subscriber';

const UUID = '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0001';
const empty = (): LiveState => createLiveStore().getState();
const noRows = { upserts: [], removed: [] };
const guests = (upserts: ReturnType<typeof guestRow>[], removed: string[] = []): LiveEvent => ({
  type: 'inventory',
  uuid: UUID,
  delta: {
    nodes: noRows,
    storages: noRows,
    members: noRows,
    jobs: noRows,
    pods: noRows,
    services: noRows,
    partitions: noRows,
    guests: { upserts, removed },
  },
});

describe('what the core pushes', () => {
  it('keeps the ids of a table as they are while only values change', () => {
    const first = applyEvent(
      empty(),
      guests([guestRow({ id: 'qemu/1' }), guestRow({ id: 'qemu/2' })]),
    );
    const second = applyEvent(first, guests([guestRow({ id: 'qemu/2', cpu: 0.9 })]));
    const [before, after] = [first, second].map((state) => state.inventory.get(UUID)?.guests);
    expect(after?.ids).toBe(before?.ids);
    expect(after?.byId.get('qemu/1')).toBe(before?.byId.get('qemu/1'));
    expect(after?.byId.get('qemu/2')?.cpu).toBe(0.9);
    expect(second.inventory.get(UUID)?.nodes).toBe(first.inventory.get(UUID)?.nodes);
  });

  it('gives new ids when a row comes or goes', () => {
    const first = applyEvent(empty(), guests([guestRow({ id: 'qemu/1' })]));
    const grown = applyEvent(first, guests([guestRow({ id: 'lxc/7' })]));
    const shrunk = applyEvent(grown, guests([], ['qemu/1']));
    expect(grown.inventory.get(UUID)?.guests.ids).toEqual(['qemu/1', 'lxc/7']);
    expect(shrunk.inventory.get(UUID)?.guests.ids).toEqual(['lxc/7']);
    expect(first.inventory.get(UUID)?.guests.ids).toEqual(['qemu/1']);
  });

  it('forgets everything of a cluster that was removed', () => {
    const first = applyEvent(empty(), guests([guestRow({ id: 'qemu/1' })]));
    const after = applyEvent(first, { type: 'clusters', upserts: [], removed: [UUID] });
    expect(after.inventory.size).toBe(0);
  });

  it('keeps the agents’ operations newest first, each once per cluster, until they are gone', () => {
    const other = '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0002';
    const told = (upserts: ClusterOperation[], removed: string[] = []): LiveEvent => ({
      type: 'clusterOperations',
      upserts,
      removed,
    });
    const old = agentWork({ uuid: UUID, createdAt: 1 });
    const young = agentWork({ uuid: other, createdAt: 2 });
    const first = applyEvent(empty(), told([old, young]));
    expect([...first.clusterOperations.values()]).toEqual([young, old]);
    const ended = { ...old, state: 'done' as const };
    const second = applyEvent(first, told([ended], [placeKey(young)]));
    expect([...second.clusterOperations.values()]).toEqual([ended]);
  });

  it('applies events that arrive together as one change', async () => {
    const store = createLiveStore();
    let changes = 0;
    store.subscribe(() => {
      changes += 1;
    });
    const frames: (() => void)[] = [];
    async function* events() {
      yield guests([guestRow({ id: 'qemu/1' })]);
      yield guests([guestRow({ id: 'qemu/2' })]);
      yield guests([guestRow({ id: 'qemu/3' })]);
    }
    const source = { watch: async () => events() };
    await followLive(source, store, new AbortController().signal, (work) => frames.push(work));
    expect(frames).toHaveLength(1);
    const beforeFrame = changes;
    frames[0]?.();
    expect(changes - beforeFrame).toBe(1);
    expect(store.getState().inventory.get(UUID)?.guests.ids).toHaveLength(3);
  });

  it('forgets the subscription when the stream ends, so that attention is reported anew', async () => {
    const store = createLiveStore();
    store.setState({ subscription: UUID });
    const source = {
      watch: async (): Promise<AsyncIterable<LiveEvent>> => {
        throw new Error('gone');
      },
    };
    const following = followLive(source, store, new AbortController().signal, (work) => work());
    await expect(following).rejects.toThrow('gone');
    expect(store.getState().subscription).toBeNull();
  });
});
