import type {
  AgentOperation,
  OperationAnswer,
  OperationWish,
} from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import { type CommandContext, loadConfig } from '../context';
import { pairs, table } from '../io';
import { localLine } from '../local-api';
import { logText } from './change-lines';
import { OperationsClient } from './client';
import { endText, pulseText } from './end-text';
import { follow, tellEnd } from './follow';
import { dayTime, duration, STEP_WORDS } from './words';

export interface LookOptions {
  log?: boolean;
}

export async function listOperations(context: CommandContext): Promise<0> {
  const operations = await (await clientOf(context)).list();
  context.out.result({ operations }, () =>
    table(
      ['ID', 'BEGAN', 'STATE', 'BY', 'WHAT'],
      operations.map(({ id, created_at: at, state, created_by: by, title }) => [
        id,
        dayTime(at),
        state,
        by,
        title,
      ]),
    ),
  );
  return 0;
}

export async function showOperation(
  id: string,
  { log }: LookOptions,
  context: CommandContext,
): Promise<0> {
  const client = await clientOf(context);
  const answer = await client.get(await wholeId(client, id));
  context.out.result(answer, () => operationText(answer, log === true));
  return 0;
}

/** Ends with 0 where the operation is done, and with 1 where it was undone or is stuck. */
export async function followOperation(
  id: string,
  { log }: LookOptions,
  context: CommandContext,
): Promise<0 | 1> {
  const client = await clientOf(context);
  const answer = await follow(client, await wholeId(client, id), context, { log: log === true });
  return tellEnd(answer, context.out);
}

export async function askOperation(
  id: string,
  wish: OperationWish,
  context: CommandContext,
): Promise<0> {
  const client = await clientOf(context);
  const whole = await wholeId(client, id);
  const message = await client.wish(whole, wish);
  context.out.result({ ok: true, id: whole, message }, () => message);
  return 0;
}

async function clientOf(context: CommandContext): Promise<OperationsClient> {
  const { config } = await loadConfig(context);
  return new OperationsClient(localLine(config), context.io.signal);
}

/** The first letters of an id will do, where they mean one operation. */
async function wholeId(client: OperationsClient, id: string): Promise<string> {
  const meant = (await client.list()).filter((one) => one.id.startsWith(id.toLowerCase()));
  const [one] = meant;
  if (one !== undefined && meant.length === 1) return one.id;
  const remedy = 'Take an id of: node-agent operation list';
  throw fail(
    'NOT_FOUND',
    { remedy },
    one === undefined
      ? `There is no operation ${id}.`
      : `${id} is the beginning of ${meant.length} operations.`,
  );
}

function operationText(answer: OperationAnswer, withLog: boolean): string {
  const { operation, plan, pulse, log } = answer;
  const { state, created_at: from, created_by: by, ended_at: to } = operation;
  const head = pairs([
    ['operation', operation.id],
    ['what', operation.title],
    ['state', answer.wish === null ? state : `${state}, asked to ${answer.wish}`],
    ['began', `${dayTime(from)}, approved by ${by}`],
    ['ended', to === null ? '' : `${dayTime(to)}, after ${duration(to - from)}`],
    ['carried out by', operation.coordinator],
    ['procedure', [plan.procedure, plan.reason].filter((part) => part !== '').join(': ')],
    ['plan', operation.plan_hash],
    ['submissions', pulse === null ? '' : pulseText(pulse)],
  ]);
  const parts = [head, table(['', 'STEP', 'STATE', 'TOOK', ''], stepRows(operation))];
  if (withLog) parts.push(log.map(logText).join('\n'));
  return [...parts, endText(answer)].join('\n\n');
}

const stepRows = ({ steps }: AgentOperation) =>
  steps.map(({ title, state, found, started_at: from, ended_at: to, error, ...step }, at) => [
    String(at + 1),
    title,
    found ? 'was so already' : STEP_WORDS[state],
    from === null || to === null ? '' : duration(to - from),
    error || (step.waiting_on === null || to !== null ? '' : `waits for: ${step.waiting_on}`),
  ]);
