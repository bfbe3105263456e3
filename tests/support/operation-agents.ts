import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import {
  isOver,
  type OperationAnswer,
  type OperationPlan,
  type OperationWish,
} from '#shared/contract/agent/operations';
import type { Client } from '#shared/contract/index';
import { makeCertificate, type TestCertificate } from './certificates';
import { overviewOf } from './overview';

const TOKEN = 'cdk_abc_0123456789abcdef';
export const HASH = 'ab'.repeat(32);
export const STARTED = Date.parse('2026-11-21T12:00:00Z');
export const OPERATION = '11111111-2222-4333-8444-555555555555';

/** A handoff as planned. */
export function planOf(changes: Partial<OperationPlan> = {}): OperationPlan {
  const none = { count: 0, items: [] };
  return {
    hash: HASH,
    kind: 'handoff',
    version: 1,
    title: 'SLURM controller: a1 to a2',
    params: { role: 'slurm-controller', to: 'a2' },
    procedure: 'A',
    reason: 'a2 is a proven backup on the shared folder.',
    checks: [
      { id: 'clocks', title: 'Clocks are in step', state: 'ok', detail: '4 ms apart.', remedy: '' },
    ],
    steps: ['Hold both', 'Stop a1', 'Start a2', 'Prove it'].map((title, index) => ({
      id: `step-${index + 1}`,
      title,
      detail: `${title}, and look.`,
      class: index === 2 ? 'pivot' : 'idempotent',
      expected_ms: 500,
      deadline_ms: 30_000,
    })),
    expected_pause_ms: 600,
    expected_ms: 5000,
    blast: {
      goes_on: {
        count: 1,
        items: [
          { id: '1042', name: 'train', user: 'ada', state: 'RUNNING', nodes: ['a3'], note: '' },
        ],
      },
      waits: none,
      cannot: none,
    },
    irreversible: [],
    confirm: 'a2',
    rollback_ms: 3_600_000,
    made_at: STARTED - 60_000,
    made_by: "ada's desk",
    ...changes,
  };
}

/** The same under way, with its first steps done. */
export function answerOf(
  changes: Partial<OperationAnswer['operation']> = {},
  more: Partial<Omit<OperationAnswer, 'operation'>> = {},
  done = 1,
): OperationAnswer {
  const plan = more.plan ?? planOf();
  return {
    operation: {
      id: OPERATION,
      kind: plan.kind,
      version: plan.version,
      title: plan.title,
      plan_hash: plan.hash,
      params: plan.params,
      state: 'running',
      steps: plan.steps.map(({ id, title, class: kind, expected_ms, deadline_ms }, index) => ({
        id,
        title,
        class: kind,
        state: index < done ? 'done' : index === done ? 'intent' : 'pending',
        found: false,
        expected_ms,
        deadline_ms,
        attempts: index <= done ? 1 : 0,
        started_at: index <= done ? STARTED + index * 400 : null,
        ended_at: index < done ? STARTED + index * 400 + 230 : null,
        waiting_on: index === done ? 'port 6817 of a1 to close' : null,
        progress: null,
        error: '',
      })),
      pivot_passed: false,
      epoch: 7,
      serial: 1,
      coordinator: 'a3',
      notes: {},
      created_by: "ada's desk",
      created_at: STARTED,
      ended_at: null,
      rollback_until: null,
      reason: '',
      ...changes,
    },
    plan,
    log: [{ at: STARTED + 10, step: 'step-1', node: 'a1', text: 'scontrol ping: UP' }],
    pulse: null,
    wish: null,
    ...more,
  };
}

/** What an agent of a test answers to an order: a refusal, a body, or its connection breaks off. */
export type Answered =
  | { status: number; body: unknown; lost?: false }
  | { lost: true; status?: never; body?: never };

interface Asked {
  node: number;
  method: string;
  path: string;
  body: unknown;
}

/**
 * The operations' part of node agents that a test leads by hand: several nodes with one memory, as
 * the shared state makes it. Ends with the test.
 */
export class OperationAgents {
  readonly operations = new Map<string, OperationAnswer>();
  readonly asked: Asked[] = [];
  /** what they let in */
  readonly token = TOKEN;
  rights: 'viewer' | 'operator' | 'admin' = 'operator';
  /** what they tell of their cluster */
  overview: Parameters<typeof overviewOf>[0] = {};
  /** what else they answer, before anything of this; null: as always */
  onOther: (method: string, path: string, body: unknown) => Answered | null = () => null;
  /** whether these agents know of operations at all */
  hasOperations = true;
  /** what orders are answered with; by what the contract says otherwise */
  onPost: (path: string, body: unknown) => Answered | null = () => null;
  readonly #nodes: Node[] = [];

  static async start(nodes = 2): Promise<OperationAgents> {
    const agents = await OperationAgents.listen(nodes);
    onTestFinished(() => agents.close());
    return agents;
  }

  /** As {@link start}, for whoever ends them himself. */
  static async listen(nodes = 2): Promise<OperationAgents> {
    const agents = new OperationAgents();
    for (let index = 0; index < nodes; index += 1) {
      const certificate = await makeCertificate();
      agents.#nodes.push(await Node.listen(certificate, agents.#handler(index)));
    }
    return agents;
  }

  /** Puts the cluster on a deck. */
  async join(
    client: Client,
    changes: { protected?: boolean; readOnly?: boolean; clusterId?: string; name?: string } = {},
  ) {
    const endpoints = this.#nodes.map(({ port, certificate }) => ({
      host: '127.0.0.1',
      port,
      pin: certificate.fingerprint,
    }));
    const { uuid } = await client.clusters.create({
      clusterId: 'atelier',
      name: 'Atelier',
      kind: 'clusteros',
      authKind: 'token',
      user: '',
      endpoints,
      secret: TOKEN,
      ...changes,
    });
    return uuid;
  }

  /** SHA-256 of a node's certificate, `AA:BB:...` */
  fingerprint(node: number): string {
    return this.#nodes[node]?.certificate.fingerprint ?? '';
  }

  /** `host:port` of a node. */
  label(node: number): string {
    return `127.0.0.1:${this.#nodes[node]?.port}`;
  }

  /** Writes an operation, as its coordinator would: watchers hear of it. */
  put(answer: OperationAnswer): void {
    this.operations.set(answer.operation.id, answer);
    for (const node of this.#nodes) node.tell(answer);
  }

  /** Power off: connections break, and nothing listens any more. */
  async die(node: number): Promise<void> {
    await this.#nodes[node]?.close();
  }

  /** The node's streams go on and tell nothing any more, as those of a frozen one. */
  freeze(node: number): void {
    const frozen = this.#nodes[node];
    if (frozen !== undefined) frozen.isFrozen = true;
  }

  /** How many follow an operation at this node. */
  followers(node: number): number {
    return this.#nodes[node]?.followers ?? 0;
  }

  posts(): Asked[] {
    return this.asked.filter(({ method }) => method === 'POST');
  }

  async close(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.close()));
  }

  #handler(index: number) {
    return async (request: IncomingMessage, response: ServerResponse, node: Node) => {
      const { method = 'GET', url = '/' } = request;
      const said = await text(request);
      const body: unknown = said === '' ? null : JSON.parse(said);
      this.asked.push({ node: index, method, path: url, body });
      if (request.headers.authorization !== `Bearer ${TOKEN}`) return refuse(response, 401);
      if (node.isFrozen) return;
      const other = this.onOther(method, url, body);
      if (other !== null) return answer(response, other);
      if (url === '/api/v1/overview') {
        return send(response, overviewOf({ ...this.overview, rights: this.rights }));
      }
      if (url === '/api/v1/events') return node.hear(response, null);
      if (!url.startsWith('/api/v1/operations') || !this.hasOperations)
        return refuse(response, 404);
      if (method === 'POST') return this.#post(url, body, response);
      return this.#get(url, response, node);
    };
  }

  #post(url: string, body: unknown, response: ServerResponse): void {
    const answered = this.onPost(url, body) ?? this.#asTheContract(url);
    answer(response, answered);
  }

  #asTheContract(url: string): Answered {
    if (url === '/api/v1/operations/plan') return { status: 200, body: planOf() };
    if (url === '/api/v1/operations') {
      const answer = answerOf();
      this.put(answer);
      return { status: 200, body: answer.operation };
    }
    const [id = '', wish] = url.slice('/api/v1/operations/'.length).split('/');
    const known = this.operations.get(id);
    if (known === undefined) return refusal(404, 'not-found');
    this.put({ ...known, wish: wish as OperationWish });
    return { status: 200, body: { ok: true, message: `It will ${wish}.` } };
  }

  #get(url: string, response: ServerResponse, node: Node): void {
    if (url === '/api/v1/operations') {
      const all = [...this.operations.values()].map(({ operation }) => operation);
      return send(response, { operations: all });
    }
    if (url === '/api/v1/operations/candidates') {
      const candidates = ['a1', 'a2'].map((name) => ({
        node: name,
        holds: name === 'a1',
        fit: name === 'a2',
        reasons: ['It is a backup.'],
      }));
      return send(response, { handoff: [{ role: 'slurm-controller', candidates }], leave: [] });
    }
    const [id = '', events] = url.slice('/api/v1/operations/'.length).split('/');
    const known = this.operations.get(id);
    if (known === undefined) return refuse(response, 404);
    if (events === undefined) return send(response, known);
    node.hear(response, id);
    node.tell(known);
  }
}

type Handle = (request: IncomingMessage, response: ServerResponse, node: Node) => Promise<void>;

/** One agent: its listener and who listens to it. */
class Node {
  readonly certificate: TestCertificate;
  isFrozen = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #streams = new Map<ServerResponse, string | null>();

  static async listen(certificate: TestCertificate, handle: Handle): Promise<Node> {
    const node = new Node(certificate, handle);
    await new Promise<void>((resolve) => node.#server.listen(0, '127.0.0.1', resolve));
    return node;
  }

  private constructor(certificate: TestCertificate, handle: Handle) {
    this.certificate = certificate;
    const { key, cert } = certificate;
    this.#server = createServer({ key, cert }, (request, response) => {
      void handle(request, response, this);
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get followers(): number {
    return [...this.#streams.values()].filter((id) => id !== null).length;
  }

  /** @param id the operation it wants to hear of; null: of everything, in short */
  hear(response: ServerResponse, id: string | null): void {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write('retry: 3000\n\n');
    this.#streams.set(response, id);
    response.on('close', () => this.#streams.delete(response));
  }

  tell(answer: OperationAnswer): void {
    if (this.isFrozen) return;
    const { id } = answer.operation;
    for (const [response, wanted] of this.#streams) {
      if (wanted === null) {
        const event = { id: 1, at: 1_795_262_400, kind: 'operation', subject: id };
        response.write(`data: ${JSON.stringify(event)}\n\n`);
      } else if (wanted === id) {
        response.write(`data: ${JSON.stringify(answer)}\n\n`);
        if (isOver(answer.operation)) response.end();
      }
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** What an agent refuses with. */
export const refusal = (status: number, code: string, more: object = {}): Answered => ({
  status,
  body: { ok: false, code, message: `Refused: ${code}.`, remedy: 'Do this.', ...more },
});

function answer(response: ServerResponse, answered: Answered): void {
  if (answered.lost === true) response.socket?.destroy();
  else send(response, answered.body, answered.status);
}

function refuse(response: ServerResponse, status: number): void {
  send(response, refusal(status, status === 404 ? 'not-found' : 'token-unknown').body, status);
}

function send(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}
