import { open, rename, stat, truncate } from 'node:fs/promises';

const MAX_BYTES = 4 * 1024 * 1024;
const TAIL_BYTES = 2_000;
const TAIL_LINES = 3;

/** What a daemon writes, in a file that is bounded. */
export class DaemonLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** For a new process; what an earlier one wrote stays beside it. */
  async openForChild() {
    await this.#isTooLong().then((isTooLong) =>
      isTooLong ? rename(this.#path, `${this.#path}.1`) : undefined,
    );
    return open(this.#path, 'a', 0o600);
  }

  /** The daemon holds the file open for appending, so emptying it is all that can be done. */
  async bound(): Promise<void> {
    if (await this.#isTooLong()) await truncate(this.#path, 0).catch(() => undefined);
  }

  /** Its last lines. */
  async tail(): Promise<string> {
    try {
      const file = await open(this.#path, 'r');
      try {
        const { size } = await file.stat();
        const length = Math.min(size, TAIL_BYTES);
        const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
        const lines = buffer.toString('utf8').trimEnd().split('\n');
        return lines.slice(-TAIL_LINES).join('\n').trim();
      } finally {
        await file.close();
      }
    } catch {
      return '';
    }
  }

  async #isTooLong(): Promise<boolean> {
    const size = await stat(this.#path).then(
      (found) => found.size,
      () => 0,
    );
    return size > MAX_BYTES;
  }
}
