import { fail } from '#shared/contract/errors';
import type { State } from './state/types';

/** A state for parts that are made before it: which it is follows from how this node joins. */
export interface LaterState extends State {
  /** From now on everything goes to this one. */
  become(state: State): void;
}

/** As long as there is none, it is unreachable, as a state whose members are all down. */
export function laterState(): LaterState {
  let real: State | null = null;
  const now = (): State => {
    if (real !== null) return real;
    throw fail(
      'UNREACHABLE',
      {
        remedy:
          'Wait until this node has joined its cluster; "node-agent status" says why it waits.',
      },
      'The shared state is not there yet.',
    );
  };
  return {
    become(state) {
      real = state;
    },
    get: async (...args) => now().get(...args),
    list: async (...args) => now().list(...args),
    commit: async (...args) => now().commit(...args),
    lease: async (...args) => now().lease(...args),
    campaign: async (...args) => now().campaign(...args),
    leader: async (...args) => now().leader(...args),
    async *watch(...args) {
      yield* now().watch(...args);
    },
    revision: async () => now().revision(),
    health: async () => real?.health() ?? 'unreachable',
    close: async () => real?.close(),
  };
}
