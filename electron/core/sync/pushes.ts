import { type ErrorCode, Failure, fail } from '#shared/contract/errors';
import type { Step } from '#shared/domain/sync/decide';
import { isSame } from '#shared/domain/sync/merge';
import { isKnownField } from '#shared/domain/sync/project';
import type { RemoteRecord, Values } from '#shared/domain/sync/record';
import type { Intent } from '#shared/domain/sync/settle';
import type { Planned } from '#shared/domain/sync/types';
import type { SecretReader } from '../clusters/types';
import type { Store } from '../db/store';
import { deleteBase } from './bases';
import type { SyncDesk } from './desk';
import type { Outbox } from './outbox';
import type { PortalClient } from './portal-client';
import type { Ends, RemoteState } from './remote-state';

export interface PushDeps {
  remoteUuid: string;
  client: PortalClient;
  state: RemoteState;
  store: Store;
  outbox: Outbox;
  desk: SyncDesk;
  secrets: SecretReader;
}

/** What came of one entry on the way there; `sent`: reading back tells how it ended. */
export type Pushed =
  | { result: 'sent'; clusterUuid: string; ends: Ends }
  | { result: 'done' }
  | { result: 'waits'; reason: string }
  | { result: 'failed'; failure: Failure; ends: Ends };

/** A look at the remote that is older than this is taken again before something is sent. */
const FRESH_MS = 1_000;
const CHANGED_THERE = 'It was changed there while this sync ran. Look at it again.';
const CHANGED_HERE = 'It was changed here while this sync ran. It goes with the next one.';
const NEEDS_SECRET =
  'The remote makes no cluster without its password. Allow sending it, then sync again.';
const NO_SECRET = 'No password is stored for it, and the remote makes no cluster without one.';
const NOTHING_READ: Ends = new Map();

/** Sends what was changed here: the intent is stored, then the request is sent, at most once. */
export class Pushes {
  readonly #deps: PushDeps;

  constructor(deps: PushDeps) {
    this.#deps = deps;
  }

  /** @param maySendSecret whether its password may go to this remote */
  async push(
    entry: Planned,
    step: Step,
    maySendSecret: boolean,
    signal: AbortSignal,
  ): Promise<Pushed> {
    const { state } = this.#deps;
    let ends = NOTHING_READ;
    try {
      // a deletion cannot be taken back, so it never relies on an older look
      if (step.kind === 'deleteThere' || state.isOlderThan(FRESH_MS)) {
        ends = await state.read(signal);
      }
      const pushed = await this.#act(entry, step, maySendSecret, signal);
      return 'ends' in pushed ? { ...pushed, ends } : pushed;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { result: 'failed', failure: error, ends };
    }
  }

  async #act(
    entry: Planned,
    step: Step,
    maySendSecret: boolean,
    signal: AbortSignal,
  ): Promise<Pushed> {
    switch (step.kind) {
      case 'createThere':
        return this.#create(entry, step.asDefault, maySendSecret, signal);
      case 'deleteThere':
        return this.#remove(entry, signal);
      case 'merge':
        return this.#update(entry, step, maySendSecret, signal);
      default:
        return { result: 'done' };
    }
  }

  async #create(
    { local, base }: Planned,
    asDefault: boolean,
    maySendSecret: boolean,
    signal: AbortSignal,
  ): Promise<Pushed> {
    const { remoteUuid, desk, state, secrets, client } = this.#deps;
    const now = local === null ? null : desk.find(remoteUuid, local.uuid);
    if (now === null) return waits(CHANGED_HERE);
    if (state.byId(now.clusterId) !== null) return waits(CHANGED_THERE);
    const { takesSecrets } = client;
    if (takesSecrets && !now.hasSecret) return waits(NO_SECRET);
    if (takesSecrets && !maySendSecret) return waits(NEEDS_SECRET);
    // the API wants the field also where it takes nothing in it
    const password = takesSecrets ? await secrets.open(now.uuid, 'secret') : '';
    if (password === null) return waits(NO_SECRET);
    const set = Object.entries(now.values).filter(
      ([field, value]) => isKnownField(field) && value !== null,
    );
    const values = { ...Object.fromEntries(set), is_default: asDefault };
    const intent: Intent = { kind: 'create', id: now.clusterId, values };
    if (base !== null) this.#forget(base.clusterUuid);
    return this.#send(now.uuid, intent, () =>
      client.create({ ...values, cluster_id: now.clusterId, password }, signal),
    );
  }

  async #update(
    { local, record }: Planned,
    { push }: Extract<Step, { kind: 'merge' }>,
    maySendSecret: boolean,
    signal: AbortSignal,
  ): Promise<Pushed> {
    const { remoteUuid, desk, state, secrets, client } = this.#deps;
    const now = local === null ? null : desk.find(remoteUuid, local.uuid);
    if (now === null || record === null) return waits(CHANGED_HERE);
    const isAsPlanned = push.every(({ field, mine }) =>
      isSame(field, field === 'is_default' ? now.isDefault : (now.values[field] ?? null), mine),
    );
    if (!isAsPlanned) return waits(CHANGED_HERE);
    const there = state.byId(record.id);
    if (there === null || !isSameRecord(there, record)) return waits(CHANGED_THERE);
    const password = maySendSecret ? await secrets.open(now.uuid, 'secret') : null;
    const values: Values = Object.fromEntries(push.map(({ field, mine }) => [field, mine]));
    if (push.length === 0 && password === null) return { result: 'done' };
    const body = password === null ? values : { ...values, password };
    return this.#send(now.uuid, { kind: 'update', id: record.id, values }, async () => {
      const answered = await client.update(there.number, body, signal);
      checkTarget(answered, record.id);
    });
  }

  async #remove({ base, record }: Planned, signal: AbortSignal): Promise<Pushed> {
    const { remoteUuid, desk, state, client } = this.#deps;
    if (base === null || record === null) return waits(CHANGED_HERE);
    if (desk.find(remoteUuid, base.clusterUuid) !== null) return waits(CHANGED_HERE);
    const there = state.byId(record.id);
    if (there === null) return { result: 'done' };
    if (!isSameRecord(there, record)) return waits(CHANGED_THERE);
    const intent: Intent = { kind: 'delete', id: record.id, values: {} };
    return this.#send(base.clusterUuid, intent, () => client.remove(there.number, signal));
  }

  /** @throws Failure of the remote; where its end is unknown, the intent stays open for the next look */
  async #send(
    clusterUuid: string,
    intent: Intent,
    request: () => Promise<unknown>,
  ): Promise<Pushed> {
    const { remoteUuid, store, outbox, state } = this.#deps;
    store.mutate((tx) => outbox.begin(tx, remoteUuid, clusterUuid, intent));
    try {
      await request();
      state.accepted.add(clusterUuid);
      return { result: 'sent', clusterUuid, ends: NOTHING_READ };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const isOpen = error.data.outcome === 'unknown';
      if (isOpen) state.forget();
      const failure = error.view();
      store.mutate((tx) => outbox.end(tx, remoteUuid, clusterUuid, { failure, isOpen }));
      throw error;
    }
  }

  /** What was deleted there and is to be made again has nothing to build on. */
  #forget(clusterUuid: string): void {
    const { remoteUuid, store } = this.#deps;
    store.mutate((tx) => deleteBase(tx.db, remoteUuid, clusterUuid));
  }
}

const waits = (reason: string): Pushed => ({ result: 'waits', reason });

/** The default flag of a record changes with that of others, and says nothing about the record. */
function isSameRecord(a: RemoteRecord, b: RemoteRecord): boolean {
  return (
    a.id === b.id &&
    a.number === b.number &&
    a.createdThere === b.createdThere &&
    isSame('values', a.values, b.values)
  );
}

/** A number may have been given to another cluster in the moment between look and change. */
function checkTarget(answered: unknown, id: string): void {
  if (typeof answered !== 'object' || answered === null || !('id' in answered)) return;
  if (answered.id === id) return;
  const remedy = 'Look at both clusters on the remote: the change may stand in the wrong one.';
  throw fail('REVISION_CHANGED', { remedy, cluster: id, outcome: 'unknown' });
}

const ENDS_THE_SYNC: readonly ErrorCode[] = [
  'NAME_NOT_RESOLVED',
  'CONNECTION_REFUSED',
  'UNREACHABLE',
  'TIMEOUT',
  'TLS_UNTRUSTED',
  'TLS_CHANGED',
  'TLS_INVALID',
  'TLS_FAILED',
  'AUTH_FAILED',
  'PERMISSION_DENIED',
  'SECRET_MISSING',
  'VAULT_LOCKED',
  'VAULT_UNAVAILABLE',
  'ABORTED',
];

/** Whether a failure would meet every further request as well. */
export const endsTheSync = ({ code }: Failure): boolean => ENDS_THE_SYNC.includes(code);
