import type { Clock, Logger, Supervisor } from '../../ports';
import { ChildDaemon } from './child';

export interface OwnedSupervisor extends Supervisor {
  /** Stops looking after the daemons; they run on. */
  release(): void;
}

/** Daemons as processes of their own, for machines without systemd. */
export function superviseChildren(deps: {
  clock: Clock;
  logger: Logger;
  /** what outlives the agent: one record and one log per daemon */
  folder: string;
}): OwnedSupervisor {
  const daemons = new Map<string, ChildDaemon>();
  const named = (name: string) => {
    const known = daemons.get(name);
    if (known !== undefined) return known;
    const made = new ChildDaemon(name, deps);
    daemons.set(name, made);
    return made;
  };
  return {
    start: (spec) => named(spec.name).start(spec),
    stop: (name, options) => named(name).stop(options?.force === true),
    async restart(spec) {
      await named(spec.name).stop(false);
      await named(spec.name).start(spec);
    },
    signal: (name, signal) => named(name).signal(signal),
    state: (name) => named(name).state(),
    release() {
      for (const daemon of daemons.values()) daemon.release();
    },
  };
}
