import { type Failure, fail } from '#shared/contract/errors';

const LOOK = 'Look whether it was done before you try it again.';

/** Too few members of the shared state agree; reads from this node's copy may go on. */
export const noQuorum = (detail: string): Failure =>
  fail('NO_QUORUM', {
    remedy: 'Bring back the missing nodes; what runs goes on, and changes wait until then.',
    detail,
  });

/** The lease or leadership that the call relied on is gone. */
export const lost = (what: string): Failure =>
  fail('ABORTED', { remedy: 'Nothing to do: the agent stands for election again.' }, what);

/** What the caller asked for cannot be said to the shared state. */
export const refusedInput = (sentence: string): Failure =>
  fail('INVALID_INPUT', { remedy: 'Split the change, and name each key once.' }, sentence);

/** Older changes are forgotten: a watcher has to list again. */
export const tooOld = (revision: number): Failure =>
  fail(
    'REVISION_CHANGED',
    { remedy: 'List again, and watch from there.' },
    `The changes after revision ${revision} are no longer kept.`,
  );

/** No room for the shared state. */
export const storeFull = (detail: string): Failure =>
  fail('STORE_FULL', { remedy: 'Free space on the disk of the state folder.', detail });

/** The same failure, saying that the change may have been done. */
export const unknownOutcome = (failure: Failure): Failure =>
  fail(failure.code, { ...failure.data, remedy: LOOK, outcome: 'unknown' }, failure.message);

/** What a call ends with once its state is closed or its signal aborted. */
export const aborted = (): Failure =>
  fail('ABORTED', { remedy: 'Start it again when you want to.' });
