import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import { systemClock } from '../host/clock';
import { isAlive, type ProcessId, signalProcess } from '../host/supervisor/process-table';
import { type CommandContext, loadConfig, stateFolders } from './context';
import { notRunning } from './local-api';

const WAIT_MS = 40_000;
const POLL_MS = 100;

export interface StopOptions {
  leave?: boolean;
}

const processId = z.object({ pid: z.number(), startTicks: z.number(), bootId: z.string() });

/** `node-agent stop`: waits until it has ended. Under systemd it is not started again by itself. */
export async function stop({ leave }: StopOptions, context: CommandContext): Promise<0> {
  const { config } = await loadConfig(context);
  const agent = await runningAgent(stateFolders(config).pid);
  const wish = leave === true ? 'SIGUSR2' : 'SIGTERM';
  if (agent === null || !(await isAlive(agent))) throw notRunning();
  if (!(await signalProcess(agent, wish, { group: false }))) {
    throw fail('PERMISSION_DENIED', { remedy: 'Run it as root, as the agent runs.' });
  }
  const until = systemClock.monotonic() + WAIT_MS;
  while (await isAlive(agent)) {
    if (systemClock.monotonic() > until) {
      const remedy = 'Look into its log; nothing was forced.';
      throw fail(
        'TIMEOUT',
        { remedy },
        `The node agent (process ${agent.pid}) did not end in time.`,
      );
    }
    await systemClock.sleep(POLL_MS, context.io.signal);
  }
  context.out.result({ ok: true }, () => 'The node agent has ended; its daemons and jobs run on.');
  return 0;
}

async function runningAgent(path: string): Promise<ProcessId | null> {
  try {
    return processId.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}
