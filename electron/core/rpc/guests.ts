import type { GuestActions } from '../operations/guest-actions';
import type { Guests } from '../operations/guests';
import { os } from './base';

interface GuestServices {
  guests: Pick<Guests, 'show'>;
  guestActions: Pick<GuestActions, 'act'>;
}

export function createGuestsRouter({ guests, guestActions }: GuestServices) {
  return {
    act: os.guests.act.handler(({ input }) => guestActions.act(input)),
    show: os.guests.show.handler(({ input }) => guests.show(input.uuid, input.guestId)),
  };
}
