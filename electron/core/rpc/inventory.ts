import type { InventoryAnswers } from '../inventory/answers';
import { os } from './base';

interface InventoryServices {
  answers: Pick<InventoryAnswers, 'query' | 'poll'>;
}

export function createInventoryRouter({ answers }: InventoryServices) {
  return {
    query: os.inventory.query.handler(({ input }) => answers.query(input)),
    poll: os.inventory.poll.handler(({ input }) => answers.poll(input.cluster)),
  };
}
