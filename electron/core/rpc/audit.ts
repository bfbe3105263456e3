import type { AuditTrail } from '../audit/trail';
import { os } from './base';

export function createAuditRouter(trail: AuditTrail) {
  return {
    list: os.audit.list.handler(({ input }) => trail.list(input)),
    verify: os.audit.verify.handler(() => trail.verify()),
    export: os.audit.export.handler(({ input }) => trail.export(input.filter, input.format)),
    undo: os.audit.undo.handler(({ input }) => trail.undo(input.seq)),
  };
}
