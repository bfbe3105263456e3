import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/** A log file of mode 0600 that is bounded: at `maxBytes` it becomes `.1`, the older ones move on. */
export class RotatingFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  /** null: it could not be opened again, which the next line tries anew */
  #fd: number | null = null;
  #size = 0;

  constructor(path: string, maxBytes: number, keep: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#keep = keep;
    this.#open();
  }

  /** Written before it returns: the last lines before a crash are the ones that matter. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    try {
      let fd = this.#fd ?? this.#open();
      if (this.#size > 0 && this.#size + bytes > this.#maxBytes) fd = this.#rotate(fd);
      writeSync(fd, line);
      this.#size += bytes;
    } catch {
      // a full disk or a folder that went away must not take the program down with it
    }
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #open(): number {
    const fd = openSync(this.#path, 'a', 0o600);
    this.#fd = fd;
    this.#size = fstatSync(fd).size;
    return fd;
  }

  #rotate(fd: number): number {
    // the number is soon that of another file
    this.#fd = null;
    closeSync(fd);
    tolerantly(() => rmSync(`${this.#path}.${this.#keep}`, { force: true }));
    for (let n = this.#keep - 1; n >= 1; n -= 1)
      move(`${this.#path}.${n}`, `${this.#path}.${n + 1}`);
    move(this.#path, `${this.#path}.1`);
    return this.#open();
  }
}

function move(from: string, to: string): void {
  tolerantly(() => renameSync(from, to));
}

function tolerantly(work: () => void): void {
  try {
    work();
  } catch {
    // not there yet, or held open elsewhere on Windows: the bound is met at the next turn
  }
}
