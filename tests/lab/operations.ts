import type { z } from 'zod';
import { agentError } from '#shared/contract/agent/dashboard';
import {
  type AgentOperation,
  agentOperation,
  isOver,
  type OperationAnswer,
  type OperationPlan,
  type OperationWish,
  operationAnswer,
  operationPlan,
  operationsAnswer,
  type PlanRequest,
  wishAnswer,
} from '#shared/contract/agent/operations';
import type { LabHost } from '#tests/lab/host';
import { until } from '#tests/lab/process';

const SOCKET = '/var/lib/clusterdeck/agent.sock';
const BASE = '/api/v1/operations';

/** An agent's refusal, as it words it. */
export class Refused extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string) {
    super(`${code}: ${message} ${remedy}`.trim());
    this.code = code;
    this.remedy = remedy;
  }
}

/** Asks a host's agent over its own socket, with the rights of an admin. @throws Refused */
export async function act<T extends z.ZodType>(
  host: LabHost,
  shape: T,
  path: string,
  body?: unknown,
  deadlineMs = 30_000,
): Promise<z.output<T>> {
  const post = ['-X', 'POST', '-H', 'Content-Type: application/json', '--data-binary', '@-'];
  const how = ['-sS', '--max-time', String(deadlineMs / 1000), '--unix-socket', SOCKET];
  const text = await host.must(
    ['curl', ...how, ...(body === undefined ? [] : post), `http://node-agent${path}`],
    { deadlineMs: deadlineMs + 5_000, ...(body !== undefined && { input: JSON.stringify(body) }) },
  );
  const value: unknown = JSON.parse(text);
  const refusal = agentError.safeParse(value);
  if (refusal.success) {
    const { code, message, remedy } = refusal.data;
    throw new Refused(code, message, remedy);
  }
  return shape.parse(value);
}

/** Plans on that host. @throws Refused */
export const planOn = (host: LabHost, request: PlanRequest): Promise<OperationPlan> =>
  act(host, operationPlan, `${BASE}/plan`, request);

/** Starts what was planned, sent once. @throws Refused */
export const startOn = (
  host: LabHost,
  plan: Pick<OperationPlan, 'hash' | 'confirm'>,
  confirm = plan.confirm,
): Promise<AgentOperation> => act(host, agentOperation, BASE, { plan_hash: plan.hash, confirm });

/** Asks for something, sent once. @returns what will happen. @throws Refused */
export const wishOn = async (host: LabHost, id: string, wish: OperationWish): Promise<string> =>
  (await act(host, wishAnswer, `${BASE}/${id}/${wish}`, {})).message;

export const operationsOf = async (host: LabHost): Promise<AgentOperation[]> =>
  (await act(host, operationsAnswer, BASE)).operations;

/** The operation whole, from whichever host answers first in this order. */
export async function operationFrom(
  hosts: readonly LabHost[],
  id: string,
): Promise<OperationAnswer> {
  let trouble: unknown = new Error('No host is on.');
  for (const host of hosts.filter(({ isOn, isCut }) => isOn && !isCut)) {
    try {
      return await act(host, operationAnswer, `${BASE}/${id}`, undefined, 3_000);
    } catch (error) {
      trouble = error;
    }
  }
  throw trouble;
}

/** Plans and starts at once. @throws Refused */
export async function begin(host: LabHost, request: PlanRequest): Promise<AgentOperation> {
  return startOn(host, await planOn(host, request));
}

/** Makes a node the SLURM controller. */
export const handoffTo = (node: string): PlanRequest => ({
  kind: 'handoff',
  params: { role: 'slurm-controller', to: node },
});

/**
 * Waits until it is over or asks a person.
 * @param since a state with this serial or an older one is none that counts
 */
export function ended(
  hosts: readonly LabHost[],
  id: string,
  withinMs = 120_000,
  since = -1,
): Promise<OperationAnswer> {
  return until(
    async () => {
      const answer = await operationFrom(hosts, id);
      const { serial, state } = answer.operation;
      if (serial <= since) return null;
      return isOver(answer.operation) || state === 'stuck' ? answer : null;
    },
    'the operation to end',
    { withinMs, everyMs: 200 },
  );
}

/**
 * Asks for something, once, and waits for the end that comes of it: an agent that has not heard of it
 * yet still tells of the end before.
 * @throws Refused
 */
export async function endedAfter(
  hosts: readonly LabHost[],
  host: LabHost,
  id: string,
  wish: OperationWish,
  withinMs = 120_000,
): Promise<OperationAnswer> {
  const { serial } = (await operationFrom(hosts, id)).operation;
  await wishOn(host, id, wish);
  return ended(hosts, id, withinMs, serial);
}
