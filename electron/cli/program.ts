import { Argument, Command, CommanderError, Option } from 'commander';
import { UsageError } from '#electron/browser-host/usage-error';
import { preparePaths } from '#electron/core/local/paths';
import { protection } from '#shared/contract/vault';
import { type ClusterOptions, clusterOptions } from './cluster-options';
import { accessCommands } from './commands/access';
import { auditCommands } from './commands/audit';
import { bundleCommands } from './commands/bundles';
import { listClusters, removeCluster, showCluster } from './commands/clusters';
import type { CommandContext, ExitCode } from './commands/context';
import { DEMO_HELP, runDemo } from './commands/demo';
import { enrolCommand } from './commands/enrol';
import { handoffCommands } from './commands/handoff';
import { showInventory } from './commands/inventory';
import { mergeCommand } from './commands/merge';
import { operationCommands } from './commands/operations';
import { remoteCommands } from './commands/remotes';
import { serve } from './commands/serve-hub';
import { slurmCommands } from './commands/slurm';
import { syncCommands } from './commands/sync';
import { testCluster } from './commands/test-cluster';
import { changeVault, vaultStatus } from './commands/vault';
import { addCluster, editCluster } from './commands/write-cluster';
import { asFailure } from './failure';
import type { CliIo } from './io';
import { createOutput } from './output';
import { type CliProgram, openSession } from './session';

type Run = (context: CommandContext) => Promise<ExitCode>;

/**
 * Runs one command line.
 * @param args without the program's name
 * @returns the exit code: 0 done, 1 the operation failed, 2 wrong usage
 */
export async function runCli(
  args: readonly string[],
  io: CliIo,
  cli: CliProgram,
): Promise<0 | 1 | 2> {
  let code: ExitCode = 0;
  // known before parsing, so that wrong usage is told in the form that was asked for
  const asksForJson = args.includes('--json');
  const program = createProgram(io, cli, async (command, run) => {
    const context = contextOf(command, io, cli);
    try {
      code = await run(context);
    } catch (error) {
      if (error instanceof UsageError) command.error(`error: ${error.message}`);
      context.out.failure(asFailure(error));
      code = 1;
    }
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    if (asksForJson) {
      const message = error.message.replace(/^error: /, '');
      const remedy = 'Run it with --help to see how it is used.';
      createOutput({ ...io, stderr() {} }, true).failure({
        ok: false,
        code: 'USAGE',
        message,
        remedy,
      });
    }
    return 2;
  }
}

function contextOf(command: Command, io: CliIo, program: CliProgram): CommandContext {
  const { json, data: dataOption } = command.optsWithGlobals<{ json?: boolean; data?: string }>();
  const data = dataOption ?? io.env['CLUSTERDECK_DATA'];
  const paths = () => preparePaths(data);
  return {
    io,
    out: createOutput(io, json === true),
    program,
    data,
    dataOption,
    paths,
    async withSession(work) {
      const session = await openSession(paths(), program, io);
      try {
        return await work(session);
      } catch (error) {
        throw session.explain(error);
      } finally {
        await session.close();
      }
    },
  };
}

function createProgram(
  io: CliIo,
  { installation }: CliProgram,
  perform: (command: Command, run: Run) => Promise<void>,
): Command {
  const program = new Command('clusterdeck')
    .description('Every lab cluster on one deck.')
    .version(installation.version)
    .option('--data <dir>', "data folder (also CLUSTERDECK_DATA; default: this user's own)")
    .option('--json', 'print one JSON document on standard output')
    .exitOverride()
    .showHelpAfterError()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr });

  const clusters = program.command('clusters').description('the configured clusters');
  const ref = () => new Argument('<id>', "a cluster's id, number or uuid");
  clusters
    .command('list')
    .description('list them')
    .action((_options, command) => perform(command, listClusters));
  clusters
    .command('show')
    .description('show one')
    .addArgument(ref())
    .action((id, _options, command) => perform(command, (context) => showCluster(id, context)));
  clusterOptions(clusters.command('add'))
    .description('add one; it need not be reachable')
    .action((options: ClusterOptions, command) =>
      perform(command, (context) => addCluster(options, context)),
    );
  clusterOptions(clusters.command('edit'))
    .description('change what the options name')
    .addArgument(ref())
    .action((id: string, options: ClusterOptions, command) =>
      perform(command, (context) => editCluster(id, options, context)),
    );
  clusters
    .command('remove')
    .description('remove one; its guests go on running')
    .addArgument(ref())
    .option('--confirm <id>', 'the id once more, needed for a protected cluster')
    .action((id, { confirm }, command) =>
      perform(command, (context) => removeCluster(id, confirm, context)),
    );
  clusters
    .command('test')
    .description('test the connection, stage by stage')
    .addArgument(ref())
    .option('--totp <code>', 'the second factor, where the server asks for it')
    .addOption(new Option('--yubico <otp>', 'the second factor, from a YubiKey').conflicts('totp'))
    .addOption(
      new Option(
        '--recovery-stdin',
        'read a recovery code from standard input, one line',
      ).conflicts(['totp', 'yubico']),
    )
    .action((id, options, command) =>
      perform(command, (context) => testCluster(id, options, context)),
    );

  program
    .command('inventory')
    .description('nodes, guests and storages of all clusters')
    .option('--cluster <id>', 'of one cluster only')
    .option('--query <query>', 'guests that match, as "status:running tag:exam"')
    .action((options, command) => perform(command, (context) => showInventory(options, context)));

  slurmCommands(program, perform);
  handoffCommands(program, perform);
  mergeCommand(program, perform);
  operationCommands(program, perform);
  enrolCommand(program, perform);

  const vault = program.command('vault').description('what protects the stored secrets');
  vault
    .command('status')
    .description('show the protection and what else could be chosen')
    .action((_options, command) => perform(command, vaultStatus));
  vault
    .command('change')
    .description('seal every secret anew under another protection')
    .addOption(
      new Option('--to <protection>', 'the new protection')
        .choices(protection.options)
        .makeOptionMandatory(),
    )
    .action(({ to }, command) => perform(command, (context) => changeVault(to, context)));

  remoteCommands(program, perform);
  syncCommands(program, perform);
  bundleCommands(program, perform);
  auditCommands(program, perform);
  accessCommands(program, perform);

  hostOptions(program.command('serve'))
    .description('serve the deck on this machine, or a hub for a team, until it is ended')
    .option('--hub', 'offer /api/cluster-config over TLS in place of the deck')
    .option('--listen <address>', 'with --hub: where to listen (default: this machine alone)')
    .option('--hub-token-file <file>', 'with --hub: the admin token; a new file gets a new one')
    .option('--hub-new-token', 'with --hub: make a new admin token; the old one ends')
    .action((options, command) => perform(command, (context) => serve(options, context)));
  hostOptions(program.command('demo'))
    .description('start simulated clusters and a deck that shows them')
    .option('--clusters <n>', 'how many Proxmox clusters')
    .option('--clusteros <n>', 'ClusterOS clusters beside them (default: 2)')
    .option('--nodes <n>', 'nodes of each Proxmox cluster')
    .option('--guests <n>', 'guests of each cluster')
    .option('--delay-ms <ms>', 'how long their API takes for an answer')
    .addHelpText('after', DEMO_HELP)
    .action((options, command) => perform(command, (context) => runDemo(options, context)));
  return program;
}

const hostOptions = (command: Command): Command =>
  command
    .option('--port <port>', 'port on 127.0.0.1 (default: a free one)')
    .option('--no-open', 'open no window, print a link');
