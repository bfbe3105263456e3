import type { ServerResponse } from 'node:http';
import type { AgentEvent } from '#shared/contract/agent/dashboard';
import { changesBetween, type Told } from '../facts/changes';
import type { Facts } from '../facts/types';
import type { Clock } from '../ports';

/** Head of an answer that goes on; no proxy may hold it back. */
export const EVENT_STREAM = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-accel-buffering': 'no',
} as const;

export const HEARTBEAT_MS = 15_000;
const KEPT = 500;
const MAX_STREAMS = 128;
/** Of one kind at once; more are told as one without a subject. */
const MAX_SUBJECTS = 20;
/** A watcher that does not read is let go of. */
const MAX_UNREAD_BYTES = 1024 * 1024;
const KINDS: AgentEvent['kind'][] = [
  'members',
  'leaders',
  'roles',
  'jobs',
  'nodes',
  'problems',
  'operation',
  'config',
];

/** An answer that goes on: events as they come, until the asker goes or may listen no more. */
export class EventStream {
  readonly lastId: number | null;
  /** asked at each heartbeat */
  readonly mayStay: () => Promise<boolean>;

  constructor(lastId: number | null, mayStay: () => Promise<boolean>) {
    this.lastId = lastId;
    this.mayStay = mayStay;
  }
}

interface Deps {
  facts: Pick<Facts, 'onChange'>;
  clock: Clock;
}

/** Tells watchers what changed, so that they ask at once. */
export class Events {
  readonly #clock: Clock;
  readonly #unsubscribe: () => void;
  readonly #ends = new AbortController();
  readonly #streams = new Set<(text: string) => void>();
  #kept: AgentEvent[] = [];
  /** grows over restarts too, so that a watcher's last id is never one to come */
  #next: number;

  constructor({ facts, clock }: Deps) {
    this.#clock = clock;
    this.#next = clock.now();
    this.#unsubscribe = facts.onChange((now, before) => this.tell(changesBetween(before, now)));
  }

  get isFull(): boolean {
    return this.#streams.size >= MAX_STREAMS;
  }

  get count(): number {
    return this.#streams.size;
  }

  tell(changes: readonly Told[]): void {
    const at = Math.floor(this.#clock.now() / 1000);
    const told = bounded(changes).map((change) => ({ id: this.#next++, at, ...change }));
    if (told.length === 0) return;
    this.#kept = [...this.#kept, ...told].slice(-KEPT);
    const text = told.map(framed).join('');
    for (const send of this.#streams) send(text);
  }

  /** Writes to the response until it closes; resolves then. */
  async serve(response: ServerResponse, { lastId, mayStay }: EventStream): Promise<void> {
    response.writeHead(200, EVENT_STREAM);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const until = AbortSignal.any([gone.signal, this.#ends.signal]);
    const send = (text: string) => {
      response.write(text);
      if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
    };
    send(`retry: 3000\n\n${this.#missed(lastId).map(framed).join('')}`);
    this.#streams.add(send);
    try {
      while (!until.aborted) {
        await this.#clock.sleep(HEARTBEAT_MS, until).catch(() => undefined);
        if (until.aborted || !(await mayStay())) break;
        send(': still here\n\n');
      }
    } finally {
      this.#streams.delete(send);
      response.end();
    }
  }

  close(): void {
    this.#unsubscribe();
    this.#ends.abort();
  }

  /** What came after the id; where that is not known any more, one of each kind. */
  #missed(lastId: number | null): AgentEvent[] {
    if (lastId === null || lastId >= this.#next - 1) return [];
    const [oldest] = this.#kept;
    if (oldest !== undefined && lastId >= oldest.id - 1) {
      return this.#kept.filter(({ id }) => id > lastId);
    }
    const at = Math.floor(this.#clock.now() / 1000);
    return KINDS.map((kind) => ({ id: this.#next - 1, at, kind }));
  }
}

const framed = (event: AgentEvent) => `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;

function bounded(changes: readonly Told[]): Told[] {
  return [...Map.groupBy(changes, ({ kind }) => kind)].flatMap(([kind, alike]) =>
    alike.length > MAX_SUBJECTS ? [{ kind }] : alike,
  );
}
