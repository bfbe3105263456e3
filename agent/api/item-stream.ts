import type { ServerResponse } from 'node:http';
import type { Clock, Logger } from '../ports';
import { EVENT_STREAM, HEARTBEAT_MS } from './events';

const MAX_STREAMS = 128;

/** An answer that goes on with whole items, each of which stands for itself. */
export class ItemStream {
  /** ends when it is over, or with the signal */
  readonly items: (signal: AbortSignal) => AsyncIterable<object>;
  /** asked at each heartbeat */
  readonly mayStay: () => Promise<boolean>;

  constructor(
    items: (signal: AbortSignal) => AsyncIterable<object>,
    mayStay: () => Promise<boolean>,
  ) {
    this.items = items;
    this.mayStay = mayStay;
  }
}

interface Deps {
  clock: Clock;
  logger: Logger;
}

/** Serves {@link ItemStream}s as server-sent events, to a bounded number of watchers. */
export class ItemStreams {
  readonly #deps: Deps;
  readonly #ends = new AbortController();
  #count = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= MAX_STREAMS;
  }

  /** Writes until it is over, the watcher goes or may stay no longer. A slow one gets fewer items. */
  async serve(response: ServerResponse, { items, mayStay }: ItemStream): Promise<void> {
    response.writeHead(200, EVENT_STREAM);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const until = AbortSignal.any([gone.signal, this.#ends.signal]);
    this.#count += 1;
    const beating = this.#beat(response, mayStay, until, () => gone.abort());
    try {
      response.write('retry: 3000\n\n');
      for await (const item of items(until)) {
        if (until.aborted) break;
        if (response.write(`data: ${JSON.stringify(item)}\n\n`)) continue;
        await drained(response, until);
      }
    } catch (error) {
      if (!until.aborted) this.#deps.logger.warn({ error }, 'A stream ended early');
    } finally {
      this.#count -= 1;
      gone.abort();
      await beating;
      response.end();
    }
  }

  close(): void {
    this.#ends.abort();
  }

  async #beat(
    response: ServerResponse,
    mayStay: () => Promise<boolean>,
    until: AbortSignal,
    end: () => void,
  ): Promise<void> {
    while (!until.aborted) {
      await this.#deps.clock.sleep(HEARTBEAT_MS, until).catch(() => undefined);
      if (until.aborted) return;
      if (!(await mayStay())) return end();
      response.write(': still here\n\n');
    }
  }
}

/** Resolves when what was written has left, or when it is over. */
function drained(response: ServerResponse, until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go);
      until.removeEventListener('abort', go);
      resolve();
    };
    response.once('drain', go);
    until.addEventListener('abort', go, { once: true });
    if (until.aborted) go();
  });
}
