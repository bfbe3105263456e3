const MAX_LINE = 64 * 1024;

/** Takes an event stream apart (text/event-stream, HTML standard 9.2.6); only `data` is of use here. */
export class EventStream {
  readonly #onData: (data: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #data: string[] = [];

  constructor(onData: (data: string) => void) {
    this.#onData = onData;
  }

  /** @returns false when the stream is none that could be understood */
  push(chunk: Uint8Array): boolean {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
    return this.#rest.length <= MAX_LINE && this.#data.length <= MAX_LINE;
  }

  #line(line: string): void {
    if (line === '') {
      if (this.#data.length > 0) this.#onData(this.#data.join('\n'));
      this.#data = [];
    } else if (line.startsWith('data:')) {
      this.#data.push(line.slice(5).replace(/^ /, ''));
    }
  }
}
