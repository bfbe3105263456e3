import type { Operations } from '../operations/service';
import { os } from './base';

interface OperationServices {
  operations: Pick<Operations, 'list' | 'get' | 'cancel'>;
}

export function createOperationsRouter({ operations }: OperationServices) {
  return {
    list: os.operations.list.handler(({ input }) => operations.list(input.limit)),
    get: os.operations.get.handler(({ input }) => operations.get(input.id)),
    cancel: os.operations.cancel.handler(({ input }) => operations.cancel(input.id)),
  };
}
