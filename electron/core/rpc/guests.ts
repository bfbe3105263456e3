import type { Guests } from '../operations/guests';
import type { Operations } from '../operations/service';
import { os } from './base';

interface GuestServices {
  guests: Pick<Guests, 'show'>;
  operations: Pick<Operations, 'act'>;
}

export function createGuestsRouter({ guests, operations }: GuestServices) {
  return {
    act: os.guests.act.handler(({ input }) => operations.act(input)),
    show: os.guests.show.handler(({ input }) => guests.show(input.uuid, input.guestId)),
  };
}
