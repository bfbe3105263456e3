import { EventEmitter } from 'node:events';

/** The main process's end of a page's port; holds messages back until it is started. */
export class MessagePortMain extends EventEmitter {
  readonly #deliver: (data: string) => void;
  readonly #shut: () => void;
  #held: string[] | null = [];
  #open = true;

  constructor(deliver: (data: string) => void, shut: () => void) {
    super();
    this.#deliver = deliver;
    this.#shut = shut;
  }

  start(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const data of held) this.emit('message', { data, ports: [] });
  }

  postMessage(data: unknown): void {
    if (typeof data !== 'string') throw new Error('The stand-in carries text only');
    if (this.#open) this.#deliver(data);
  }

  close(): void {
    if (!this.#open) return;
    this.#shut();
    this.ended();
  }

  /** from the page: a message */
  arrived(data: string): void {
    if (this.#held === null) this.emit('message', { data, ports: [] });
    else this.#held.push(data);
  }

  /** from the page: the other end is gone */
  ended(): void {
    if (!this.#open) return;
    this.#open = false;
    this.emit('close');
  }
}
