import { readKept } from '../clusters/rows';
import { configurationUndos, type UndoServices } from '../clusters/undo';
import type { Store } from '../db/store';
import type { Clock, Logger } from '../ports';
import { AuditRetention } from './retention';
import { AuditTrail } from './trail';
import { Undos } from './undo';

interface AuditDeps extends Omit<UndoServices, 'readKept'> {
  store: Store;
  clock: Clock;
  logger: Logger;
}

/** What reads the audit, takes edits back and removes what is too old, wired by hand. */
export function composeAudit({ store, clock, logger, clusters, groups, settings }: AuditDeps) {
  const keptOf = (uuid: string) => readKept(store.read, uuid);
  const undos = configurationUndos({ clusters, groups, settings, readKept: keptOf });
  const undo = new Undos({ store, undos });
  return {
    trail: new AuditTrail({ db: store.read, clock, undo }),
    retention: new AuditRetention({ store, clock, logger, days: () => settings.get().auditDays }),
  };
}
