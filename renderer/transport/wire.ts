import type { ClientContext, ClientLink } from '@orpc/client';

/** One open connection to the core. */
export interface Wire {
  link: ClientLink<ClientContext>;
  /** settles when the connection has ended, for whatever reason */
  closed: Promise<void>;
  close(): void;
}

/** Opens connections to the core: over Electron's message port or over a WebSocket. */
export interface Dialer {
  /** @throws {@link WireRefused} where trying again is of no use, any other error where it is */
  dial(signal: AbortSignal): Promise<Wire>;
}

/** The host refuses this window; only a person can help. */
export class WireRefused extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.name = 'WireRefused';
    this.remedy = remedy;
  }
}

/** A call that could not be sent because there is no connection; nothing was changed by it. */
export class NotConnected extends Error {
  constructor() {
    super('There is no connection to Clusterdeck.');
    this.name = 'NotConnected';
  }
}
