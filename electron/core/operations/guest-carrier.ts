import { type GuestAction, guestAction } from '#shared/contract/operations';
import { ACTIONS } from './actions';
import type { ItemCarrier, ItemWork } from './carriers';
import { ItemRun, type ItemRunDeps } from './item-run';

/** Actions on guests become tasks of their cluster, which are followed. */
export class GuestCarrier implements ItemCarrier {
  readonly word = 'guest';
  readonly #deps: ItemRunDeps;

  constructor(deps: ItemRunDeps) {
    this.#deps = deps;
  }

  atOnce(action: string): number {
    return ACTIONS[guestAction.parse(action)].atOnce;
  }

  /** Sends the action and follows it. */
  perform(action: GuestAction): ItemWork {
    return (record, signal) => new ItemRun(action, record, this.#deps, signal).perform();
  }

  takeUp(action: string): ItemWork {
    return (record, signal) => {
      const run = new ItemRun(guestAction.parse(action), record, this.#deps, signal);
      const { upid } = record.read();
      return upid === null ? run.reconcile() : run.follow(upid);
    };
  }
}
