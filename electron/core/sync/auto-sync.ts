import { Failure } from '#shared/contract/errors';
import type { OutboxEntry } from '#shared/contract/sync';
import type { Clock, Logger, Power } from '../ports';
import type { Outbox } from './outbox';
import type { RemoteService } from './remotes';
import type { SyncService } from './service';

export interface AutoSyncDeps {
  remotes: Pick<RemoteService, 'list' | 'events'>;
  outbox: Pick<Outbox, 'list' | 'events'>;
  sync: Pick<SyncService, 'run'>;
  clock: Clock;
  logger: Logger;
  power: Power;
  /** whether this desk may be changed now */
  mayChange(): boolean;
}

/** Changes come in a row: the last one of them is waited for. */
const SETTLE_MS = 2_000;
const RETRY_MS = { first: 15_000, longest: 600_000 };

/** Syncs remotes that want it by themselves, as soon as something waits and the remote answers. */
export class AutoSync {
  readonly #deps: AutoSyncDeps;
  readonly #end = new AbortController();
  readonly #waiters = new Map<string, Waiter>();
  readonly #stops: (() => void)[] = [];
  #waiting: readonly OutboxEntry[] = [];

  constructor(deps: AutoSyncDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { remotes, outbox, power } = this.#deps;
    this.#waiting = outbox.list();
    this.#stops.push(
      remotes.events.subscribe(() => this.#look()),
      outbox.events.subscribe((waiting) => {
        this.#waiting = waiting;
        this.#look();
      }),
      power.onChange((asleep) => {
        if (!asleep) this.#look(true);
      }),
    );
    this.#look();
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    this.#end.abort();
    await Promise.all([...this.#waiters.values()].map(({ done }) => done));
  }

  /** @param now ends a back-off, as when the machine woke up in another network */
  #look(now = false): void {
    if (this.#end.signal.aborted) return;
    for (const { uuid, syncWhenOnline } of this.#deps.remotes.list()) {
      const print = printOf(this.#waiting, uuid);
      const waiter = this.#waiters.get(uuid);
      if (!syncWhenOnline || print === '') {
        waiter?.stop();
        this.#waiters.delete(uuid);
      } else if (waiter === undefined || waiter.print !== print || now) {
        waiter?.stop();
        this.#waiters.set(uuid, this.#wait(uuid, print));
      }
    }
  }

  /** Tries until what waits is through, or until only people can go on. */
  #wait(uuid: string, print: string): Waiter {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#end.signal]);
    const done = this.#tries(uuid, signal).catch((error: unknown) => {
      if (!signal.aborted) this.#deps.logger.error({ error }, 'Syncing by itself ended');
    });
    return { print, stop: () => stop.abort(), done };
  }

  async #tries(uuid: string, signal: AbortSignal): Promise<void> {
    const { clock, power, mayChange } = this.#deps;
    await clock.sleep(SETTLE_MS, signal);
    for (let pause = RETRY_MS.first; ; pause = Math.min(pause * 2, RETRY_MS.longest)) {
      if (!power.asleep && mayChange() && (await this.#try(uuid, signal))) return;
      await clock.sleep(pause, signal);
    }
  }

  /** @returns false where trying again later may help */
  async #try(uuid: string, signal: AbortSignal): Promise<boolean> {
    const input = { remoteUuid: uuid, dryRun: false, resolutions: [], sendSecrets: [] };
    try {
      for await (const event of this.#deps.sync.run(input, signal, true)) {
        if (event.type !== 'done') continue;
        return event.report.entries.every(
          ({ failure }) => failure === null || !isPassing(failure.code),
        );
      }
      return true;
    } catch (error) {
      if (error instanceof Failure) return !isPassing(error.code);
      throw error;
    }
  }
}

interface Waiter {
  /** what waits, as it was when this one began */
  print: string;
  stop(): void;
  done: Promise<void>;
}

/** Without the attempts: a try that changed nothing is no new reason to try. */
function printOf(waiting: readonly OutboxEntry[], remoteUuid: string): string {
  return waiting
    .filter((entry) => entry.remoteUuid === remoteUuid)
    .map(({ id, fields, summary }) => JSON.stringify([id, summary, fields]))
    .join('\n');
}

const PASSING = [
  'NAME_NOT_RESOLVED',
  'CONNECTION_REFUSED',
  'UNREACHABLE',
  'TIMEOUT',
  'TLS_FAILED',
  'SERVER_ERROR',
  'BAD_RESPONSE',
  'VAULT_LOCKED',
];

/** Trouble that ends by itself; everything else waits for a person. */
const isPassing = (code: string): boolean => PASSING.includes(code);
