import { type Command, Option } from 'commander';
import {
  type Candidate,
  HANDOFF_ROLES,
  type HandoffRole,
  type OperationPlan,
} from '#shared/contract/agent/operations';
import type { WantedOperation } from '#shared/contract/cluster-operations';
import { fail } from '#shared/contract/errors';
import type { Client } from '#shared/contract/index';
import { planText } from '../operation-text';
import { table } from '../output';
import type { CommandContext, ExitCode, Perform } from './context';
import { followClusterOperation, tellEnd } from './follow-cluster-operation';

interface HandoffOptions extends RunOptions {
  role: HandoffRole;
  to: string;
}

interface LeaveOptions extends RunOptions {
  reboot?: boolean;
}

interface RunOptions {
  confirm?: string;
  confirmCluster?: string;
  plan?: string;
}

/** What is wanted on a cluster whose uuid is not known yet. */
type Wish = (uuid: string) => WantedOperation;

/** Declares `handoff candidates|plan|run` and `leave plan|run`. */
export function handoffCommands(program: Command, perform: Perform): void {
  const handoff = program
    .command('handoff')
    .description('give a role of a ClusterOS cluster to another node, without losing a job');
  const cluster = (command: Command) =>
    command.argument('<cluster>', "the cluster's id, number or uuid");
  cluster(handoff.command('candidates'))
    .description('which nodes could take which role, and why not')
    .action((ref: string, _options, command) =>
      perform(command, (context) => listCandidates(ref, context)),
    );
  const handed = (command: Command) =>
    cluster(command)
      .addOption(
        new Option('--role <role>', 'which one').choices(HANDOFF_ROLES).makeOptionMandatory(),
      )
      .requiredOption('--to <node>', 'the node that takes it');
  const handing =
    ({ role, to }: HandoffOptions): Wish =>
    (uuid) => ({ uuid, kind: 'handoff', params: { role, to } });
  handed(handoff.command('plan'))
    .description('say what would be done and change nothing')
    .action((ref: string, options: HandoffOptions, command) =>
      perform(command, (context) => planned(ref, handing(options), context)),
    );
  runOptions(handed(handoff.command('run')))
    .description('plan, begin and wait for the end')
    .action((ref: string, options: HandoffOptions, command) =>
      perform(command, (context) => run(ref, handing(options), options, context)),
    );
  leaveCommands(program.command('leave'), perform, cluster);
}

function leaveCommands(
  leave: Command,
  perform: Perform,
  cluster: (command: Command) => Command,
): void {
  leave.description('let a node leave its ClusterOS cluster, or prepare it for a reboot');
  const left = (command: Command) =>
    cluster(command)
      .argument('<node>', 'its name')
      .option('--reboot', 'it comes back: its seats and state are kept');
  const leaving =
    (node: string, { reboot = false }: LeaveOptions): Wish =>
    (uuid) => ({ uuid, kind: 'leave', params: { node, reboot } });
  left(leave.command('plan'))
    .description('say what would be done and change nothing')
    .action((ref: string, node: string, options: LeaveOptions, command) =>
      perform(command, (context) => planned(ref, leaving(node, options), context)),
    );
  runOptions(left(leave.command('run')))
    .description('plan, begin and wait for the end')
    .action((ref: string, node: string, options: LeaveOptions, command) =>
      perform(command, (context) => run(ref, leaving(node, options), options, context)),
    );
}

const runOptions = (command: Command): Command =>
  command
    .option('--confirm <name>', 'what the plan asks to be typed; without it only the plan is told')
    .option('--confirm-cluster <id>', "the cluster's id, needed for a protected cluster")
    .option('--plan <hash>', 'begin only if the plan is still this one');

async function listCandidates(ref: string, context: CommandContext): Promise<ExitCode> {
  const found = await context.withSession(async ({ client }) => {
    const { uuid } = await client.clusters.get({ ref });
    return await client.clusterOperations.candidates({ uuid });
  });
  const rows = [
    ...found.handoff.flatMap(({ role, candidates }) => candidates.map(rowOf(role))),
    ...found.leave.map(rowOf('leave')),
  ];
  context.out.result(found, () =>
    rows.length === 0
      ? 'This cluster has no role that could change hands.'
      : table(['ROLE', 'NODE', 'HAS IT', 'FIT', 'WHY'], rows),
  );
  return 0;
}

const rowOf =
  (role: string) =>
  ({ node, holds, fit, reasons }: Candidate) => [
    role,
    node,
    holds ? 'yes' : '',
    fit ? 'yes' : 'no',
    reasons.join(' '),
  ];

async function planned(ref: string, wish: Wish, context: CommandContext): Promise<ExitCode> {
  const plan = await context.withSession(async ({ client }) => {
    const { uuid } = await client.clusters.get({ ref });
    return await client.clusterOperations.plan(wish(uuid));
  });
  const isReady = plan.checks.every(({ state }) => state !== 'failed');
  context.out.result({ ok: isReady, plan }, () => planText(plan));
  return isReady ? 0 : 1;
}

async function run(
  ref: string,
  wish: Wish,
  { confirm, confirmCluster, plan: hash }: RunOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const view = await context.withSession(async ({ client }) => {
    const { uuid } = await client.clusters.get({ ref });
    const plan = await client.clusterOperations.plan(wish(uuid));
    if (!context.out.json) context.out.note(planText(plan));
    checkApproved(plan, confirm, hash);
    const place = await begun(client, uuid, plan, confirm ?? '', confirmCluster);
    context.out.note(`Begun as operation ${place.id}.`);
    return await followClusterOperation(client, place, context);
  });
  return tellEnd(view, context);
}

/** @throws Failure PLAN_STALE | CONFIRMATION_REQUIRED, before anything is begun */
function checkApproved(plan: OperationPlan, confirm: string | undefined, hash?: string): void {
  if (hash !== undefined && hash !== plan.hash) {
    const remedy = `Look at the plan of now; it is ${plan.hash}.`;
    throw fail('PLAN_STALE', { remedy });
  }
  if (confirm !== undefined) return;
  const remedy = `Nothing was begun. Approve it with --confirm ${plan.confirm}.`;
  throw fail('CONFIRMATION_REQUIRED', { remedy });
}

async function begun(
  client: Client,
  uuid: string,
  { hash }: OperationPlan,
  confirm: string,
  confirmCluster: string | undefined,
) {
  const { id } = await client.clusterOperations.start({
    uuid,
    planHash: hash,
    confirm,
    ...(confirmCluster !== undefined && { confirmCluster }),
  });
  return { uuid, id };
}
