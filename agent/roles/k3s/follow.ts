import { z } from 'zod';
import { Failure, fail } from '#shared/contract/errors';
import type { Clock, Logger } from '../../ports';
import type { KubeClient } from './client';

const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000] as const;
const PAGE = 500;
const LIST_MS = 10_000;
/** more are counted and not kept */
const MAX_KEPT = 10_000;
/** The server ends each watch after that, so that one which died in silence is missed soon. */
const WATCH_S = 25;
const IDLE_MS = 30_000;

const named = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().default('') }),
});
const listAnswer = z.object({
  metadata: z.object({
    resourceVersion: z.string(),
    continue: z.string().default(''),
  }),
  items: z.array(z.unknown()),
});
const watchLine = z.object({ type: z.string(), object: z.unknown() });
const versioned = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
const errorStatus = z.object({ code: z.number() });

interface FollowOptions<T> {
  client: KubeClient;
  clock: Clock;
  logger: Logger;
  /** as `/api/v1/pods` */
  path: string;
  /** throws for what is none */
  read: (object: unknown) => T;
  onChange: () => void;
}

/**
 * One kind of object, listed and then watched as Kubernetes asks of its clients: after a broken watch
 * it goes on from the last version, after 410 it lists anew
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).
 */
export class FollowedObjects<T> {
  readonly #options: FollowOptions<T>;
  readonly #objects = new Map<string, T>();
  #count = 0;
  /** what was last heard of; null: list anew */
  #version: string | null = null;
  #asOf: number | null = null;
  #trouble: Failure | null = null;

  constructor(options: FollowOptions<T>) {
    this.#options = options;
  }

  values(): T[] {
    return [...this.#objects.values()];
  }

  /** of all, also those that were not kept */
  get count(): number {
    return Math.max(this.#count, this.#objects.size);
  }

  /** ms since 1970 at which this was last known to be true */
  get asOf(): number | null {
    return this.#asOf;
  }

  get trouble(): Failure | null {
    return this.#trouble;
  }

  /** Runs until aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock, onChange } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (this.#version === null) await this.#list(signal);
        await this.#watch(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        const failure = this.#judged(error);
        const isExpired = failure.code === 'REVISION_CHANGED';
        if (isExpired || failure.code === 'BAD_RESPONSE') this.#version = null;
        failures += 1;
        // the usual end of an old version: no trouble, and no reason to wait
        if (isExpired && failures === 1) continue;
        this.#trouble = failure;
        onChange();
        const pause = RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] ?? 0;
        await clock.sleep(pause, signal).catch(() => undefined);
      }
    }
  }

  /** The API server was just seen to answer: what the standing watch told is true now. */
  touch(): void {
    if (this.#trouble === null && this.#asOf !== null) this.#asOf = this.#options.clock.now();
  }

  #judged(error: unknown): Failure {
    if (error instanceof Failure) return error;
    const { logger, path } = this.#options;
    logger.warn({ error, path }, 'A watch of Kubernetes told something that is no object');
    return fail('BAD_RESPONSE', {
      remedy: 'Check that the versions of k3s and of this agent fit.',
    });
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, path } = this.#options;
    const found = new Map<string, T>();
    let count = 0;
    let next = '';
    let version = '';
    do {
      const query = `limit=${PAGE}${next && `&continue=${encodeURIComponent(next)}`}`;
      const request = { path: `${path}?${query}`, deadlineMs: LIST_MS, signal };
      const page = listAnswer.parse(await client.json(request));
      for (const item of page.items) {
        count += 1;
        if (found.size < MAX_KEPT) this.#keep(found, item);
      }
      version = page.metadata.resourceVersion;
      next = page.metadata.continue;
    } while (next !== '');
    this.#objects.clear();
    for (const [key, value] of found) this.#objects.set(key, value);
    this.#count = count;
    this.#heard(version);
  }

  /** Ends when the server ends it in order. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { client, path } = this.#options;
    const query = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(WATCH_S),
      resourceVersion: this.#version ?? '',
    });
    const request = {
      path: `${path}?${query.toString()}`,
      deadlineMs: IDLE_MS,
      idleMs: IDLE_MS,
      signal,
    };
    for await (const line of client.lines(request)) {
      const { type, object } = watchLine.parse(line);
      if (type === 'ERROR') throw watchError(object, path);
      if (type !== 'BOOKMARK') this.#apply(type, object);
      this.#heard(versioned.parse(object).metadata.resourceVersion);
    }
  }

  #heard(version: string): void {
    this.#version = version;
    this.#asOf = this.#options.clock.now();
    this.#trouble = null;
    this.#options.onChange();
  }

  #apply(type: string, object: unknown): void {
    const key = keyOf(object);
    if (type === 'DELETED') {
      this.#count -= 1;
      this.#objects.delete(key);
      return;
    }
    if (type === 'ADDED' && !this.#objects.has(key)) this.#count += 1;
    if (this.#objects.has(key) || this.#objects.size < MAX_KEPT) this.#keep(this.#objects, object);
  }

  /** One object that lies is left out; the others are shown. */
  #keep(into: Map<string, T>, object: unknown): void {
    try {
      into.set(keyOf(object), this.#options.read(object));
    } catch {
      this.#options.logger.warn({ path: this.#options.path }, 'An object could not be read');
    }
  }
}

function keyOf(object: unknown): string {
  const { metadata } = named.parse(object);
  return `${metadata.namespace}/${metadata.name}`;
}

function watchError(object: unknown, path: string): Failure {
  const code = errorStatus.safeParse(object).data?.code;
  const remedy = 'Nothing to do: the list is read anew.';
  return code === 410
    ? fail('REVISION_CHANGED', { remedy, path, status: 410 })
    : fail('SERVER_ERROR', { remedy, path, ...(code !== undefined && { status: code }) });
}
