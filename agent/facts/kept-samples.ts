import { readFile } from 'node:fs/promises';
import { writeWhole } from '../host/files';
import type { Clock, Logger } from '../ports';
import { repeat } from './loop';
import type { SampleRings } from './rings';

const EVERY_MS = 5 * 60_000;
/** A day of a hundred nodes has a tenth of that. */
const MAX_CHARS = 64 * 1024 * 1024;

interface Deps {
  clock: Clock;
  logger: Logger;
  rings: SampleRings;
  path: string;
}

/** Keeps the samples in a file, so that a restart of the agent leaves a gap and not an empty chart. */
export class KeptSamples {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async restore(): Promise<void> {
    const { path, rings } = this.#deps;
    // there is none at the first start, and a damaged one is worth no trouble
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text !== '' && text.length <= MAX_CHARS) rings.restore(text);
  }

  /** Runs until aborted. */
  async keep(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    await clock.sleep(EVERY_MS, signal).catch(() => undefined);
    await repeat(clock, EVERY_MS, signal, () => this.write());
  }

  /** A full disk costs the samples and nothing else. */
  async write(): Promise<void> {
    const { path, rings, logger } = this.#deps;
    await writeWhole(path, rings.dump()).catch((error: unknown) =>
      logger.warn({ error }, 'The samples could not be kept'),
    );
  }
}
