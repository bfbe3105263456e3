import { Failure } from '#shared/contract/errors';
import type { Logger } from '../ports';

interface Made {
  what: string;
  undo: () => Promise<unknown>;
}

/** What was made on a cluster so far, so that it can be taken away again. */
export class Ledger {
  readonly #logger: Logger;
  readonly #made: Made[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * Makes one thing. Unless the server refused it beforehand it counts as made, since an answer
   * may be lost on its way.
   */
  async make<Value>(what: string, work: Promise<Value>, undo: Made['undo']): Promise<Value> {
    try {
      const value = await work;
      this.#made.push({ what, undo });
      return value;
    } catch (error) {
      if (!wasRefused(error)) this.#made.push({ what, undo });
      throw error;
    }
  }

  /**
   * Takes everything away, last first, each attempt once.
   * @returns the failure, with a remedy that says what became of what was made
   */
  async takeBack(error: unknown): Promise<unknown> {
    const left: string[] = [];
    for (const { what, undo } of this.#made.toReversed()) {
      await undo().catch((reason: unknown) => {
        this.#logger.warn({ what, reason }, 'Could not take back a step');
        if (!isGone(reason)) left.push(what);
      });
    }
    if (!(error instanceof Failure) || this.#made.length === 0) return error;
    const told =
      left.length === 0
        ? 'What was made on the cluster before was taken away again.'
        : `Remove by hand on the cluster: ${left.join(', ')}.`;
    const remedy = `${error.data.remedy} ${told}`;
    return new Failure(error.code, { ...error.data, remedy }, error.message);
  }
}

function wasRefused(error: unknown): boolean {
  const status = error instanceof Failure ? (error.data.status ?? 0) : 0;
  return status >= 400 && status < 500;
}

/** A thing that was never made cannot be taken away: the server then names it as missing. */
function isGone(reason: unknown): boolean {
  if (!(reason instanceof Failure)) return false;
  const texts = [reason.data.detail ?? '', ...Object.values(reason.data.fields ?? {})];
  return texts.some((text) => /no such|does not exist/i.test(text));
}
