import { type AgentOperation, isOver, type OperationWish } from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import type { Clock } from '../../ports';
import type { Journal } from '../engine/journal';
import { refusalOf } from '../engine/wishes';

/** Takes what people want of an operation to whoever must do it. */
export class Asking {
  readonly #journal: Journal;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(journal: Journal, clock: Pick<Clock, 'now'>) {
    this.#journal = journal;
    this.#clock = clock;
  }

  /**
   * @param by name of the token or user
   * @returns what will happen, in a sentence
   * @throws Failure NOT_FOUND | INVALID_INPUT | REVISION_CHANGED
   */
  async ask(id: string, wish: OperationWish, by: string): Promise<string> {
    const operation = await this.#journal.get(id);
    if (operation === null) throw noOperation();
    const refusal = refusalOf(operation, wish);
    if (refusal !== null) throw refusal;
    if (isOver(operation)) return this.#afterwards(operation, wish, by);
    await this.#journal.ask(id, { wish, by });
    return answerTo(operation, wish);
  }

  async #afterwards(operation: AgentOperation, wish: OperationWish, by: string): Promise<string> {
    const { rollback_until: until } = operation;
    const later = { ...operation, rollback_until: null };
    if (wish === 'commit') {
      if (until !== null) await this.#journal.amend(later);
      return 'It stays as it is; it cannot be rolled back any more.';
    }
    if (until === null || this.#clock.now() > until) throw tooLate();
    const reason = `It was rolled back by ${by}.`;
    await this.#journal.reopen({ ...later, state: 'undoing', ended_at: null, reason });
    return 'It is rolled back, from its last step to its first.';
  }
}

function answerTo(operation: AgentOperation, wish: OperationWish): string {
  switch (wish) {
    case 'pause':
      return 'It pauses before the next step at which nobody waits.';
    case 'resume':
      return 'It goes on.';
    case 'retry':
      return 'It looks again, and goes on from there.';
    case 'skip':
      return 'What is stuck is undone alone and left out, and it goes on with the rest.';
    case 'abort':
      return operation.pivot_passed
        ? 'It is past the point of return: it goes on to its safe end.'
        : 'It stops, and what was done is undone.';
    case 'rollback':
      return 'It is rolled back, from its last step to its first.';
    case 'commit':
      return 'It stays as it is.';
  }
}

export const noOperation = () =>
  fail(
    'NOT_FOUND',
    { remedy: 'List the operations: the oldest ones are forgotten.' },
    'There is no such operation.',
  );

const tooLate = () =>
  fail(
    'INVALID_INPUT',
    { remedy: 'Plan the way back as an operation of its own.' },
    'Its time for a rollback is over.',
  );
