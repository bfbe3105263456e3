import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { Commands, Logger } from '../../ports';
import type { State } from '../../state/types';
import { PARTITIONS_KEY } from './config';

const ASK_MS = 5_000;

const partition = z.object({
  name: z.string(),
  /** SLURM's word, as `DRAIN` */
  state: z.enum(['UP', 'DOWN', 'DRAIN', 'INACTIVE']),
});
type Partition = z.infer<typeof partition>;
const record = z.object({ partitions: z.array(partition) });

interface Deps {
  state: Pick<State, 'get' | 'commit'>;
  commands: Commands;
  logger: Logger;
}

/**
 * Has SLURM start no job for a while: partitions that are DOWN take jobs and begin none. How they
 * were is written down in the shared state first, so that it is brought back whatever happens, and
 * also those that an admin took down are as they were when another controller reads slurm.conf.
 */
export class Partitions {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** From now on no job begins. @throws Failure where SLURM or the state does not answer */
  async park(): Promise<void> {
    const { state } = this.#deps;
    const entry = await state.get(PARTITIONS_KEY);
    // written by one that did not come to its end: what is there now is its work
    const known = record.safeParse(entry?.value).data?.partitions ?? [];
    const seen = await this.#seen();
    const added = seen.filter(({ name }) => !known.some((one) => one.name === name));
    await state.commit([], [{ key: PARTITIONS_KEY, put: { partitions: [...known, ...added] } }]);
    for (const { name, state: now } of seen) if (now === 'UP') await this.#set(name, 'DOWN');
  }

  /** Brings back how they were, where they were parked. @throws Failure as above */
  async restore(): Promise<void> {
    const { state, logger } = this.#deps;
    const entry = await state.get(PARTITIONS_KEY);
    if (entry === null) return;
    const wanted = record.safeParse(entry.value).data?.partitions ?? [];
    for (const { name, state: now } of await this.#seen()) {
      const before = wanted.find((one) => one.name === name)?.state;
      if (before !== undefined && before !== now) await this.#set(name, before);
    }
    const { modRevision } = entry;
    await state.commit(
      [{ key: PARTITIONS_KEY, is: 'unchangedSince', modRevision }],
      [{ key: PARTITIONS_KEY, delete: true }],
    );
    logger.info({}, 'The partitions are as they were before the controller was stopped');
  }

  async #seen(): Promise<Partition[]> {
    const argv = ['scontrol', '-o', 'show', 'partitions'] as const;
    const stdout = await this.#run(argv);
    return [...stdout.matchAll(/^PartitionName=(\S+) .*?\bState=(\w+)/gm)].flatMap(
      ([, name, state]) => partition.safeParse({ name, state }).data ?? [],
    );
  }

  async #set(name: string, state: Partition['state']): Promise<void> {
    const argv = ['scontrol', 'update', `PartitionName=${name}`, `State=${state}`] as const;
    await this.#run(argv);
  }

  async #run(argv: readonly [string, ...string[]]): Promise<string> {
    const { code, stdout, stderr } = await this.#deps.commands.run(argv, { deadlineMs: ASK_MS });
    if (code === 0) return stdout;
    const remedy = 'Look at the controller: scontrol ping.';
    const message = `SLURM does not take "${argv.join(' ')}".`;
    throw fail('SERVER_ERROR', { remedy, detail: stderr.slice(0, 500) }, message);
  }
}
