import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import { codeOf } from '../../host/error-code';
import { writeWhole } from '../../host/files';
import type { Account } from './machine';

/**
 * The folder with SLURM's jobs. A controller that starts on an empty one forgets every job and kills
 * those that run. So a mark in the folder names it, the shared state names the same, and nothing
 * starts where the two do not agree.
 */
export const MARK = '.clusterdeck.json';
/** Put there by a person who wants to begin anew. */
const CONSENT = '.clusterdeck-begin-anew';

const mark = z.object({
  cluster: z.string(),
  stateId: z.string(),
  /** whether a controller was seen working on it */
  hasRun: z.boolean(),
});
type Mark = z.infer<typeof mark>;

/** What a move left beside: the copy under way, what lay there before, a probe. */
const isAside = (name: string) => name.startsWith('.clusterdeck-') && name !== CONSENT;

export class StateSave {
  readonly #path: string;
  readonly #clusterUuid: string;

  constructor(path: string, clusterUuid: string) {
    this.#path = path;
    this.#clusterUuid = clusterUuid;
  }

  /**
   * Makes the folder of a cluster that never had one.
   * @returns its new id
   * @throws Failure INVALID_INPUT where something lies there already
   */
  async found(owner: Account): Promise<string> {
    const names = await this.#names();
    const before = await this.#mark();
    if (before !== null && before.cluster === this.#clusterUuid && !before.hasRun) {
      return before.stateId;
    }
    if (names.length > 0) {
      throw fail(
        'INVALID_INPUT',
        {
          path: this.#path,
          remedy: `Move what is in ${this.#path} away, or name another folder as roles.slurm-controller.state_save_location.`,
        },
        'The folder for the jobs of a new cluster is not empty.',
      );
    }
    const stateId = randomUUID();
    await this.#begin(stateId, owner);
    return stateId;
  }

  /**
   * Proves that this is the folder the cluster speaks of.
   * @throws Failure NOT_FOUND where it is not, so that nothing may start on it
   */
  async prove(stateId: string, owner: Account): Promise<void> {
    const found = await this.#mark();
    const names = await this.#names();
    if (found === null && names.length === 1 && names[0] === CONSENT) {
      await this.#begin(stateId, owner);
      await rm(join(this.#path, CONSENT));
      return;
    }
    const isSame = found?.cluster === this.#clusterUuid && found.stateId === stateId;
    if (isSame && (!found.hasRun || names.includes('clustername'))) return;
    throw fail(
      'NOT_FOUND',
      {
        path: this.#path,
        remedy: `Mount or restore ${this.#path}. To begin anew and lose every job, put an empty file ${CONSENT} into the empty folder.`,
      },
      found !== null && !isSame
        ? `${this.#path} holds another or older state, so that the controller was not started.`
        : `${this.#path} does not hold this cluster's jobs, so that the controller was not started.`,
    );
  }

  /** To be told when a controller was seen working on it; `false`: one surely did not. */
  async confirm(hasRun = true): Promise<void> {
    const found = await this.#mark();
    if (found !== null && found.hasRun !== hasRun) await this.#write({ ...found, hasRun });
  }

  /** Whose it is; null: it has no mark of this cluster. */
  async seen(): Promise<{ stateId: string; hasRun: boolean } | null> {
    const found = await this.#mark();
    return found?.cluster === this.#clusterUuid ? found : null;
  }

  /** Says whose a folder is that was filled with a copy. */
  mark(stateId: string): Promise<void> {
    return this.#write({ cluster: this.#clusterUuid, stateId, hasRun: false });
  }

  async #begin(stateId: string, owner: Account): Promise<void> {
    await mkdir(this.#path, { recursive: true });
    await chmod(this.#path, 0o700);
    await chown(this.#path, owner.uid, owner.gid);
    await this.#write({ cluster: this.#clusterUuid, stateId, hasRun: false });
  }

  async #names(): Promise<string[]> {
    const names = await readdir(this.#path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    });
    return names.filter((name) => name !== 'lost+found' && !isAside(name));
  }

  async #mark(): Promise<Mark | null> {
    const text = await readFile(join(this.#path, MARK), 'utf8').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    });
    if (text === null) return null;
    try {
      return mark.parse(JSON.parse(text));
    } catch {
      return null;
    }
  }

  #write(value: Mark): Promise<void> {
    return writeWhole(join(this.#path, MARK), JSON.stringify(value), { mode: 0o600 });
  }
}
