import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Failure, fail } from '#shared/contract/errors';
import { codeOf } from '../../host/error-code';
import { writeWhole } from '../../host/files';

/** in the folder of the agent's state */
export const FENCE_FILE = 'operations-fence.json';

const record = z.object({ cluster: z.string(), epoch: z.number().int().nonnegative() });

/**
 * The highest epoch that this node ever obeyed, kept on its disk: a coordinator that was replaced
 * finds no ear here any more, not even after a restart of the agent.
 */
export class Fence {
  readonly #path: string | null;
  readonly #cluster: string;
  #highest: number | null = null;
  #turn: Promise<void> = Promise.resolve();

  /**
   * @param path null: only in memory, for a node that is simulated
   * @param cluster its uuid; epochs of another cluster's state mean nothing here
   */
  constructor(path: string | null, cluster: string) {
    this.#path = path;
    this.#cluster = cluster;
  }

  /** 0 as long as nobody called */
  get highest(): number {
    return this.#highest ?? 0;
  }

  /**
   * Written to the disk before it returns, so that whatever follows happens behind it.
   * @throws Failure REVISION_CHANGED for an epoch below the highest, STORE_BROKEN, STORE_FULL,
   * PERMISSION_DENIED
   */
  admit(epoch: number): Promise<void> {
    const turn = this.#turn.then(() => this.#admit(epoch));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #admit(epoch: number): Promise<void> {
    const highest = (this.#highest ??= await this.#stored());
    if (epoch < highest) throw replaced(this.#path);
    if (epoch === highest) return;
    const path = this.#path;
    if (path !== null) await writeWhole(path, JSON.stringify({ cluster: this.#cluster, epoch }));
    this.#highest = epoch;
  }

  async #stored(): Promise<number> {
    const path = this.#path;
    if (path === null) return 0;
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return 0;
      throw error;
    }
    const parsed = record.safeParse(jsonOf(text));
    // whom to obey is not known: obeying nobody harms nobody
    if (!parsed.success) throw damaged(path);
    return parsed.data.cluster === this.#cluster ? parsed.data.epoch : 0;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const replaced = (path: string | null): Failure =>
  fail(
    'REVISION_CHANGED',
    {
      remedy: `Nothing to do: the node that took over goes on. Where the cluster's shared state was made anew, remove ${path ?? 'its fence'} while no operation is under way.`,
    },
    'Another node coordinates the operation by now.',
  );

const damaged = (path: string): Failure =>
  fail(
    'STORE_BROKEN',
    { remedy: `Remove it while no operation is under way.`, path },
    `${path} cannot be read, so no coordinator is obeyed.`,
  );
