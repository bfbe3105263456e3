import type { Socket } from 'node:net';

/** More than a cluster of a hundred desks and its agents need. */
const MAX_OPEN = 512;

interface Tracked {
  socket: Socket;
  address: string;
  /** requests being answered on it */
  busy: number;
}

/**
 * Bounds open connections without ever shutting a newcomer out: at the bound the longest idle one
 * of the address with most connections makes room, so that nobody can fill the agent up.
 */
export class Connections {
  readonly #max: number;
  /** by remote address and port; the longest idle first */
  readonly #open = new Map<string, Tracked>();

  constructor(max = MAX_OPEN) {
    this.#max = max;
  }

  get count(): number {
    return this.#open.size;
  }

  add(socket: Socket): void {
    const key = keyOf(socket);
    this.#open.set(key, { socket, address: socket.remoteAddress ?? '', busy: 0 });
    socket.once('close', () => {
      if (this.#open.get(key)?.socket === socket) this.#open.delete(key);
    });
    if (this.#open.size > this.#max) this.#makeRoom(key);
  }

  /** @returns to be called when the answer is out */
  busy(socket: Socket): () => void {
    const key = keyOf(socket);
    const tracked = this.#open.get(key);
    if (tracked === undefined) return () => {};
    tracked.busy += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      tracked.busy -= 1;
      // put at the end: it was used last
      if (this.#open.delete(key)) this.#open.set(key, tracked);
    };
  }

  #makeRoom(newcomer: string): void {
    const counts = new Map<string, number>();
    for (const { address } of this.#open.values()) {
      counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    const most = Math.max(...counts.values());
    const candidates = [...this.#open].filter(([key]) => key !== newcomer);
    const idle = candidates.filter(([, { busy }]) => busy === 0);
    const from = idle.length > 0 ? idle : candidates;
    const victim = from.find(([, { address }]) => counts.get(address) === most) ?? from[0];
    if (victim === undefined) return;
    this.#open.delete(victim[0]);
    victim[1].socket.destroy();
  }
}

/** A TLS socket and the one below it share them. */
const keyOf = (socket: Socket) =>
  `${socket.localAddress}:${socket.localPort} ${socket.remoteAddress}:${socket.remotePort}`;
