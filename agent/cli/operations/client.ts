import {
  type AgentOperation,
  agentOperation,
  type CandidatesAnswer,
  candidatesAnswer,
  type OperationAnswer,
  type OperationPlan,
  type OperationWish,
  operationAnswer,
  operationPlan,
  operationsAnswer,
  type PlanRequest,
  wishAnswer,
} from '#shared/contract/agent/operations';
import { type AgentLine, understood } from '../agent-line';

const PATH = '/api/v1/operations';
/** For what looks at all nodes, some of which may not answer. */
const LOOK_MS = 120_000;

/** Operations, asked of one agent with the rights of an admin. */
export class OperationsClient {
  readonly #line: AgentLine;
  readonly #signal: AbortSignal;

  constructor(line: AgentLine, signal: AbortSignal) {
    this.#line = line;
    this.#signal = signal;
  }

  async candidates(): Promise<CandidatesAnswer> {
    return understood(candidatesAnswer, await this.#ask('GET', '/candidates', undefined, LOOK_MS));
  }

  /** Changes nothing. */
  async plan(request: PlanRequest): Promise<OperationPlan> {
    return understood(operationPlan, await this.#ask('POST', '/plan', request, LOOK_MS));
  }

  /** Sent once, whatever comes back. @throws Failure PLAN_STALE | CHECKS_FAILED | ... */
  async start(planHash: string, confirm: string): Promise<AgentOperation> {
    const request = { plan_hash: planHash, confirm };
    return understood(agentOperation, await this.#ask('POST', '', request, LOOK_MS));
  }

  /** Newest first. */
  async list(): Promise<AgentOperation[]> {
    return understood(operationsAnswer, await this.#ask('GET', '')).operations;
  }

  async get(id: string): Promise<OperationAnswer> {
    return understood(operationAnswer, await this.#ask('GET', `/${encodeURIComponent(id)}`));
  }

  /** @returns what will happen, in a sentence */
  async wish(id: string, wish: OperationWish): Promise<string> {
    const path = `/${encodeURIComponent(id)}/${wish}`;
    return understood(wishAnswer, await this.#ask('POST', path, {})).message;
  }

  /** The whole of it at once and at each change, until the stream ends or breaks. */
  async *events(id: string, signal: AbortSignal): AsyncGenerator<OperationAnswer> {
    const path = `${PATH}/${encodeURIComponent(id)}/events`;
    for await (const item of this.#line.listen(path, signal)) {
      yield understood(operationAnswer, item);
    }
  }

  #ask(method: 'GET' | 'POST', path: string, body?: unknown, deadlineMs?: number) {
    return this.#line.act(method, PATH + path, body, this.#signal, deadlineMs);
  }
}
