import type { DraftService } from '../drafts/service';
import { os } from './base';

export function createDraftsRouter(drafts: DraftService) {
  return {
    get: os.drafts.get.handler(({ input }) => drafts.get(input.key)),
    keep: os.drafts.keep.handler(({ input }) => drafts.keep(input.key, input.value)),
    drop: os.drafts.drop.handler(({ input }) => drafts.drop(input.key)),
  };
}
