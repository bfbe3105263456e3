/** How often one endpoint was asked. */
export interface RequestCount {
  method: string;
  /** The endpoint's template, e.g. `/nodes/{node}/status`. */
  route: string;
  count: number;
}

/** What a server has seen of its clients since it was last reset. */
export interface TrafficCount {
  /** TCP connections accepted. */
  connections: number;
  /** TLS handshakes finished. */
  handshakes: number;
  /** Bytes of HTTP received inside TLS: 0 when a client hung up in time. */
  httpBytes: number;
  /** Most requests that were being answered at once. */
  peakInFlight: number;
  /** Most connections that were open at once. */
  peakConnections: number;
}

/** Counts what reaches a server. */
export class Meter {
  readonly #counts = new Map<string, RequestCount>();
  #connections = 0;
  #handshakes = 0;
  #closedBytes = 0;
  #inFlight = 0;
  #peakInFlight = 0;
  #peakConnections = 0;
  readonly #open = new Map<object, { bytes: () => number; before: number }>();

  count(method: string, route: string): void {
    const key = `${method} ${route}`;
    const entry = this.#counts.get(key) ?? { method, route, count: 0 };
    entry.count += 1;
    this.#counts.set(key, entry);
  }

  connected(): void {
    this.#connections += 1;
  }

  /** A handshake is done; `bytes` tells what has come through it so far. */
  secured(connection: object, bytes: () => number): void {
    this.#handshakes += 1;
    this.#open.set(connection, { bytes, before: 0 });
    this.#peakConnections = Math.max(this.#peakConnections, this.#open.size);
  }

  closed(connection: object): void {
    const entry = this.#open.get(connection);
    if (entry === undefined) return;
    this.#closedBytes += entry.bytes() - entry.before;
    this.#open.delete(connection);
  }

  begin(): void {
    this.#inFlight += 1;
    this.#peakInFlight = Math.max(this.#peakInFlight, this.#inFlight);
  }

  end(): void {
    this.#inFlight -= 1;
  }

  requests(): RequestCount[] {
    return [...this.#counts.values()].map((entry) => ({ ...entry }));
  }

  traffic(): TrafficCount {
    const open = [...this.#open.values()];
    return {
      connections: this.#connections,
      handshakes: this.#handshakes,
      httpBytes:
        this.#closedBytes + open.reduce((sum, entry) => sum + entry.bytes() - entry.before, 0),
      peakInFlight: this.#peakInFlight,
      peakConnections: this.#peakConnections,
    };
  }

  reset(): void {
    this.#counts.clear();
    this.#connections = 0;
    this.#handshakes = 0;
    this.#closedBytes = 0;
    this.#peakInFlight = this.#inFlight;
    this.#peakConnections = this.#open.size;
    for (const entry of this.#open.values()) entry.before = entry.bytes();
  }
}
