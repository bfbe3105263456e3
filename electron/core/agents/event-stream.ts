const MAX_CHARS = 64 * 1024;

/** Takes an event stream apart (text/event-stream, HTML standard 9.2.6); only `data` is of use here. */
export class EventStream {
  readonly #onData: (data: string) => void;
  readonly #maxChars: number;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #data: string[] = [];

  /** @param maxChars of a line that has not ended, and lines of an event */
  constructor(onData: (data: string) => void, maxChars: number = MAX_CHARS) {
    this.#onData = onData;
    this.#maxChars = maxChars;
  }

  /** @returns false when the stream is none that could be understood */
  push(chunk: Uint8Array): boolean {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
    return this.#rest.length <= this.#maxChars && this.#data.length <= this.#maxChars;
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
