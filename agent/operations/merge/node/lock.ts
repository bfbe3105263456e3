import { type Failure, fail } from '#shared/contract/errors';
import type { State } from '../../../state/types';
import { ACTIVE } from '../../engine/journal';
import { LOCK, type LockRecord, lockRecord } from '../lock-record';

/**
 * Holds this cluster for one merge: taken once, by the first that asks, and not while another
 * operation is under way.
 * @throws Failure REVISION_CHANGED; of the state
 */
export async function lock(state: Pick<State, 'get' | 'commit'>, wish: LockRecord): Promise<void> {
  const [held, active] = await Promise.all([state.get(LOCK), state.get(ACTIVE)]);
  const known = lockRecord.safeParse(held?.value).data ?? null;
  if (known !== null && known.operation !== wish.operation) throw taken(known);
  // where the merge itself is journaled, it is what is under way
  if (active !== null && active.value !== wish.operation) throw busy();
  const done = await state.commit(
    [
      held === null
        ? { key: LOCK, is: 'absent' }
        : { key: LOCK, is: 'unchangedSince', modRevision: held.modRevision },
      active === null
        ? { key: ACTIVE, is: 'absent' }
        : { key: ACTIVE, is: 'unchangedSince', modRevision: active.modRevision },
    ],
    // whoever has crossed since it was first held is no member that could be named now
    [{ key: LOCK, put: { ...wish, names: { ...known?.names, ...wish.names } } }],
  );
  if (done === null) throw busy();
}

/** Lets go of it, where it is held for this operation. @throws Failure of the state */
export async function unlock(
  state: Pick<State, 'get' | 'commit'>,
  operation: string,
): Promise<void> {
  const held = await state.get(LOCK);
  const known = lockRecord.safeParse(held?.value).data ?? null;
  if (held === null || known?.operation !== operation) return;
  const { modRevision } = held;
  await state.commit(
    [{ key: LOCK, is: 'unchangedSince', modRevision }],
    [{ key: LOCK, delete: true }],
  );
}

const taken = ({ by }: LockRecord): Failure =>
  fail(
    'REVISION_CHANGED',
    { remedy: 'Wait for its end, or roll it back.' },
    `This cluster is held for another merge, which ${by.name} carries out.`,
  );

const busy = (): Failure =>
  fail(
    'REVISION_CHANGED',
    { remedy: 'Wait for its end, then try again.' },
    'Another operation is under way in this cluster.',
  );
