import { existsSync } from 'node:fs';
import { Agent, request } from 'undici';
import { agentError, healthAnswer } from '#shared/contract/agent/dashboard';
import { fail } from '#shared/contract/errors';
import type { AgentConfig } from '../config/schema';
import { codeOf } from '../host/error-code';
import { stateFolders } from './context';

const DEADLINE_MS = 10_000;
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * Asks the agent of this machine over loopback, where everybody may look.
 * @param path as `/api/v1/status`
 * @throws Failure CONNECTION_REFUSED where no agent runs
 */
export function readLocal(config: AgentConfig, path: string, signal: AbortSignal) {
  return ask(`http://127.0.0.1:${config.api.port}${path}`, { method: 'GET', signal });
}

/** Whether an agent answers on this machine. */
export async function isRunning(config: AgentConfig, signal: AbortSignal): Promise<boolean> {
  try {
    return healthAnswer.safeParse(await readLocal(config, '/health', signal)).success;
  } catch {
    return false;
  }
}

/**
 * Asks the agent of this machine over its socket, which only its own user may open: with the rights
 * of an admin.
 */
export async function actLocally(
  config: AgentConfig,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const { socket } = stateFolders(config);
  if (!existsSync(socket)) throw notRunning();
  const dispatcher = new Agent({ connect: { socketPath: socket } });
  try {
    return await ask(`http://node-agent${path}`, { method, body, signal, dispatcher });
  } finally {
    await dispatcher.destroy();
  }
}

interface Ask {
  method: 'GET' | 'POST' | 'DELETE';
  body?: unknown;
  signal: AbortSignal;
  dispatcher?: Agent;
}

async function ask(url: string, { method, body, signal, dispatcher }: Ask): Promise<unknown> {
  let status: number;
  let text: string;
  try {
    const answer = await request(url, {
      method,
      signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
      headers: { accept: 'application/json', ...(body !== undefined && JSON_TYPE) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(dispatcher && { dispatcher }),
    });
    status = answer.statusCode;
    text = await answer.body.text();
  } catch (error) {
    throw told(error, signal);
  }
  if (text.length > MAX_BYTES) throw notAnAgent(status);
  const value = parsed(text);
  if (status >= 200 && status < 300 && value !== undefined) return value;
  const refusal = agentError.safeParse(value);
  if (!refusal.success) throw notAnAgent(status);
  const { code, message, remedy } = refusal.data;
  throw fail('SERVER_ERROR', { remedy, status, detail: code }, message);
}

const JSON_TYPE = { 'content-type': 'application/json' };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function told(error: unknown, signal: AbortSignal): unknown {
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

const notAnAgent = (status: number) =>
  fail(
    'BAD_RESPONSE',
    {
      remedy: 'Another program may listen on the port of api.port: give one of them another.',
      status,
    },
    'What answers there is no node agent.',
  );
