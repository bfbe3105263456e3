import { existsSync } from 'node:fs';
import { Agent, request } from 'undici';
import { agentError, healthAnswer } from '#shared/contract/agent/dashboard';
import { Failure, fail, failureView } from '#shared/contract/errors';
import type { AgentConfig } from '../config/schema';
import { codeOf } from '../host/error-code';
import { stateFolders } from './context';

const DEADLINE_MS = 10_000;
/** An event stream says every 15 s that it is there. */
const SILENCE_MS = 45_000;
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
  deadlineMs: number = DEADLINE_MS,
): Promise<unknown> {
  const dispatcher = overSocket(config);
  try {
    return await ask(`http://node-agent${path}`, { method, body, signal, dispatcher, deadlineMs });
  } finally {
    await dispatcher.destroy();
  }
}

/**
 * Follows an event stream of the agent of this machine over its socket; each item is the parsed data
 * of one event. Ends when the agent ends it, or is not heard of for a while.
 * @throws Failure CONNECTION_REFUSED, TIMEOUT where it broke off, and what the agent refuses with
 */
export async function* listenLocally(
  config: AgentConfig,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  const dispatcher = overSocket(config);
  try {
    const { statusCode, body } = await request(`http://node-agent${path}`, {
      method: 'GET',
      signal,
      headers: { accept: 'text/event-stream' },
      dispatcher,
      bodyTimeout: SILENCE_MS,
    });
    if (statusCode !== 200) throw refusalOf(statusCode, parsed(await body.text()));
    body.setEncoding('utf8');
    let rest = '';
    for await (const chunk of body) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('data:')) yield parsed(line.slice('data:'.length));
      }
    }
  } catch (error) {
    throw error instanceof Failure ? error : told(error, signal);
  } finally {
    await dispatcher.destroy();
  }
}

/** @throws Failure CONNECTION_REFUSED where no agent runs */
function overSocket(config: AgentConfig): Agent {
  const { socket } = stateFolders(config);
  if (!existsSync(socket)) throw notRunning();
  return new Agent({ connect: { socketPath: socket } });
}

interface Ask {
  method: 'GET' | 'POST' | 'DELETE';
  body?: unknown;
  signal: AbortSignal;
  dispatcher?: Agent;
  deadlineMs?: number;
}

async function ask(url: string, options: Ask): Promise<unknown> {
  const { method, body, signal, dispatcher, deadlineMs = DEADLINE_MS } = options;
  let status: number;
  let text: string;
  try {
    const answer = await request(url, {
      method,
      signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
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
  throw refusalOf(status, value);
}

/** As the agent threw it, where its word for it is one of ours. */
function refusalOf(status: number, value: unknown): Failure {
  const refusal = agentError.safeParse(value);
  if (!refusal.success) return notAnAgent(status);
  const { code, message, remedy, outcome } = refusal.data;
  const known = failureView.shape.code.safeParse(code.toUpperCase().replaceAll('-', '_'));
  const data = { remedy, status, detail: code, ...(outcome !== undefined && { outcome }) };
  return fail(known.data ?? 'SERVER_ERROR', data, message);
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

interface Parser<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

/** @throws Failure BAD_RESPONSE for what another version says */
export function understood<T>(schema: Parser<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw fail('BAD_RESPONSE', { remedy: 'The agent that runs has another version: restart it.' });
}
