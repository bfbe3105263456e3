import type { LetGoAnswer } from '#shared/contract/agent/merge';
import { type Failure, fail } from '#shared/contract/errors';
import type { NodeMembership } from '../../../membership/types';
import { leavingKey } from '../../../state/etcd/keeper';
import type { State } from '../../../state/types';
import { ACTIVE } from '../../engine/journal';
import { LOCK, type LockRecord, lockRecord } from '../lock-record';
import type { Pacts } from '../pact/pacts';
import { drainedFor } from './drain';
import { unlock } from './lock';

/** What became of it, in sentences for a person. */
export interface Told {
  done: string[];
  /** what stays as it is, and what can be done about that */
  left: string[];
}

/** What a merge changed in the SLURM of the cluster that it was to take up. */
export interface HeldSlurm {
  /** Also a second time. @throws Failure TIMEOUT where it takes long, of the state */
  free(operation: string): Promise<Told>;
}

interface Deps {
  state: Pick<State, 'get' | 'list' | 'commit'>;
  membership: Pick<NodeMembership, 'cluster' | 'members'>;
  pacts: Pick<Pacts, 'drop'>;
  slurm: HeldSlurm;
}

/** Frees a cluster that is held for a merge, where the one that carries it out is gone for good. */
export class LetGo {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * The lock goes last, so that whatever ends this on its way leaves a cluster that can be let go again.
   * @param confirm name of this cluster, as a person typed it
   * @throws Failure NOT_FOUND where nothing is held, REVISION_CHANGED where the merge is this cluster's
   * own, CONFIRMATION_REQUIRED; TIMEOUT, of the state
   */
  async letGo(confirm: string): Promise<LetGoAnswer> {
    const { state, membership, pacts, slurm } = this.#deps;
    const { uuid, name } = membership.cluster;
    const [entry, closed, active] = await Promise.all([
      state.get(LOCK),
      drainedFor(state),
      state.get(ACTIVE),
    ]);
    const lock = lockRecord.safeParse(entry?.value).data ?? null;
    // what could not be opened when it was let go before is left without a lock
    const operation = lock?.operation ?? closed;
    if (operation === null) throw notHeld();
    if (lock?.by.uuid === uuid || active?.value === operation) throw itsOwn();
    if (confirm !== name) throw unconfirmed(name);

    if (lock !== null) await pacts.drop(lock.by.uuid);
    const freed = await slurm.free(operation);
    const seated = await this.#seat(operation);
    await unlock(state, operation);
    const crossed = lock === null ? [] : this.#crossed(lock);
    const by = lock?.by ?? null;
    return {
      ok: true,
      message: `${name} is not held for a merge any more.`,
      operation,
      by,
      crossed,
      done: [
        ...(by === null ? [] : [`The nodes of ${by.name} may not call this cluster any more.`]),
        ...freed.done,
        ...seated.map((node) => `${node} may have a copy of the shared state again.`),
      ],
      left: [
        ...crossed.map((node) => `${node} has crossed, and stays with ${by?.name}.`),
        ...freed.left,
        ...this.#silent(),
        ...this.#cordoned(),
        `What was kept on nodes for the way back stays there, in kept/${operation} in the folder of their state. Delete it by hand once nobody needs it.`,
      ],
    };
  }

  /** Those that were to leave and did not may have a seat again. @returns their names */
  async #seat(operation: string): Promise<string[]> {
    const { state, membership } = this.#deps;
    const marks = await state.list(leavingKey(''));
    const seated: string[] = [];
    for (const { key, value, modRevision } of marks) {
      const member = membership.members().find(({ id }) => leavingKey(id) === key);
      if (member === undefined || !isMarkOf(value, operation)) continue;
      await state.commit([{ key, is: 'unchangedSince', modRevision }], [{ key, delete: true }]);
      seated.push(member.name);
    }
    return seated;
  }

  /** Who was to cross and is no member any more; by its id where nobody wrote its name down. */
  #crossed({ allows, names }: LockRecord): string[] {
    const members = new Set(this.#deps.membership.members().map(({ id }) => id));
    return allows.filter((id) => !members.has(id)).map((id) => names?.[id] ?? id);
  }

  #cordoned(): string[] {
    const hasPods = this.#deps.membership
      .members()
      .some(({ roles }) => roles.includes('k3s-agent'));
    return hasPods
      ? ['A node that was cordoned in Kubernetes stays so: say "kubectl uncordon NODE".']
      : [];
  }

  #silent(): string[] {
    return this.#deps.membership
      .members()
      .filter(({ authenticated, status }) => authenticated && status !== 'alive')
      .map(
        ({ name }) =>
          `${name} does not answer, and may have crossed. If it has, say "node-agent forget ${name}".`,
      );
  }
}

const isMarkOf = (value: unknown, operation: string): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'operation' in value &&
  value.operation === operation;

const notHeld = (): Failure =>
  fail(
    'NOT_FOUND',
    { remedy: 'Nothing needs to be done.' },
    'This cluster is not held for a merge.',
  );

const itsOwn = (): Failure =>
  fail(
    'REVISION_CHANGED',
    { remedy: 'Abort it, or roll it back: node-agent operation list.' },
    'This cluster carries the merge out itself.',
  );

const unconfirmed = (name: string): Failure =>
  fail(
    'CONFIRMATION_REQUIRED',
    {
      remedy: `Do it only where the other cluster is gone for good; then confirm it with the name ${name}.`,
      field: 'confirm',
    },
    'Letting a cluster go needs its name.',
  );
