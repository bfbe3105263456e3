import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../host/error-code';
import { writeWhole } from '../../host/files';
import type { Clock, Logger } from '../../ports';
import type { SlurmConfig } from './config';
import type { Controller } from './controller';
import type { SlurmMachine } from './machine';

/** as often as slurmctld does */
const BEAT_MS = 2_000;
/** Signs of another one that are older than that come no more. */
const STALE_S = 10;
/** place of the one in control among the controllers */
const FIRST = 0n;

type Shared = Pick<SlurmConfig, 'stateSaveLocation' | 'slurmUser'>;

interface Deps {
  controller: Pick<Controller, 'daemon'>;
  machine: Pick<SlurmMachine, 'account'>;
  clock: Clock;
  logger: Logger;
}

/**
 * The sign of life in the folder that all controllers see. A standby whose link to the one in control
 * is cut trusts it and keeps still; without it, it takes over, and two controllers run the same jobs.
 * slurmctld itself gives it only where it had a standby when it began, which none has that was set up
 * or moved by an agent: then the agent gives it, for as long as slurmctld runs and is in control.
 */
export class LifeSign {
  readonly #deps: Deps;
  #ends: AbortController | null = null;
  #config: Shared | null = null;
  /** what this node wrote last */
  #own = '';
  #isTrouble = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** @param config where this node's controller is in control and its folder is shared; else null */
  follow(config: Shared | null): void {
    this.#config = config;
    if (config === null) {
      this.#ends?.abort();
      this.#ends = null;
      return;
    }
    if (this.#ends !== null) return;
    this.#ends = new AbortController();
    void this.#beat(this.#ends.signal);
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#deps;
    while (!signal.aborted) {
      try {
        if (this.#config !== null) await this.#sign(this.#config);
        this.#isTrouble = false;
      } catch (error) {
        if (!this.#isTrouble) logger.warn({ error }, 'The controller gives no sign of life');
        this.#isTrouble = true;
      }
      await clock.sleep(BEAT_MS, signal).catch(() => undefined);
    }
  }

  async #sign({ stateSaveLocation, slurmUser }: Shared): Promise<void> {
    const { clock, controller, machine } = this.#deps;
    const path = join(stateSaveLocation, 'heartbeat');
    const now = Math.floor(clock.now() / 1000);
    const seen = await readFile(path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    });
    const isWhole = seen !== null && seen.length >= 8;
    const isOthers = isWhole && seen.toString('hex') !== this.#own;
    if (isOthers && now - Number(seen.readBigUInt64BE(0)) < STALE_S) return;
    const owner = await machine.account(slurmUser);
    if (owner === null || (await controller.daemon()).state !== 'running') return;
    const sign = Buffer.alloc(16);
    sign.writeBigUInt64BE(BigInt(now), 0);
    sign.writeBigUInt64BE(FIRST, 8);
    await writeWhole(path, sign, { owner });
    this.#own = sign.toString('hex');
  }
}
