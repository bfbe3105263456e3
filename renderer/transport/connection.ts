import type { ClientContext, ClientLink } from '@orpc/client';
import { type Dialer, NotConnected, type Wire, WireRefused } from './wire';

export type ConnectionStatus =
  | { phase: 'connecting' | 'connected' | 'degraded' }
  | { phase: 'reconnecting'; since: number }
  | { phase: 'error'; title: string; remedy: string };

interface ConnectionOptions {
  dialer: Dialer;
  /** a cheap call that proves the core answers */
  ping(link: ClientLink<ClientContext>, signal: AbortSignal): Promise<unknown>;
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  now?: () => number;
}

const DIAL_DEADLINE_MS = 8000;
const PING_EVERY_MS = 10_000;
const PING_DEADLINE_MS = 4000;
const RETRY_MS = [150, 300, 600, 1200, 2500, 5000];

/**
 * Keeps one connection to the core, makes a new one when it is lost, and is itself the link of the
 * one typed client, so that a client outlives its connections. A call made while there is no
 * connection fails at once with {@link NotConnected}; none is sent twice.
 */
export class Connection implements ClientLink<ClientContext> {
  readonly #dialer: Dialer;
  readonly #ping: ConnectionOptions['ping'];
  readonly #sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly #now: () => number;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  #status: ConnectionStatus = { phase: 'connecting' };
  #wire: Wire | null = null;

  constructor(options: ConnectionOptions) {
    this.#dialer = options.dialer;
    this.#ping = options.ping;
    this.#sleep = options.sleep ?? sleep;
    this.#now = options.now ?? Date.now;
  }

  readonly status = (): ConnectionStatus => this.#status;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async call(...[path, input, options]: Parameters<ClientLink<ClientContext>['call']>) {
    if (this.#wire === null) throw new NotConnected();
    return this.#wire.link.call(path, input, options);
  }

  /** Ends the connection for good. */
  stop(): void {
    this.#stop.abort(new DOMException('The page is closing.', 'AbortError'));
    this.#wire?.close();
  }

  /**
   * Connects, and connects again whenever the connection is lost, until stopped or refused.
   * @param serve runs on each new connection; its end, by whatever cause, ends the connection
   */
  async run(serve: (signal: AbortSignal) => Promise<void>): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      try {
        this.#wire = await this.#dial();
        failures = 0;
        await this.#use(this.#wire, serve);
      } catch (error) {
        if (error instanceof WireRefused) {
          this.#set({ phase: 'error', title: error.message, remedy: error.remedy });
          return;
        }
      } finally {
        this.#wire?.close();
        this.#wire = null;
      }
      if (this.#stop.signal.aborted) return;
      if (this.#status.phase !== 'reconnecting') {
        this.#set({ phase: 'reconnecting', since: this.#now() });
      }
      const pauseMs = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 0;
      failures += 1;
      await this.#sleep(pauseMs, this.#stop.signal).catch(() => undefined);
    }
  }

  #dial(): Promise<Wire> {
    return this.#dialer.dial(
      AbortSignal.any([this.#stop.signal, AbortSignal.timeout(DIAL_DEADLINE_MS)]),
    );
  }

  async #use(wire: Wire, serve: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, over.signal]);
    this.#set({ phase: 'connected' });
    try {
      await Promise.race([wire.closed, serve(signal), this.#watchHealth(wire, signal)]);
    } finally {
      over.abort(new DOMException('The connection has ended.', 'AbortError'));
    }
  }

  /** A core that is too busy to answer is told apart from one that is gone. */
  async #watchHealth(wire: Wire, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#sleep(PING_EVERY_MS, signal);
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(PING_DEADLINE_MS)]);
      const answered = await this.#ping(wire.link, deadline).then(
        () => true,
        () => false,
      );
      if (!signal.aborted) this.#set({ phase: answered ? 'connected' : 'degraded' });
    }
  }

  #set(status: ConnectionStatus) {
    if (status.phase === this.#status.phase) return;
    this.#status = status;
    for (const listener of this.#listeners) listener();
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const abort = () => {
    clearTimeout(timer);
    reject(signal.reason);
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return promise.finally(() => signal.removeEventListener('abort', abort));
}
