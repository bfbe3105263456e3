import { connect } from 'node:net';
import type { Clock, Logger, Supervisor } from '../../ports';
import type { Gossip, GossipMember } from '../gossip';
import { runSerf, type SerfSettings } from './daemon';
import { SerfRpc, type SerfTarget } from './rpc';

export interface SerfPorts {
  clock: Clock;
  logger: Logger;
  supervisor: Supervisor;
}

/** Events may be lost with a connection; this often the whole list is asked for. */
const LOOK_MS = 5_000;
/** Answers older than that say nothing about now. */
const STALE_MS = 12_000;
const RETRY_MS = { first: 100, most: 3_000 };
const KNOCK_MS = 1_000;
const JOIN_MS = 12_000;

/** Gossip by a serf of this node: one connection that listens, and one per join, which may take long. */
export class SerfGossip implements Gossip {
  readonly #settings: SerfSettings;
  readonly #ports: SerfPorts;
  readonly #listeners = new Set<(answered: boolean) => void>();
  readonly #closed = new AbortController();
  #target: SerfTarget | null = null;
  #link: SerfRpc | null = null;
  #members: readonly GossipMember[] = [];
  #answeredAt: number | null = null;
  #tags: Record<string, string> = {};

  constructor(settings: SerfSettings, ports: SerfPorts) {
    this.#settings = settings;
    this.#ports = ports;
  }

  async start(tags: Record<string, string>): Promise<void> {
    this.#tags = tags;
    this.#target = await runSerf(this.#settings, tags, this.#ports.supervisor);
    void this.#listen(this.#target);
  }

  isRunning(): boolean {
    return this.#answeredAt !== null && this.#ports.clock.monotonic() - this.#answeredAt < STALE_MS;
  }

  members(): readonly GossipMember[] {
    return this.#members;
  }

  onLook(listener: (answered: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async join(address: string, port: number): Promise<boolean> {
    const target = this.#target;
    // serf would wait 10 s for a dead address
    if (target === null || !(await answers(address, port))) return false;
    const rpc = await SerfRpc.open(target);
    try {
      const where = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
      const joined = await rpc.join([where], JOIN_MS);
      if (joined > 0) await this.#look();
      return joined > 0;
    } finally {
      rpc.close();
    }
  }

  async setTags(tags: Record<string, string>): Promise<void> {
    this.#tags = tags;
    await this.#link?.setTags(tags);
  }

  async drop(gossipName: string): Promise<void> {
    await this.#link?.forceLeave(gossipName);
  }

  async leave(): Promise<void> {
    this.close();
    await this.#ports.supervisor.stop(this.#settings.daemon);
  }

  close(): void {
    this.#closed.abort();
    this.#link?.close();
  }

  async #listen(target: SerfTarget): Promise<void> {
    const { clock, logger } = this.#ports;
    const { signal } = this.#closed;
    let pause = RETRY_MS.first;
    while (!signal.aborted) {
      try {
        let changed = Promise.withResolvers<void>();
        const link = await SerfRpc.open(target, () => changed.resolve());
        this.#link = link;
        if (signal.aborted) link.close();
        const ended = link.ended.then(() => 'ended' as const);
        await link.follow();
        await link.setTags(this.#tags);
        for (let next: unknown = null; next !== 'ended' && !signal.aborted; ) {
          changed = Promise.withResolvers<void>();
          await this.#look();
          pause = RETRY_MS.first;
          next = await Promise.race([changed.promise, ended, clock.sleep(LOOK_MS, signal)]);
        }
      } catch (error) {
        if (!signal.aborted) logger.debug({ err: error }, 'serf does not answer; asking again');
      }
      this.#link?.close();
      this.#link = null;
      this.#tell(false);
      await clock.sleep(pause, signal).catch(() => undefined);
      pause = Math.min(pause * 2, RETRY_MS.most);
    }
  }

  #tell(answered: boolean): void {
    for (const listener of this.#listeners) listener(answered);
  }

  async #look(): Promise<void> {
    const link = this.#link;
    if (link === null) return;
    this.#members = await link.members();
    this.#answeredAt = this.#ports.clock.monotonic();
    this.#tell(true);
  }
}

/** Whether anything listens there, within a second. */
async function answers(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, timeout: KNOCK_MS });
  socket.once('connect', () => resolve(true));
  socket.once('timeout', () => resolve(false));
  socket.once('error', () => resolve(false));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}
