const MAX_CHARS = 64 * 1024;

/** Takes an event stream apart (text/event-stream, HTML standard 9.2.6); only `data` is of use here. */
export class EventStream {
  readonly #onData: (data: string) => void;
  readonly #maxChars: number;
  readonly #decoder = new TextDecoder();
  /** of the line that has not ended, as it came */
  #parts: string[] = [];
  #partsChars = 0;
  #data: string[] = [];
  #dataChars = 0;

  /** @param maxChars the largest event accepted, default 64 Ki characters */
  constructor(onData: (data: string) => void, maxChars: number = MAX_CHARS) {
    this.#onData = onData;
    this.#maxChars = maxChars;
  }

  /** @returns false when the stream is none that could be understood */
  push(chunk: Uint8Array): boolean {
    const text = this.#decoder.decode(chunk, { stream: true });
    for (const [index, part] of text.split(/\r\n|\n|\r/).entries()) {
      if (index > 0) this.#line();
      this.#parts.push(part);
      this.#partsChars += part.length;
      // the line's name and the number of lines cost memory as well
      if (this.#partsChars + this.#dataChars + this.#data.length > this.#maxChars) return false;
    }
    return true;
  }

  #line(): void {
    const line = this.#parts.join('');
    this.#parts = [];
    this.#partsChars = 0;
    if (line === '') {
      if (this.#data.length > 0) this.#onData(this.#data.join('\n'));
      this.#data = [];
      this.#dataChars = 0;
    } else if (line.startsWith('data:')) {
      const data = line.slice(5).replace(/^ /, '');
      this.#data.push(data);
      this.#dataChars += data.length;
    }
  }
}
