import { type Command, Option } from 'commander';
import { OPERATION_WISHES, type OperationWish } from '#shared/contract/agent/operations';
import type { ClusterOperation, OperationPlace } from '#shared/contract/cluster-operations';
import { fail } from '#shared/contract/errors';
import type { Client } from '#shared/contract/index';
import { snakeCase } from '../cluster-json';
import { writePrivateFile } from '../files';
import { viewText } from '../operation-text';
import { table } from '../output';
import type { CommandContext, ExitCode, Perform } from './context';
import { followClusterOperation, tellEnd, viewJson } from './follow-cluster-operation';

interface ReportOptions {
  format: 'markdown' | 'json';
  out?: string;
}

const WISH_WORDS: Record<OperationWish, string> = {
  pause: 'stop before its next step, where nobody waits',
  resume: 'go on after a pause',
  retry: 'look again at what is stuck, and go on from there',
  skip: 'leave out the part that is stuck, as one node, and go on',
  abort: 'undo it; past its pivot it goes on to its safe end',
  rollback: 'bring back what was before',
  commit: 'keep it: the time for a rollback ends',
};

/** Declares `operations list|show|follow|report` and the wishes. */
export function operationCommands(program: Command, perform: Perform): void {
  const operations = program
    .command('operations')
    .description('handoffs and departures that the agents of ClusterOS clusters carry out');
  operations
    .command('list')
    .description('list them, the newest first')
    .option('--cluster <id>', 'of one cluster only')
    .action((options: { cluster?: string }, command) =>
      perform(command, (context) => listOperations(options.cluster, context)),
    );
  const one = (name: string) =>
    operations
      .command(name)
      .argument('<cluster>', "the cluster's id, number or uuid")
      .argument('<operation>', 'its id, or the beginning of it');
  one('show')
    .description('show one with its steps')
    .action((ref: string, id: string, _options, command) =>
      perform(command, (context) => showOperation(ref, id, context)),
    );
  one('follow')
    .description('tell what happens until its end')
    .action((ref: string, id: string, _options, command) =>
      perform(command, async (context) =>
        tellEnd(
          await context.withSession(async ({ client }) =>
            followClusterOperation(client, await placeOf(client, ref, id), context),
          ),
          context,
        ),
      ),
    );
  one('report')
    .description('who, plan, checks, steps, commands and what users felt')
    .addOption(
      new Option('--format <format>', 'the form').choices(['markdown', 'json']).default('markdown'),
    )
    .option('--out <file>', 'into this file (default: standard output)')
    .action((ref: string, id: string, options: ReportOptions, command) =>
      perform(command, (context) => reportOperation(ref, id, options, context)),
    );
  for (const wish of OPERATION_WISHES) {
    const line = one(wish).description(WISH_WORDS[wish]);
    if (wish === 'rollback') {
      line.option('--confirm-cluster <id>', "the cluster's id, needed for a protected cluster");
    }
    line.action((ref: string, id: string, options: { confirmCluster?: string }, command) =>
      perform(command, (context) => askOperation(ref, id, wish, options, context)),
    );
  }
}

/** @throws Failure NOT_FOUND | INVALID_INPUT where more than one begins so */
async function placeOf(client: Client, ref: string, id: string): Promise<OperationPlace> {
  const { uuid } = await client.clusters.get({ ref });
  const whole = id.toLowerCase();
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(whole)) return { uuid, id: whole };
  const all = await client.clusterOperations.list({ uuid, refresh: true });
  const [found, ...more] = all.filter((each) => each.id.startsWith(whole));
  const remedy = 'List them with “clusterdeck operations list”.';
  if (found === undefined) throw fail('NOT_FOUND', { remedy });
  if (more.length === 0) return { uuid, id: found.id };
  throw fail('INVALID_INPUT', { remedy }, 'More than one operation begins with this.');
}

async function listOperations(ref: string | undefined, context: CommandContext): Promise<ExitCode> {
  const { rows, names } = await context.withSession(async ({ client }) => {
    const clusters = await client.clusters.list();
    const uuid = ref === undefined ? undefined : (await client.clusters.get({ ref })).uuid;
    const which = uuid === undefined ? {} : { uuid };
    return {
      rows: await client.clusterOperations.list({ ...which, refresh: true }),
      names: new Map(clusters.map((each) => [each.uuid, each.clusterId])),
    };
  });
  const named = rows.map((row) => ({ clusterId: names.get(row.uuid) ?? row.uuid, ...row }));
  context.out.result(named.map(snakeCase), () =>
    named.length === 0 ? 'There is no operation.' : listTable(named),
  );
  return 0;
}

const listTable = (rows: readonly (ClusterOperation & { clusterId: string })[]): string =>
  table(
    ['CLUSTER', 'ID', 'WHAT', 'STATE', 'STEPS', 'BEGAN', 'BY', 'WAITS FOR OR WHY'],
    rows.map(({ clusterId, id, title, state, steps, createdAt, createdBy, step, reason }) => [
      clusterId,
      id,
      title,
      state,
      `${steps.done}/${steps.total}`,
      new Date(createdAt).toISOString(),
      createdBy,
      reason === '' ? (step?.waitingOn ?? '') : reason,
    ]),
  );

async function showOperation(ref: string, id: string, context: CommandContext): Promise<ExitCode> {
  const view = await context.withSession(async ({ client }) =>
    client.clusterOperations.get(await placeOf(client, ref, id)),
  );
  context.out.result(viewJson(view), () => viewText(view));
  return 0;
}

async function reportOperation(
  ref: string,
  id: string,
  { format, out: file }: ReportOptions,
  { withSession, out, io }: CommandContext,
): Promise<ExitCode> {
  const { fileName, text } = await withSession(async ({ client }) =>
    client.clusterOperations.report({ ...(await placeOf(client, ref, id)), format }),
  );
  if (file !== undefined) {
    await writePrivateFile(file, Buffer.from(text));
    out.result({ ok: true, file, format }, () => `Wrote ${file}.`);
  } else if (out.json) out.result({ ok: true, file_name: fileName, format, text }, () => '');
  else io.stdout(text);
  return 0;
}

async function askOperation(
  ref: string,
  id: string,
  wish: OperationWish,
  { confirmCluster }: { confirmCluster?: string },
  { withSession, out }: CommandContext,
): Promise<ExitCode> {
  const { message } = await withSession(async ({ client }) =>
    client.clusterOperations.ask({
      ...(await placeOf(client, ref, id)),
      wish,
      ...(confirmCluster !== undefined && { confirmCluster }),
    }),
  );
  out.result({ ok: true, message }, () => message);
  return 0;
}
