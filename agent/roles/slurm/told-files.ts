import type { Member } from '../../membership/types';
import type { Clock } from '../../ports';
import type { State } from '../../state/types';
import { FILES_KEY, filesRecord } from './config';

interface Deps {
  state: Pick<State, 'get' | 'list' | 'commit'>;
  clock: Clock;
  /** id of this node */
  self(): string;
}

/** So long a node that does not answer is waited for: it may be back with jobs and an old file. */
const PATIENCE_MS = 10 * 60_000;

/**
 * Which controllers the nodes' slurm.conf names, and since when. Whoever goes by an older one asks at
 * the old place first.
 */
export class ToldFiles {
  readonly #deps: Deps;
  #told = '';

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Tells it of this node, where it is not told yet. @throws Failure of the state */
  async tell(controllers: readonly string[]): Promise<void> {
    const { state, clock, self } = this.#deps;
    const names = controllers.join(' ');
    if (this.#told === names) return;
    const key = FILES_KEY + self();
    const before = filesRecord.safeParse((await state.get(key))?.value);
    if (before.data?.controllers.join(' ') !== names) {
      await state.commit([], [{ key, put: { controllers, at: clock.now() } }]);
    }
    this.#told = names;
  }

  /**
   * Since when every node goes by these controllers; unix ms.
   * @returns null where one does not yet
   */
  async since(
    controllers: readonly string[],
    members: readonly Pick<Member, 'id' | 'status'>[],
    movedAt: number,
  ): Promise<number | null> {
    const { state, clock, self } = this.#deps;
    const isPatient = clock.now() - movedAt < PATIENCE_MS;
    const awaited = new Set([
      self(),
      ...members.flatMap(({ id, status }) =>
        status === 'alive' || (status !== 'left' && isPatient) ? [id] : [],
      ),
    ]);
    const records = (await state.list(FILES_KEY)).flatMap(({ key, value }) => {
      const { data } = filesRecord.safeParse(value);
      return data !== undefined && awaited.has(key.slice(FILES_KEY.length)) ? [data] : [];
    });
    const names = controllers.join(' ');
    if (records.some((one) => one.controllers.join(' ') !== names)) return null;
    return Math.max(movedAt, ...records.map(({ at }) => at));
  }
}
