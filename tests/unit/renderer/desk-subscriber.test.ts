import { ORPCError } from '@orpc/client';
import { describe, expect, it } from 'vitest';
import type { AccessStatus } from '#shared/contract/access';
import type { LiveEvent } from '#shared/contract/live';
import { type DeskSource, followDesk } from '../../../renderer/app/desk-subscriber';
import { createLiveStore } from '../../../renderer/app/live-store';

const status = (locked: boolean): AccessStatus => ({
  viewer: false,
  locked,
  hasLock: true,
  idleMinutes: 0,
});

/** A stream that a test feeds; it ends with its signal. */
function feed<Item>() {
  const waiting: Item[] = [];
  let wake: () => void = () => undefined;
  let broken: Error | null = null;
  return {
    push(item: Item) {
      waiting.push(item);
      wake();
    },
    fail(error: Error) {
      broken = error;
      wake();
    },
    async *read(signal: AbortSignal): AsyncGenerator<Item> {
      signal.addEventListener('abort', () => wake());
      for (;;) {
        const item = waiting.shift();
        if (item !== undefined) yield item;
        else if (signal.aborted) return;
        else if (broken !== null) {
          const error = broken;
          broken = null;
          throw error;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
}

function desk() {
  const store = createLiveStore();
  const access = feed<AccessStatus>();
  const live = feed<LiveEvent>();
  let watched = 0;
  const source: DeskSource = {
    access: { watch: async (_input, { signal }) => access.read(signal) },
    live: {
      watch: async (_input, { signal }) => {
        watched += 1;
        return live.read(signal);
      },
    },
  };
  const end = new AbortController();
  const frames: (() => void)[] = [];
  const following = followDesk(source, store, end.signal, (work) => frames.push(work));
  const draw = () => {
    for (const work of frames.splice(0)) work();
  };
  return { store, access, live, end, following, frames, draw, watched: () => watched };
}

const groups: LiveEvent = {
  type: 'groups',
  groups: [
    { uuid: '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0001', name: 'Exam', colour: '#000000', position: 0 },
  ],
};

describe('the desk behind its lock', () => {
  it('is asked for only while it may be seen, and forgotten with the lock', async () => {
    const { store, access, live, draw, frames, watched, end, following } = desk();
    access.push(status(true));
    await expect.poll(() => store.getState().access?.locked).toBe(true);
    expect(watched()).toBe(0);
    access.push(status(false));
    live.push(groups);
    await expect.poll(() => frames.length).toBe(1);
    draw();
    expect(store.getState().groups).toHaveLength(1);

    live.push(groups);
    await expect.poll(() => frames.length).toBe(1);
    access.push(status(true));
    await expect.poll(() => store.getState().access?.locked).toBe(true);
    // what waited for its frame does not come back either
    draw();
    expect(store.getState()).toMatchObject({ groups: [], ready: false });

    access.push(status(false));
    await expect.poll(watched).toBe(2);
    end.abort();
    await following;
  });

  it('goes on when the lock ends the stream before it is told of', async () => {
    const { store, access, live, watched, end, following } = desk();
    access.push(status(false));
    await expect.poll(watched).toBe(1);
    live.fail(new ORPCError('APP_LOCKED', { defined: true, data: { remedy: 'Unlock it.' } }));
    access.push(status(true));
    await expect.poll(() => store.getState().access?.locked).toBe(true);
    access.push(status(false));
    await expect.poll(watched).toBe(2);
    end.abort();
    await following;
  });

  it('ends with any other failure, so that the connection is made anew', async () => {
    const { access, live, watched, following } = desk();
    access.push(status(false));
    await expect.poll(watched).toBe(1);
    live.fail(new Error('gone'));
    await expect(following).rejects.toThrow('gone');
  });
});
