import { type Command, Option } from 'commander';
import type { OperationPlan } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import type { Client } from '#shared/contract/index';
import { planText } from '../operation-text';
import type { CommandContext, ExitCode, Perform } from './context';
import { followClusterOperation, tellEnd } from './follow-cluster-operation';

interface MergeOptions {
  with: string;
  swap?: boolean;
  forbid?: boolean;
  plan?: true | string;
  confirm?: string;
  confirmCluster: string[];
  leftJobs: 'wait' | 'cancel';
}

/** Two clusters of this desk by their parts in a merge, and why. */
interface Parts {
  gaining: Cluster;
  losing: Cluster;
  /** own uuid of the losing one */
  losingId: string;
  reason: string;
}

/** Declares `merge`. */
export function mergeCommand(program: Command, perform: Perform): void {
  program
    .command('merge')
    .description('make one ClusterOS cluster of two; without --confirm only the plan is told')
    .argument('<cluster>', "one cluster's id, number or uuid")
    .requiredOption('--with <cluster>', 'the other one')
    .option('--swap', 'the other way round than the rule says')
    .addOption(
      new Option('--left-jobs <way>', 'pending jobs that cannot be carried over')
        .choices(['wait', 'cancel'])
        .default('wait'),
    )
    .option('--plan [hash]', 'only say what would be done; with a hash begin only that plan')
    .option('--forbid', 'take back that both may call each other, which looking at a plan permits')
    .option('--confirm <name>', 'name of the cluster that is taken up')
    .option(
      '--confirm-cluster <id>',
      'id of a protected one of the two; may be given twice',
      (id: string, all: string[]) => [...all, id],
      [],
    )
    .action((ref: string, options: MergeOptions, command) =>
      perform(command, (context) => {
        if (options.forbid === true) return forbidden(ref, options, context);
        return options.plan === true ? planned(ref, options, context) : run(ref, options, context);
      }),
    );
}

async function forbidden(
  ref: string,
  { with: other }: MergeOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { message } = await context.withSession(async ({ client }) => {
    const [one, two] = [
      await client.clusters.get({ ref }),
      await client.clusters.get({ ref: other }),
    ];
    return await client.merge.forbid({ clusters: [one.uuid, two.uuid] });
  });
  context.out.result({ ok: true, message }, () => message);
  return 0;
}

async function planned(
  ref: string,
  options: MergeOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { parts, plan } = await context.withSession(({ client }) => prepare(client, ref, options));
  const isReady = plan.checks.every(({ state }) => state !== 'failed');
  context.out.result({ ok: isReady, ...partsJson(parts), plan }, () => textOf(parts, plan));
  return isReady ? 0 : 1;
}

async function run(ref: string, options: MergeOptions, context: CommandContext): Promise<ExitCode> {
  const view = await context.withSession(async ({ client }) => {
    const { parts, plan } = await prepare(client, ref, options);
    if (!context.out.json) context.out.note(textOf(parts, plan));
    checkApproved(plan, options);
    const { gaining, losing } = parts;
    const { id } = await client.merge.start({
      gaining: gaining.uuid,
      losing: losing.uuid,
      planHash: plan.hash,
      confirm: options.confirm ?? '',
      ...confirmations(parts, options.confirmCluster),
    });
    context.out.note(`Begun as operation ${id}.`);
    return await followClusterOperation(client, { uuid: gaining.uuid, id }, context);
  });
  return tellEnd(view, context);
}

/** Lets the two call each other, which a plan needs, and asks the one that stays for the plan. */
async function prepare(
  client: Client,
  ref: string,
  { with: other, swap = false, leftJobs }: MergeOptions,
): Promise<{ parts: Parts; plan: OperationPlan }> {
  const [one, two] = [
    await client.clusters.get({ ref }),
    await client.clusters.get({ ref: other }),
  ];
  const parts = await partsOf(client, one, two, swap);
  await client.merge.permit({ clusters: [one.uuid, two.uuid] });
  const plan = await client.clusterOperations.plan({
    uuid: parts.gaining.uuid,
    kind: 'merge',
    params: { losing: parts.losingId, left_jobs: leftJobs },
  });
  return { parts, plan };
}

/** @throws Failure of the one that could not be asked, or that both are one cluster */
async function partsOf(client: Client, one: Cluster, two: Cluster, swap: boolean): Promise<Parts> {
  const { sides, decision, gaining, same } = await client.merge.look({
    clusters: [one.uuid, two.uuid],
  });
  const failure = sides.find((side) => side.failure !== null)?.failure;
  if (failure) throw fail(failure.code, failure.data, failure.message);
  if (decision === null || gaining === null) {
    const remedy = 'Choose two clusters. One cluster on two cards needs only one of them.';
    throw fail('INVALID_INPUT', { remedy, field: 'with' }, same ?? 'They cannot be merged.');
  }
  const [stays, goes] = gaining === one.uuid ? [one, two] : [two, one];
  if (!swap) {
    return {
      gaining: stays,
      losing: goes,
      losingId: decision.losing.uuid,
      reason: decision.reason,
    };
  }
  return {
    gaining: goes,
    losing: stays,
    losingId: decision.gaining.uuid,
    reason: `You chose that ${goes.name} stays. By the rule ${stays.name} would: ${decision.reason}`,
  };
}

/** @throws Failure PLAN_STALE | CONFIRMATION_REQUIRED, before anything is begun */
function checkApproved(plan: OperationPlan, { plan: hash, confirm }: MergeOptions): void {
  if (typeof hash === 'string' && hash !== plan.hash) {
    throw fail('PLAN_STALE', { remedy: `Look at the plan of now; it is ${plan.hash}.` });
  }
  if (confirm !== undefined) return;
  const remedy = `Nothing was begun. Approve it with --confirm ${plan.confirm}.`;
  throw fail('CONFIRMATION_REQUIRED', { remedy });
}

function confirmations({ gaining, losing }: Parts, ids: readonly string[]) {
  return {
    ...(ids.includes(gaining.clusterId) && { confirmGaining: gaining.clusterId }),
    ...(ids.includes(losing.clusterId) && { confirmLosing: losing.clusterId }),
  };
}

const partsJson = ({ gaining, losing, reason }: Parts) => ({
  gaining: gaining.clusterId,
  losing: losing.clusterId,
  reason,
});

const textOf = ({ gaining, losing, reason }: Parts, plan: OperationPlan): string =>
  `${gaining.name} stays and takes up ${losing.name}. ${reason}\n\n${planText(plan)}`;
