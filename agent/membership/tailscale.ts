import { isIP } from 'node:net';
import { z } from 'zod';
import { Failure } from '#shared/contract/errors';
import type { Clock, Commands, Logger } from '../ports';

export interface TailscaleView {
  enabled: boolean;
  connected: boolean;
  /** this node's address in the tailnet; '' where it has none */
  ip: string;
  /** addresses of the peers that are online */
  peers: readonly string[];
  /** why it is not connected, in a sentence; '' where it is */
  message: string;
}

/** tailscale as this node sees it. */
export interface Tailscale {
  /** the last look; never waits */
  view(): TailscaleView;
  onChange(listener: () => void): () => void;
  /** Looks now. */
  look(): Promise<TailscaleView>;
  /**
   * Waits until this node has an address in the tailnet, looking every second.
   * @param onWaiting told each sentence once
   * @returns null where it has none after `waitMs`
   */
  waitForAddress(
    waitMs: number,
    onWaiting: (message: string) => void,
    signal: AbortSignal,
  ): Promise<string | null>;
  close(): void;
}

const LOOK_MS = 15_000;
const DEADLINE_MS = 5_000;
const WAIT_STEP_MS = 1_000;

// `tailscale status --json`: https://pkg.go.dev/tailscale.com/ipn/ipnstate#Status
const addresses = z
  .array(z.string())
  .nullish()
  .transform((list) => (list ?? []).filter((text) => isIP(text) !== 0));
const statusAnswer = z.object({
  BackendState: z.string(),
  TailscaleIPs: addresses,
  Peer: z
    .record(z.string(), z.object({ TailscaleIPs: addresses, Online: z.boolean().nullish() }))
    .nullish(),
});

const OFF: TailscaleView = { enabled: false, connected: false, ip: '', peers: [], message: '' };

/** @param enabled where it is not, nothing is ever run */
export function createTailscale(
  enabled: boolean,
  ports: { commands: Commands; clock: Clock; logger: Logger },
): Tailscale {
  return new TailscaleStatus(enabled, ports);
}

class TailscaleStatus implements Tailscale {
  readonly #ports: { commands: Commands; clock: Clock; logger: Logger };
  readonly #listeners = new Set<() => void>();
  readonly #closed = new AbortController();
  #view: TailscaleView;

  constructor(enabled: boolean, ports: { commands: Commands; clock: Clock; logger: Logger }) {
    this.#ports = ports;
    this.#view = enabled ? { ...OFF, enabled, message: 'It was not asked yet.' } : OFF;
    if (enabled) void this.#follow();
  }

  view(): TailscaleView {
    return this.#view;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async look(): Promise<TailscaleView> {
    if (!this.#view.enabled) return this.#view;
    const next = await this.#ask();
    const isChanged = JSON.stringify(next) !== JSON.stringify(this.#view);
    this.#view = next;
    if (isChanged) for (const listener of this.#listeners) listener();
    return next;
  }

  async waitForAddress(
    waitMs: number,
    onWaiting: (message: string) => void,
    signal: AbortSignal,
  ): Promise<string | null> {
    const { clock } = this.#ports;
    const until = clock.monotonic() + waitMs;
    let said = '';
    for (;;) {
      const view = await this.look();
      if (!view.enabled) return null;
      if (view.connected) return view.ip;
      if (view.message !== said) onWaiting(view.message);
      said = view.message;
      if (clock.monotonic() >= until) return null;
      await clock.sleep(WAIT_STEP_MS, signal);
    }
  }

  close(): void {
    this.#closed.abort();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      await this.#ports.clock.sleep(LOOK_MS, signal).catch(() => undefined);
      if (!signal.aborted) await this.look();
    }
  }

  async #ask(): Promise<TailscaleView> {
    const off = (message: string): TailscaleView => ({ ...OFF, enabled: true, message });
    try {
      const run = await this.#ports.commands.run(['tailscale', 'status', '--json'], {
        deadlineMs: DEADLINE_MS,
      });
      const parsed = statusAnswer.safeParse(jsonOf(run.stdout));
      if (!parsed.success) return off('tailscale said nothing that can be understood.');
      const { BackendState, TailscaleIPs, Peer } = parsed.data;
      // gossip is bound to one address; the tailnet's IPv4 one is always there
      const ip = preferred(TailscaleIPs);
      if (BackendState !== 'Running' || ip === '') return off(sentenceFor(BackendState));
      const online = Object.values(Peer ?? {}).filter((peer) => peer.Online === true);
      const peers = online.map((peer) => preferred(peer.TailscaleIPs)).filter((one) => one !== '');
      return { enabled: true, connected: true, ip, peers: peers.toSorted(), message: '' };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return off(
        error.code === 'NOT_FOUND'
          ? 'tailscale is enabled and not installed.'
          : 'tailscale did not answer in time.',
      );
    }
  }
}

const preferred = (list: readonly string[]): string =>
  list.find((text) => isIP(text) === 4) ?? list[0] ?? '';

function sentenceFor(state: string): string {
  if (state === 'NeedsLogin' || state === 'NeedsMachineAuth') {
    return 'This machine is not let into the tailnet yet: run tailscale up.';
  }
  if (state === 'Stopped') return 'tailscale is switched off: run tailscale up.';
  if (state === 'Running') return 'tailscale runs and has no address yet.';
  return 'tailscale is starting.';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
