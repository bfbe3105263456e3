import { type Dispatcher, request } from 'undici';
import { agentError } from '#shared/contract/agent/dashboard';
import { type ErrorCode, Failure, fail, failureView } from '#shared/contract/errors';

const DEADLINE_MS = 10_000;
/** An event stream says every 15 s that it is there. */
const SILENCE_MS = 45_000;
const MAX_BYTES = 32 * 1024 * 1024;

/** Asks one agent with the rights of an admin; on this machine or elsewhere. */
export interface AgentLine {
  /**
   * Sent once, whatever comes back.
   * @param path as `/api/v1/tokens`
   * @throws Failure of the connection, and what the agent refuses with
   */
  act(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body: unknown,
    signal: AbortSignal,
    deadlineMs?: number,
  ): Promise<unknown>;
  /**
   * Follows an event stream; each item is the parsed data of one event. Ends when the agent ends it.
   * @throws Failure also where it broke off or nothing was heard for a while
   */
  listen(path: string, signal: AbortSignal): AsyncGenerator<unknown>;
}

/** Where a request goes, and how its failures are told. */
export interface Way {
  /** as `http://127.0.0.1:9090` */
  origin: string;
  /** made anew for each request, and ended after it */
  dispatcher?: () => Dispatcher;
  headers?: Record<string, string>;
  /** what a failure of the connection means here */
  told(error: unknown, lost: Lost): unknown;
}

/** A request that was not answered. */
export interface Lost {
  /** of whoever asked */
  signal: AbortSignal;
  /** that, or the deadline */
  until: AbortSignal;
  isMutation: boolean;
}

interface Ask {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  body?: unknown;
  signal: AbortSignal;
  deadlineMs?: number | undefined;
}

/** One request and its answer. @throws Failure */
export async function ask(way: Way, asked: Ask): Promise<unknown> {
  const { method, path, body, signal, deadlineMs = DEADLINE_MS } = asked;
  const dispatcher = way.dispatcher?.();
  const until = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  let status: number;
  let text: string;
  try {
    const answer = await request(way.origin + path, {
      method,
      signal: until,
      headers: {
        accept: 'application/json',
        ...way.headers,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(dispatcher && { dispatcher }),
    });
    status = answer.statusCode;
    text = await answer.body.text();
  } catch (error) {
    throw way.told(error, { signal, until, isMutation: method !== 'GET' });
  } finally {
    await dispatcher?.destroy();
  }
  if (text.length > MAX_BYTES) throw notAnAgent(status);
  const value = parsed(text);
  if (status >= 200 && status < 300 && value !== undefined) return value;
  throw refusalOf(status, value);
}

/** The items of an event stream. @throws Failure */
export async function* listen(
  way: Way,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  const dispatcher = way.dispatcher?.();
  try {
    const { statusCode, body } = await request(way.origin + path, {
      method: 'GET',
      signal,
      headers: { accept: 'text/event-stream', ...way.headers },
      bodyTimeout: SILENCE_MS,
      ...(dispatcher && { dispatcher }),
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
    if (error instanceof Failure) throw error;
    throw way.told(error, { signal, until: signal, isMutation: false });
  } finally {
    await dispatcher?.destroy();
  }
}

/** As the agent threw it, where its word for it is one of ours. */
function refusalOf(status: number, value: unknown): Failure {
  const refusal = agentError.safeParse(value);
  if (!refusal.success) return notAnAgent(status);
  const { code, message, remedy, outcome } = refusal.data;
  const known = failureView.shape.code.safeParse(code.toUpperCase().replaceAll('-', '_'));
  const data = { remedy, status, detail: code, ...(outcome !== undefined && { outcome }) };
  return fail(known.data ?? BY_STATUS[status] ?? 'SERVER_ERROR', data, message);
}

/** Who asks is not believed, or may not; the agent's own words for it are none of ours. */
const BY_STATUS: Record<number, ErrorCode> = { 401: 'AUTH_FAILED', 403: 'PERMISSION_DENIED' };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

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
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw fail('BAD_RESPONSE', { remedy: 'The agent that runs has another version: restart it.' });
}
