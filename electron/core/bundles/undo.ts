import type { UndoOutcome } from '#shared/contract/bundles';
import type { Edit } from '../clusters/edit';
import { readKept, writeKept } from '../clusters/rows';
import { differences } from '../clusters/rules';
import type { Transaction } from '../db/store';
import type { SecretBench } from './apply';
import { asideOwner, type ChangedCluster, type ImportBody } from './records';

const EDITED = 'It was edited since the import and stays as it is.';

/** Takes an import back within one transaction; clusters that were edited since stay. */
export function takeBack(edit: Edit, body: ImportBody, secrets: SecretBench): UndoOutcome {
  const outcome: UndoOutcome = { removed: [], restored: [], refused: [] };
  for (const made of body.created) removeMade(edit, made, body, secrets, outcome);
  for (const changed of body.changed) restore(edit, changed, secrets, outcome);
  return outcome;
}

function removeMade(
  edit: Edit,
  { uuid, revision, clusterId }: ImportBody['created'][number],
  { ontoEmptyDeck }: ImportBody,
  secrets: SecretBench,
  outcome: UndoOutcome,
): void {
  const now = edit.book.get(uuid);
  // somebody removed it by hand: nothing is left to do
  if (now === undefined) return;
  const isLast = edit.book.size === 1 && !ontoEmptyDeck;
  if (now.revision !== revision || isLast) {
    const reason = isLast ? 'The last cluster cannot be removed.' : EDITED;
    outcome.refused.push({ clusterId: now.clusterId, reason });
    return;
  }
  const before = { ...now, ...readKept(edit.tx.db, uuid) };
  edit.remove(uuid);
  secrets.remove(edit.tx, uuid);
  edit.tx.audit({ action: 'cluster.remove', subject: clusterId, target: uuid, before });
  outcome.removed.push(clusterId);
}

function restore(
  edit: Edit,
  { before, kept, revision, secret }: ChangedCluster,
  secrets: SecretBench,
  outcome: UndoOutcome,
): void {
  const { uuid, clusterId } = before;
  const now = edit.book.get(uuid);
  if (now === undefined || now.revision !== revision) {
    const reason = now === undefined ? 'It was removed since the import.' : EDITED;
    outcome.refused.push({ clusterId, reason });
    return;
  }
  const { tx } = edit;
  const { createdAt, updatedAt: _u, revision: _r, number, ...fields } = before;
  const after = edit.update({ ...now, ...fields });
  const keptChanged = differences(readKept(tx.db, uuid), kept);
  if (keptChanged !== null) writeKept(tx.db, uuid, keptChanged.after);
  if (secret === 'none') secrets.remove(tx, uuid);
  if (secret === 'aside') secrets.copy(tx, asideOwner(uuid), uuid);
  edit.reconnect.add(uuid);
  const own = { number, createdAt, updatedAt: now.updatedAt, revision: now.revision };
  const changed = differences(now, { ...after, ...own });
  tx.audit({
    action: 'cluster.update',
    subject: clusterId,
    target: uuid,
    before: { ...changed?.before, ...keptChanged?.before },
    after: {
      ...changed?.after,
      ...keptChanged?.after,
      ...(secret !== 'untouched' && { secret: 'changed' }),
    },
  });
  outcome.restored.push(clusterId);
}

/** Forgets what lay aside for an undo that is done with or not possible any more. */
export function clearAside(tx: Transaction, body: ImportBody, secrets: SecretBench): void {
  for (const { before, secret } of body.changed) {
    if (secret === 'aside') secrets.remove(tx, asideOwner(before.uuid));
  }
}
