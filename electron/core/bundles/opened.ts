import { randomUUID } from 'node:crypto';
import { fail } from '#shared/contract/errors';
import type { Clock } from '../ports';
import type { SourceFile } from './candidate';
import type { Judged } from './deck';

/** A file whose preview a person looks at. It may hold secrets in clear, so it is not kept for long. */
export interface OpenedFile {
  file: SourceFile;
  fileName: string;
  /** as it was shown */
  judged: Judged[];
}

const FORGET_MS = 15 * 60_000;
const MOST = 4;

/** The files that were opened and not yet imported. */
export class OpenedFiles {
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #files = new Map<string, { opened: OpenedFile; timer: AbortController }>();

  constructor(clock: Pick<Clock, 'sleep'>) {
    this.#clock = clock;
  }

  /** @returns the token it is known by */
  keep(opened: OpenedFile): string {
    const token = randomUUID();
    const timer = new AbortController();
    this.#files.set(token, { opened, timer });
    this.#clock.sleep(FORGET_MS, timer.signal).then(
      () => this.forget(token),
      () => undefined,
    );
    const [oldest] = this.#files.keys();
    if (this.#files.size > MOST && oldest !== undefined) this.forget(oldest);
    return token;
  }

  /** @throws Failure NOT_FOUND when it was imported or forgotten */
  get(token: string): OpenedFile {
    const found = this.#files.get(token);
    if (found !== undefined) return found.opened;
    throw fail('NOT_FOUND', {
      remedy: 'A preview is forgotten after 15 minutes. Open the file again.',
    });
  }

  forget(token: string): void {
    this.#files.get(token)?.timer.abort();
    this.#files.delete(token);
  }

  clear(): void {
    for (const token of this.#files.keys()) this.forget(token);
  }
}
