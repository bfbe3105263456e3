import type { LiveEvent } from '#shared/contract/live';
import { os } from './base';

interface LiveServices {
  live: {
    watch(signal: AbortSignal | undefined): AsyncGenerator<LiveEvent>;
    attend(subscription: string, visible: boolean): void;
  };
}

export function createLiveRouter({ live }: LiveServices) {
  return {
    watch: os.live.watch.handler(({ signal }) => live.watch(signal)),
    attention: os.live.attention.handler(({ input }) =>
      live.attend(input.subscription, input.visible),
    ),
  };
}
