import type { OperationPlan, PlanRequest } from '#shared/contract/agent/operations';
import { Failure, fail } from '#shared/contract/errors';
import { systemClock } from '../../host/clock';
import { type CommandContext, loadConfig } from '../context';
import { tellFailure } from '../failure';
import { localLine } from '../local-api';
import { OperationsClient } from './client';
import { follow, tellEnd } from './follow';
import { planText } from './plan-text';

const LOOK_MS = 30_000;
const AGAIN_MS = 500;

export interface ApprovalOptions {
  plan?: boolean;
  confirm?: string;
  log?: boolean;
}

type Begun = { client: OperationsClient; id: string } | { code: 0 | 1 | 2 };

/**
 * Plans, shows the plan, has it approved, starts it and follows it.
 * @returns exit code: 0 done (with `plan`: it could be started), 1 it failed, 2 nobody approved it
 */
export async function carryOut(
  request: PlanRequest,
  { log = false, ...options }: ApprovalOptions,
  context: CommandContext,
): Promise<0 | 1 | 2> {
  const begun = await approveAndBegin(request, options, context);
  if ('code' in begun) return begun.code;
  return tellEnd(await follow(begun.client, begun.id, context, { log }), context.out);
}

/** @returns the operation that was started, or the exit code where none was */
export async function approveAndBegin(
  request: PlanRequest,
  options: Pick<ApprovalOptions, 'plan' | 'confirm'>,
  context: CommandContext,
): Promise<Begun> {
  const { config } = await loadConfig(context);
  return approveWith(
    new OperationsClient(localLine(config), context.io.signal),
    request,
    options,
    context,
  );
}

/** The same, asked of any agent. */
export async function approveWith(
  client: OperationsClient,
  request: PlanRequest,
  options: Pick<ApprovalOptions, 'plan' | 'confirm'>,
  context: CommandContext,
): Promise<Begun> {
  const { out, io } = context;
  for (;;) {
    const plan = await client.plan(request);
    const isReady = plan.checks.every(({ state }) => state !== 'failed');
    if (options.plan === true) {
      out.result(plan, () => planText(plan));
      return { code: isReady ? 0 : 1 };
    }
    out.line(`${planText(plan)}\n`);
    if (!isReady) throw notReady(plan);
    const approval = options.confirm ?? (await io.prompt(`${questionOf(plan)} `));
    if (approval === null) {
      tellFailure(unapproved(plan), out, io);
      return { code: 2 };
    }
    if (approval !== wordOf(plan)) throw unapproved(plan);
    try {
      return { client, id: await begin(client, plan, io.signal) };
    } catch (error) {
      const isStale = error instanceof Failure && error.code === 'PLAN_STALE';
      // what a script approved was another plan; a person is shown the new one
      if (!isStale || options.confirm !== undefined) throw error;
      out.note(`${error.message} ${error.data.remedy}\n`);
    }
  }
}

/** A plan that asks for no name is approved with a plain yes. */
const wordOf = ({ confirm }: OperationPlan) => (confirm === '' ? 'yes' : confirm);
const questionOf = (plan: OperationPlan) => `Type ${wordOf(plan)} to carry it out:`;

function notReady({ checks }: OperationPlan): Failure {
  const failed = checks.filter(({ state }) => state === 'failed');
  const remedy = failed.map((check) => check.remedy).join(' ');
  const titles = failed.map(({ title }) => title).join(', ');
  return fail('CHECKS_FAILED', { remedy }, `Nothing was started: ${titles}.`);
}

function unapproved(plan: OperationPlan): Failure {
  const remedy = `Type ${wordOf(plan)} when you are asked, or say --confirm ${wordOf(plan)}.`;
  return fail('CONFIRMATION_REQUIRED', { remedy }, 'Nothing was started: it was not approved.');
}

/**
 * Starts it once. Where the answer was lost, it is looked for and never asked for again.
 * @returns its id
 */
async function begin(
  client: OperationsClient,
  plan: OperationPlan,
  signal: AbortSignal,
): Promise<string> {
  try {
    return (await client.start(plan.hash, plan.confirm)).id;
  } catch (error) {
    if (!(error instanceof Failure) || !isOpen(error)) throw error;
    const until = systemClock.monotonic() + LOOK_MS;
    while (!signal.aborted && systemClock.monotonic() < until) {
      const known = await client.list().catch(() => null);
      const begun = known?.find(
        ({ plan_hash: hash, created_at: at }) => hash === plan.hash && at >= plan.made_at,
      );
      if (begun !== undefined) return begun.id;
      if (known !== null) break;
      await systemClock.sleep(AGAIN_MS, signal).catch(() => undefined);
    }
    const remedy = 'Look with "node-agent operation list" before you ask for it again.';
    throw fail('TIMEOUT', { remedy, outcome: 'unknown' }, 'Nobody knows whether it was started.');
  }
}

/** It was sent, and nobody has said what became of it. */
const isOpen = ({ code, data }: Failure) =>
  code === 'TIMEOUT' || code === 'ABORTED' || data.outcome === 'unknown';
