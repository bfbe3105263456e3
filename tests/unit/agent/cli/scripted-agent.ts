import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type {
  AgentOperation,
  OperationAnswer,
  OperationPlan,
  OperationStep,
} from '#shared/contract/agent/operations';
import type { TestCertificate } from '#tests/support/certificates';

export const HASH = 'a'.repeat(64);
export const ID = '6f0e4c2a-0f5d-4c0e-9d43-0123456789ab';
const AT = Date.parse('2026-11-22T03:00:00Z');

export const PLAN: OperationPlan = {
  hash: HASH,
  kind: 'handoff',
  version: 1,
  title: 'SLURM controller: a1 to a2',
  params: { role: 'slurm-controller', to: 'a2' },
  procedure: 'A',
  reason: 'Both see the same state.',
  checks: [
    { id: 'clocks', title: 'Clocks are in step', state: 'ok', detail: '3 ms apart', remedy: '' },
  ],
  steps: [
    plannedStep('hold', 'Hold both controllers', 'idempotent'),
    plannedStep('start', 'Start slurmctld on a2', 'pivot'),
  ],
  expected_pause_ms: 500,
  expected_ms: 5_000,
  blast: {
    goes_on: {
      count: 12,
      items: Array.from({ length: 12 }, (_, at) => ({
        id: String(100 + at),
        name: 'sim',
        user: 'ada',
        state: 'RUNNING',
        nodes: ['a3'],
        note: '',
      })),
    },
    waits: { count: 0, items: [] },
    cannot: { count: 0, items: [] },
  },
  irreversible: [],
  confirm: 'a2',
  rollback_ms: 86_400_000,
  made_at: AT,
  made_by: 'root of a1',
};

function plannedStep(id: string, title: string, kind: 'idempotent' | 'pivot') {
  return { id, title, detail: '', class: kind, expected_ms: 400, deadline_ms: 10_000 };
}

/** One moment of the handoff. @param steps what differs from steps that wait */
export function moment(
  changes: Partial<AgentOperation> = {},
  steps: readonly Partial<OperationStep>[] = [],
  more: Partial<OperationAnswer> = {},
): OperationAnswer {
  const operation: AgentOperation = {
    id: ID,
    kind: 'handoff',
    version: 1,
    title: PLAN.title,
    plan_hash: HASH,
    params: PLAN.params,
    state: 'running',
    steps: PLAN.steps.map(({ id, title, class: kind, expected_ms, deadline_ms }, at) => ({
      id,
      title,
      class: kind,
      expected_ms,
      deadline_ms,
      state: 'pending',
      found: false,
      attempts: 0,
      started_at: null,
      ended_at: null,
      waiting_on: null,
      progress: null,
      error: '',
      ...steps[at],
    })),
    pivot_passed: false,
    epoch: 3,
    serial: 1,
    coordinator: 'a3',
    notes: {},
    created_by: 'root of a1',
    created_at: AT,
    ended_at: null,
    rollback_until: null,
    reason: '',
    ...changes,
  };
  return { operation, plan: PLAN, log: [], pulse: null, wish: null, ...more };
}

export const done = (from: number, to: number): Partial<OperationStep> => ({
  state: 'done',
  attempts: 1,
  started_at: AT + from,
  ended_at: AT + to,
});
export const UNDER_WAY: Partial<OperationStep> = { state: 'intent', attempts: 1, started_at: AT };
export const ENDED: Partial<AgentOperation> = {
  state: 'done',
  pivot_passed: true,
  ended_at: AT + 5_200,
  rollback_until: AT + 86_400_000,
};

export const refusal = (code: string, message: string, remedy: string) => ({
  ok: false,
  code,
  message,
  remedy,
});

export interface Script {
  plan?: () => object;
  /** null: the connection breaks off before an answer */
  start?: () => object | null;
  list?: () => readonly AgentOperation[];
  /** one array per connection, which ends after it; the last one's stays open */
  events?: readonly (readonly OperationAnswer[])[];
  candidates?: object;
  onWish?: () => void;
  /** answers first; undefined: it says nothing to that. @param what as `GET /api/v1/merge/card` */
  more?: (what: string, body: unknown) => object | undefined;
  /** of refusals; 409 where it is left out */
  status?: number;
}

/** What answers on the agent's socket in place of an agent, and what it was asked. */
export class ScriptedAgent {
  readonly asked: { request: string; body: unknown }[] = [];
  /** headers `authorization` of what was asked */
  readonly tokens = new Set<string | undefined>();
  script: Script = {};
  readonly #socket: string;
  #server: Server = createServer();
  #streams = 0;

  constructor(folder: string) {
    mkdirSync(join(folder, 'state'), { recursive: true });
    this.#socket = join(folder, 'state', 'agent.sock');
  }

  listen(): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    return new Promise((resolve) => this.#server.listen(this.#socket, resolve));
  }

  /** As other machines reach it. @returns its port on loopback */
  async listenWith({ key, cert }: TestCertificate): Promise<number> {
    const tls = createTlsServer({ key, cert }, (request, response) => {
      this.tokens.add(request.headers.authorization);
      void this.#answer(request, response);
    });
    this.#server = tls;
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    const address = tls.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** As when the agent ends: connections break, the socket is gone. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#socket, { force: true });
  }

  count(request: string): number {
    return this.asked.filter((one) => one.request === request).length;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const what = `${request.method} ${request.url?.replace('/api/v1/operations', '')}`.trim();
    const body = await text(request);
    const said: unknown = body === '' ? undefined : JSON.parse(body);
    this.asked.push({ request: what, body: said });
    const answer = this.script.more?.(what, said) ?? this.#answers(what);
    if (answer === null) {
      response.destroy();
      return;
    }
    if (answer !== EVENTS) {
      response.writeHead('code' in answer ? (this.script.status ?? 409) : 200, {
        'content-type': 'application/json',
      });
      response.end(JSON.stringify(answer));
      return;
    }
    const { events = [] } = this.script;
    const items = events[Math.min(this.#streams++, events.length - 1)] ?? [];
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 3000\n\n');
    for (const item of items) response.write(`id: 1\ndata: ${JSON.stringify(item)}\n\n`);
    if (this.#streams < events.length) response.end();
  }

  #answers(what: string): object | null {
    const { plan, start, list, candidates = {} } = this.script;
    switch (what) {
      case 'POST /plan':
        return plan?.() ?? PLAN;
      case 'POST':
        return start === undefined ? moment().operation : start();
      case 'GET':
        return { operations: list?.() ?? [moment().operation] };
      case 'GET /candidates':
        return candidates;
      case `GET /${ID}`:
        return this.script.events?.at(-1)?.at(-1) ?? moment();
      case `GET /${ID}/events`:
        return EVENTS;
      default:
        if (!what.startsWith('POST /')) {
          return refusal('not-found', 'There is nothing at this address.', '');
        }
        this.script.onWish?.();
        return { ok: true, message: 'It is undone after this step.' };
    }
  }
}

const EVENTS = {};
