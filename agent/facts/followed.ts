import type { z } from 'zod';
import { Failure } from '#shared/contract/errors';
import type { Clock, Logger } from '../ports';
import type { State } from '../state/types';

const RETRY_MS = 2_000;

interface Deps {
  state: Pick<State, 'list' | 'watch' | 'revision'>;
  clock: Clock;
  logger: Logger;
}

/**
 * A prefix of the shared state as this node last knew it, kept in step by watching. What is gone
 * from the state is gone here; while the state does not answer, what was known stays.
 */
export class Followed<T> {
  readonly values = new Map<string, T>();
  readonly #deps: Deps;
  readonly #prefix: string;
  readonly #schema: z.ZodType<T>;
  readonly #onChange: (key: string, value: T | null, isLive: boolean) => void;

  /** @param onChange `isLive` is false for what was found and not heard of as it came */
  constructor(
    deps: Deps,
    prefix: string,
    schema: z.ZodType<T>,
    onChange: (key: string, value: T | null, isLive: boolean) => void,
  ) {
    this.#deps = deps;
    this.#prefix = prefix;
    this.#schema = schema;
    this.#onChange = onChange;
  }

  /** Runs until aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    const { state, clock, logger } = this.#deps;
    let isTold = false;
    while (!signal.aborted) {
      try {
        const revision = await this.#readAll(signal);
        isTold = false;
        for await (const changes of state.watch(this.#prefix, revision, signal)) {
          for (const { key, entry } of changes) this.#take(key, entry?.value ?? null, true);
        }
      } catch (error) {
        if (signal.aborted) return;
        // told once: without quorum it fails every two seconds
        const isExpected = error instanceof Failure;
        if (!isTold || !isExpected) {
          logger[isExpected ? 'info' : 'error']({ error, prefix: this.#prefix }, 'A watch ended');
        }
        isTold = true;
      }
      await clock.sleep(RETRY_MS, signal).catch(() => undefined);
    }
  }

  /** @returns the revision after which to watch */
  async #readAll(signal: AbortSignal): Promise<number> {
    const { state } = this.#deps;
    // asked first: what changes in between is then heard of twice instead of never
    const revision = await state.revision().catch((error: unknown) => {
      if (error instanceof Failure) return error;
      throw error;
    });
    const entries = await state.list(this.#prefix, { stale: true, signal });
    const found = new Set(entries.map(({ key }) => this.#name(key)));
    for (const name of this.values.keys()) {
      if (!found.has(name)) this.#take(this.#prefix + name, null, false);
    }
    for (const { key, value } of entries) this.#take(key, value, false);
    // the old copy is better than nothing, and nothing to watch from
    if (revision instanceof Failure) throw revision;
    return revision;
  }

  #take(key: string, value: unknown, isLive: boolean): void {
    const name = this.#name(key);
    if (value === null) {
      if (this.values.delete(name)) this.#onChange(name, null, isLive);
      return;
    }
    const parsed = this.#schema.safeParse(value);
    // another version of the agent wrote it: what is not understood is not shown
    if (!parsed.success) return;
    this.values.set(name, parsed.data);
    this.#onChange(name, parsed.data, isLive);
  }

  #name(key: string): string {
    return key.startsWith(this.#prefix) ? key.slice(this.#prefix.length) : key;
  }
}
