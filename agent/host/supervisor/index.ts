import { existsSync } from 'node:fs';
import type { Clock, Commands, Logger } from '../../ports';
import { type OwnedSupervisor, superviseChildren } from './children';
import { superviseUnits } from './systemd';

/** Whether systemd runs this machine, as sd_booted(3) tells. */
export const hasSystemd = () => existsSync('/run/systemd/system');

/** The supervisor that fits this machine. @param folder what outlives the agent of its children */
export function createSupervisor(deps: {
  clock: Clock;
  logger: Logger;
  commands: Commands;
  folder: string;
}): OwnedSupervisor {
  if (!hasSystemd()) return superviseChildren(deps);
  return Object.assign(superviseUnits(deps), { release() {} });
}
