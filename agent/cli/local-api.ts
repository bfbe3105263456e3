import { existsSync } from 'node:fs';
import { Agent } from 'undici';
import { healthAnswer } from '#shared/contract/agent/dashboard';
import { fail } from '#shared/contract/errors';
import type { AgentConfig } from '../config/schema';
import { codeOf } from '../host/error-code';
import { type AgentLine, ask, type Lost, listen, type Way } from './agent-line';
import { stateFolders } from './context';

/**
 * Asks the agent of this machine over loopback, where everybody may look.
 * @param path as `/api/v1/status`
 * @throws Failure CONNECTION_REFUSED where no agent runs
 */
export function readLocal(config: AgentConfig, path: string, signal: AbortSignal) {
  const way: Way = { origin: `http://127.0.0.1:${config.api.port}`, told };
  return ask(way, { method: 'GET', path, signal });
}

/** Whether an agent answers on this machine. */
export async function isRunning(config: AgentConfig, signal: AbortSignal): Promise<boolean> {
  try {
    return healthAnswer.safeParse(await readLocal(config, '/health', signal)).success;
  } catch {
    return false;
  }
}

/** The agent of this machine over its socket, which only its own user may open. */
export function localLine(config: AgentConfig): AgentLine {
  return {
    act: async (method, path, body, signal, deadlineMs) =>
      ask(overSocket(config), { method, path, body, signal, deadlineMs }),
    async *listen(path, signal) {
      yield* listen(overSocket(config), path, signal);
    },
  };
}

/** @throws Failure CONNECTION_REFUSED where no agent runs */
function overSocket(config: AgentConfig): Way {
  const { socket } = stateFolders(config);
  if (!existsSync(socket)) throw notRunning();
  const dispatcher = () => new Agent({ connect: { socketPath: socket } });
  return { origin: 'http://node-agent', dispatcher, told };
}

function told(error: unknown, { signal }: Lost): unknown {
  if (signal.aborted) return fail('ABORTED', { remedy: 'Run it again when you want to.' });
  const code = codeOf(error);
  if (code === 'EACCES') {
    return fail('PERMISSION_DENIED', { remedy: 'Run it as root, as the agent runs.' });
  }
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return notRunning();
  return fail('TIMEOUT', {
    remedy: 'Look into the log of the node agent: it runs but does not answer.',
    detail: code,
  });
}

export const notRunning = () =>
  fail(
    'CONNECTION_REFUSED',
    {
      remedy:
        'Start it with "systemctl start clusterdeck-node-agent" or "node-agent start", or look with "node-agent doctor" why it does not run.',
    },
    'No node agent runs on this machine.',
  );
