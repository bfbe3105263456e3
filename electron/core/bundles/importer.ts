import type {
  BundlePreview,
  ImportOutcome,
  LastImport,
  OnConflict,
  UndoOutcome,
} from '#shared/contract/bundles';
import type { Cluster, Group } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import type { VaultStatus } from '#shared/contract/vault';
import type { Edit } from '../clusters/edit';
import { readAllKept } from '../clusters/rows';
import type { Store, Transaction } from '../db/store';
import type { Clock } from '../ports';
import {
  Application,
  deckChanged,
  type GroupBench,
  type SecretBench,
  type Step,
  stepFor,
  touchesSecrets,
} from './apply';
import type { SourceFile } from './candidate';
import type { Deck, Judged } from './deck';
import { judgeAll } from './judge';
import type { Keys } from './keys';
import { OpenedFiles } from './opened';
import { Progress, type ProgressNews } from './progress';
import { asideOwner, dropImports, readLastImport, writeImport } from './records';
import { remoteUrls } from './remote-urls';
import { readSource } from './source';
import { stretch } from './stretch';
import { clearAside, takeBack } from './undo';

export interface ImporterDeps {
  store: Store;
  clusters: {
    list(): Cluster[];
    together<Result>(work: (edit: Edit) => Result): Result;
  };
  groups: GroupBench & { removeIn(tx: Transaction, uuids: readonly string[]): void };
  secrets: SecretBench & {
    current(): Pick<VaultStatus, 'state'>;
    /** @throws Failure VAULT_LOCKED | VAULT_UNAVAILABLE */
    ready(): Promise<void>;
    open(owner: string): Promise<string | null>;
  };
  clock: Clock;
}

export interface ApplyWish {
  token: string;
  only: string[];
  onConflict: OnConflict;
  perEntry: Record<string, OnConflict>;
  withSecrets: boolean;
}

/** Imports bundles and the portal's files: a preview, a choice, one transaction and one undo. */
export class BundleImporter {
  readonly #deps: ImporterDeps;
  readonly #opened: OpenedFiles;

  constructor(deps: ImporterDeps) {
    this.#deps = deps;
    this.#opened = new OpenedFiles(deps.clock);
  }

  /** Reads a file of any kind and keeps it for {@link apply}. @throws Failure as readSource */
  async *open(
    bytes: Uint8Array,
    fileName: string,
    keys: Keys,
  ): AsyncGenerator<ProgressNews | { type: 'done'; preview: BundlePreview }> {
    const progress = new Progress(this.#deps.clock, stretch);
    const work = readSource(bytes, fileName, keys, progress);
    const file = yield* progress.during('Opening the file', work);
    const judged = await this.#judge(file);
    const token = this.#opened.keep({ file, fileName, judged });
    yield { type: 'done', preview: previewOf(token, file, judged) };
  }

  /** Judges an opened file against the deck as it is now. @throws Failure NOT_FOUND */
  async preview(token: string): Promise<BundlePreview> {
    const opened = this.#opened.get(token);
    opened.judged = await this.#judge(opened.file);
    return previewOf(token, opened.file, opened.judged);
  }

  /**
   * Takes the ticked entries, all or nothing.
   * @throws Failure INVALID_INPUT | NOT_FOUND | REVISION_CHANGED | VAULT_* | STORE_FULL
   */
  async apply({
    token,
    only,
    onConflict,
    perEntry,
    withSecrets,
  }: ApplyWish): Promise<ImportOutcome> {
    const { clusters, groups, secrets, clock } = this.#deps;
    const { file, fileName, judged: shown } = this.#opened.get(token);
    const wished = ({ entry }: Judged) => perEntry[entry.key] ?? onConflict;
    const stepOf = (judged: Judged) =>
      stepFor(withSecrets ? judged : withoutSecret(judged), wished(judged));
    const byKey = new Map(shown.map((judged) => [judged.entry.key, judged]));
    const ticked = [...new Set(only)].map((key) => importable(key, byKey.get(key)));
    const has = (owner: string) => secrets.has(owner);
    const expected = ticked.map(stepOf).filter((step) => step !== null);
    if (expected.some((step) => touchesSecrets(step, has))) await secrets.ready();
    const sameSecret = await this.#sameSecrets(file);
    // nothing waits from here on, so the deck cannot change before the transaction ends
    const judged = judgeAll(file.candidates, this.#deck(file, sameSecret));
    const kept: string[] = [];
    const steps: Step[] = [];
    for (const { entry, present } of ticked) {
      const now = judged[Number(entry.key)];
      if (now === undefined || !isSame(present, now.present)) throw deckChanged(entry.clusterId);
      const step = stepOf(now);
      if (step === null) kept.push(entry.clusterId ?? '');
      else steps.push(step);
    }
    if (steps.length === 0) {
      this.#opened.forget(token);
      return { importId: null, created: [], changed: [], kept };
    }
    const outcome = clusters.together((edit) => {
      const { tx } = edit;
      this.#forgetUndo(tx);
      const reserved = judged.map(({ entry }) => entry.clusterId ?? '');
      const application = new Application(edit, secrets, reserved);
      const colours = new Map(file.groups.map(({ name, colour }) => [name.toLowerCase(), colour]));
      application.makeGroups(steps, colours, groups);
      for (const step of steps) application.carryOut(step);
      const { created, changed, body } = application;
      tx.audit({
        action: 'bundle.import',
        subject: fileName,
        after: { source: file.source, madeBy: file.madeBy, created, changed },
      });
      const { source } = file;
      const importId = writeImport(tx.db, { at: clock.now(), source, fileName, body });
      return { importId, created, changed, kept };
    });
    this.#opened.forget(token);
    return outcome;
  }

  /** The import that can be taken back. */
  last(): LastImport | null {
    const record = readLastImport(this.#deps.store.read);
    if (record === null) return null;
    const { importId, at, fileName, body } = record;
    return {
      importId,
      at,
      fileName,
      created: body.created.map(({ clusterId }) => clusterId),
      changed: body.changed.map(({ before }) => before.clusterId),
    };
  }

  /**
   * Takes the last import back in one transaction; what was edited since stays and is named.
   * @throws Failure NOT_FOUND | VAULT_*
   */
  async undo(importId: number): Promise<UndoOutcome> {
    const { store, secrets, clusters, groups } = this.#deps;
    const find = () => {
      const record = readLastImport(store.read);
      if (record?.importId === importId) return record;
      throw fail('NOT_FOUND', { remedy: 'Only the last import can be taken back, and only once.' });
    };
    if (find().body.changed.some(({ secret }) => secret === 'aside')) await secrets.ready();
    return clusters.together((edit) => {
      const { body, fileName } = find();
      const outcome = takeBack(edit, body, secrets);
      const inUse = new Set([...edit.book.values()].map(({ groupUuid }) => groupUuid));
      const empty = body.groups.filter((uuid) => !inUse.has(uuid));
      groups.removeIn(edit.tx, empty);
      this.#forgetUndo(edit.tx);
      edit.tx.audit({ action: 'bundle.undo', subject: fileName, after: outcome });
      return outcome;
    });
  }

  /** Forgets opened files with the secrets in them, as when the vault or the app is locked. */
  forgetOpened(): void {
    this.#opened.clear();
  }

  /** The secret that lies aside for a cluster goes with it. */
  clustersRemoved(uuids: readonly string[]): void {
    const { store, secrets } = this.#deps;
    const owners = uuids.map(asideOwner).filter((owner) => secrets.has(owner));
    if (owners.length === 0) return;
    store.mutate((tx) => {
      for (const owner of owners) secrets.remove(tx, owner);
    });
  }

  #forgetUndo(tx: Transaction): void {
    const record = readLastImport(tx.db);
    if (record === null) return;
    clearAside(tx, record.body, this.#deps.secrets);
    dropImports(tx.db);
  }

  async #judge(file: SourceFile): Promise<Judged[]> {
    const sameSecret = await this.#sameSecrets(file);
    return judgeAll(file.candidates, this.#deck(file, sameSecret));
  }

  #deck(file: SourceFile, sameSecret: ReadonlySet<string>): Deck {
    const { clusters, store, secrets, groups } = this.#deps;
    const kept = readAllKept(store.read);
    const byUrl = new Map(remoteUrls(store.read).map(({ uuid, url }) => [url, uuid]));
    return {
      clusters: new Map(clusters.list().map(({ hasSecret: _has, ...row }) => [row.clusterId, row])),
      keptOf: (uuid) => kept.get(uuid) ?? {},
      groups: groups.list(),
      hasSecret: (uuid) => secrets.has(uuid),
      sameSecret,
      remoteUuid: (url) => byUrl.get(url) ?? null,
      madeAt: file.madeAt,
    };
  }

  /** Only an open vault can tell; otherwise the secret of the file counts as another one. */
  async #sameSecrets({ candidates }: SourceFile): Promise<Set<string>> {
    const { clusters, secrets } = this.#deps;
    const same = new Set<string>();
    if (secrets.current().state !== 'unlocked') return same;
    const uuids = new Map(clusters.list().map(({ clusterId, uuid }) => [clusterId, uuid]));
    for (const { clusterId, secret } of candidates) {
      const uuid = uuids.get(clusterId ?? '');
      if (uuid === undefined || secret === undefined || !secrets.has(uuid)) continue;
      // one that cannot be opened any more is another one
      const mine = await secrets.open(uuid).catch(() => null);
      if (mine === secret) same.add(clusterId ?? '');
    }
    return same;
  }
}

function previewOf(token: string, file: SourceFile, judged: readonly Judged[]): BundlePreview {
  const { source, madeBy, madeAt, groups, candidates } = file;
  return {
    token,
    source,
    madeBy,
    madeAt,
    hasSecrets: candidates.some(({ secret }) => secret !== undefined),
    groups: groups.map(({ name }: Pick<Group, 'name'>) => name),
    entries: judged.map(({ entry }) => entry),
  };
}

/** @throws Failure INVALID_INPUT with the reason */
function importable(key: string, judged: Judged | undefined): Judged {
  if (judged !== undefined && judged.outcome !== null) return judged;
  const reason = judged?.entry.reasons.join(' ') ?? 'The file has no such entry.';
  const field = `only.${key.slice(0, 60)}`;
  throw fail('INVALID_INPUT', {
    remedy: 'Look at the preview again and leave this entry out.',
    field,
    fields: { [field]: reason },
  });
}

const isSame = (shown: Judged['present'], now: Judged['present']): boolean =>
  shown?.uuid === now?.uuid && shown?.revision === now?.revision;

function withoutSecret(judged: Judged): Judged {
  if (judged.outcome === null) return judged;
  const diff = judged.entry.diff.filter(({ field }) => field !== 'secret');
  const verdict = judged.present !== null && diff.length === 0 ? 'same' : judged.entry.verdict;
  const entry = { ...judged.entry, diff, verdict };
  return { ...judged, entry, outcome: { ...judged.outcome, secret: undefined } };
}
