import type { Command } from 'commander';
import { JOB_ACTIONS, type JobAction } from '#shared/contract/agent/actions';
import type { Client } from '#shared/contract/index';
import type { JobRow } from '#shared/contract/inventory';
import { snakeCase } from '../cluster-json';
import { table } from '../output';
import type { CommandContext, ExitCode, Perform } from './context';
import { followed, tellOperation } from './follow-operation';
import { askInventory, tellSilent } from './inventory';

interface ListOptions {
  cluster?: string;
  state?: string;
  user?: string;
}

interface ActOptions {
  reason?: string;
  confirm?: string;
}

const JOB_WORDS: Record<JobAction, string> = {
  hold: 'keep waiting jobs from starting',
  release: 'let held jobs start',
  cancel: 'end jobs',
};

/** Commands for the nodes and jobs of ClusterOS clusters. */
export function slurmCommands(program: Command, perform: Perform): void {
  const jobs = program.command('jobs').description('SLURM jobs of the ClusterOS clusters');
  jobs
    .command('list')
    .description('list them')
    .option('--cluster <id>', 'of one cluster only')
    .option('--state <state>', 'in one state, as RUNNING or PENDING')
    .option('--user <name>', 'of one user')
    .action((options: ListOptions, command: Command) =>
      perform(command, (context) => listJobs(options, context)),
    );
  for (const action of JOB_ACTIONS) {
    const line = jobs
      .command(action)
      .description(JOB_WORDS[action])
      .argument('<cluster>', "the cluster's id, number or uuid")
      .argument('<job...>', 'their numbers');
    if (action === 'cancel') confirmOption(line);
    line.action((ref: string, ids: string[], options: ActOptions, command: Command) =>
      perform(command, (context) =>
        carriedOut(context, ref, (client, uuid) =>
          client.agents.act({
            action,
            items: ids.map((id) => ({ uuid, id: `job/${id}` })),
            ...confirmed(options),
          }),
        ),
      ),
    );
  }
  nodeCommands(program, perform);
}

function nodeCommands(program: Command, perform: Perform): void {
  const nodes = program.command('nodes').description('SLURM nodes of the ClusterOS clusters');
  const itemsOf = (uuid: string, names: string[]) =>
    names.map((name) => ({ uuid, id: `node/${name}` }));
  confirmOption(
    nodes
      .command('drain')
      .description('give nodes no new jobs; running ones go on')
      .argument('<cluster>', "the cluster's id, number or uuid")
      .argument('<node...>', 'their names')
      .requiredOption('--reason <text>', 'why, for those who find the node drained'),
  ).action((ref: string, names: string[], options: ActOptions, command: Command) =>
    perform(command, (context) =>
      carriedOut(context, ref, (client, uuid) =>
        client.agents.act({
          action: 'drain',
          items: itemsOf(uuid, names),
          reason: options.reason ?? '',
          ...confirmed(options),
        }),
      ),
    ),
  );
  nodes
    .command('resume')
    .description('give nodes jobs again')
    .argument('<cluster>', "the cluster's id, number or uuid")
    .argument('<node...>', 'their names')
    .action((ref: string, names: string[], _options: ActOptions, command: Command) =>
      perform(command, (context) =>
        carriedOut(context, ref, (client, uuid) =>
          client.agents.act({ action: 'resume', items: itemsOf(uuid, names) }),
        ),
      ),
    );
}

const confirmOption = (command: Command): Command =>
  command.option('--confirm <id>', "the cluster's id once more, needed for a protected cluster");

const confirmed = ({ confirm }: ActOptions) => (confirm === undefined ? {} : { confirm });

/** Orders, waits for the end and tells it. */
async function carriedOut(
  context: CommandContext,
  ref: string,
  order: (client: Client, uuid: string) => ReturnType<Client['agents']['act']>,
): Promise<ExitCode> {
  const operation = await context.withSession(async ({ client }) => {
    const { uuid } = await client.clusters.get({ ref });
    return await followed(await order(client, uuid), client, context.io.signal);
  });
  return tellOperation(operation, context);
}

async function listJobs(options: ListOptions, context: CommandContext): Promise<ExitCode> {
  const { withSession, out, io } = context;
  const { cluster, state, user } = options;
  const which = cluster === undefined ? {} : { cluster };
  const found = await withSession((session) => askInventory(which, session, io));
  tellSilent(found, out);
  const fits = (job: JobRow) =>
    (state === undefined || job.state === state.toUpperCase()) &&
    (user === undefined || job.user === user);
  const jobs = found.flatMap(({ clusterId, jobs: rows }) =>
    rows.filter(fits).map((job) => ({ clusterId, ...job })),
  );
  out.result(
    jobs.map(({ id: _id, ...job }) => snakeCase(job)),
    () => (jobs.length === 0 ? 'There is no such job.' : jobTable(jobs)),
  );
  return 0;
}

function jobTable(jobs: readonly (JobRow & { clusterId: string })[]): string {
  return table(
    ['CLUSTER', 'JOB', 'NAME', 'USER', 'STATE', 'PARTITION', 'CPUS', 'NODES OR REASON'],
    jobs.map(({ clusterId, job, name, user, state, partition, cpus, nodes, reason }) => [
      clusterId,
      job,
      name,
      user,
      state,
      partition,
      cpus,
      nodes.length > 0 ? nodes.join(',') : reason,
    ]),
  );
}
