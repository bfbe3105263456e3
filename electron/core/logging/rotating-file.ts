import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/** A log file of mode 0600 that is bounded: at `maxBytes` it becomes `.1`, the older ones move on. */
export class RotatingFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  #fd: number;
  #size: number;

  constructor(path: string, maxBytes: number, keep: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#keep = keep;
    this.#fd = openSync(path, 'a', 0o600);
    this.#size = fstatSync(this.#fd).size;
  }

  /** Written before it returns: the last lines before a crash are the ones that matter. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#size > 0 && this.#size + bytes > this.#maxBytes) this.#rotate();
    try {
      writeSync(this.#fd, line);
      this.#size += bytes;
    } catch {
      // a full disk must not take the program down with it
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #rotate(): void {
    closeSync(this.#fd);
    rmSync(`${this.#path}.${this.#keep}`, { force: true });
    for (let n = this.#keep - 1; n >= 1; n -= 1)
      move(`${this.#path}.${n}`, `${this.#path}.${n + 1}`);
    move(this.#path, `${this.#path}.1`);
    this.#fd = openSync(this.#path, 'a', 0o600);
    this.#size = fstatSync(this.#fd).size;
  }
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    // not there yet, or held open elsewhere on Windows: the bound is met at the next turn
  }
}
