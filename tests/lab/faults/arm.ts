import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { LabHost } from '#tests/lab/host';

/** Something that waits in a host to strike: what takes long to begin has begun already. */
export interface Armed {
  /** Strikes, and returns when it has. */
  strike(): Promise<void>;
  /** Goes away without striking. */
  drop(): void;
}

/** @param line of shell, run in the host at the moment of the strike */
export function arm(host: LabHost, line: string): Armed {
  const [program, ...args] = host.enter(['sh', '-c', `read -r _ || exit 0; ${line}`]);
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'] });
  const over = once(child, 'exit');
  child.stdin.on('error', () => undefined);
  return {
    async strike() {
      child.stdin.end('\n');
      await over;
    },
    drop: () => void child.stdin.end(),
  };
}

/** Ends the agent as a crash does. @param returns whether it is started again at once, as by systemd */
export const killAgent = (returns: boolean): string =>
  `${returns ? '' : 'touch /run/lab/agent.off; '}kill -9 "$(cat /run/lab/agent.pid)"`;
