import { Command, CommanderError, Option } from 'commander';
import { TOKEN_ROLES } from '#shared/contract/agent/tokens';
import type { CommandContext } from './context';
import { showDoctor } from './doctor/index';
import { type EnrolOptions, enrol } from './enrol';
import { tellFailure } from './failure';
import { forgetNode } from './forget';
import { showInfo } from './info';
import { type AgentIo, createOutput } from './io';
import { addOperationCommands } from './operations/commands';
import { type StartOptions, start } from './start';
import { showStatus } from './status';
import { type StopOptions, stop } from './stop';
import { createToken, listTokens, revokeToken, type TokenOptions } from './token';

type ExitCode = 0 | 1 | 2;
type Run = (context: CommandContext) => Promise<ExitCode>;

const collect = (value: string, all: string[]) => [...all, value];

/**
 * Runs one command line.
 * @param args without the program's name
 * @returns the exit code: 0 done, 1 it failed, 2 wrong usage
 */
export async function runAgentCli(
  args: readonly string[],
  io: AgentIo,
  version: string,
): Promise<ExitCode> {
  let code: ExitCode = 0;
  const perform = async (command: Command, run: Run) => {
    const { json, config } = command.optsWithGlobals<{ json?: boolean; config?: string }>();
    const out = createOutput(io, json === true);
    const configPath = config ?? io.env['CLUSTERDECK_AGENT_CONFIG'] ?? null;
    try {
      code = await run({ io, out, version, configPath });
    } catch (error) {
      tellFailure(error, out, io);
      code = 1;
    }
  };
  try {
    await createProgram(io, version, perform).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}

function createProgram(
  io: AgentIo,
  version: string,
  perform: (command: Command, run: Run) => Promise<void>,
): Command {
  const program = new Command('node-agent')
    .description('Makes this machine a node of a cluster.')
    .version(version)
    .option('--config <file>', 'configuration (also CLUSTERDECK_AGENT_CONFIG)')
    .option('--json', 'print one JSON document on standard output')
    .exitOverride()
    .showHelpAfterError()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr });
  program
    .command('start')
    .description('start the agent')
    .option('--foreground', 'run in this process until it is ended')
    .addOption(
      new Option('--log-level <level>', 'how much is logged').choices([
        'debug',
        'info',
        'warn',
        'error',
      ]),
    )
    .action((options: StartOptions, command: Command) =>
      perform(command, (context) => start(options, context)),
    );
  program
    .command('stop')
    .description('end the agent; its daemons and all jobs run on')
    .option('--leave', 'tell the others first that this node goes; "leave" waits for its work')
    .action((options: StopOptions, command: Command) =>
      perform(command, (context) => stop(options, context)),
    );
  program
    .command('status')
    .description('what the running agent says of this node')
    .action((_options, command: Command) => perform(command, showStatus));
  program
    .command('info')
    .description('who this node is, also where no agent runs')
    .action((_options, command: Command) => perform(command, showInfo));
  program
    .command('doctor')
    .description('check what the agent needs, with a remedy for each finding')
    .action((_options, command: Command) => perform(command, showDoctor));
  program
    .command('enrol')
    .description("make a new cluster's enrolment file, or install one")
    .option('--create <name>', 'a new cluster of this name, with a new key')
    .option('--region <text>', 'with --create')
    .option('--datacenter <text>', 'with --create')
    .option('--founder <node>', 'with --create: the node that founds the cluster')
    .option(
      '--seed <host:port>',
      'with --create: where gossip is heard; may be repeated',
      collect,
      [],
    )
    .option('--out <file>', 'with --create: where to put it (default: NAME-enrolment.yaml)')
    .option('--file <file>', 'install this enrolment file on this node')
    .option('--replace', 'with --file: also where another one is installed')
    .action((options: EnrolOptions, command: Command) =>
      perform(command, (context) => enrol(options, context)),
    );
  program
    .command('forget')
    .description('take a node that is gone for good out of the cluster, so that its name is free')
    .argument('<node>', 'its name or id')
    .action((node: string, _options, command: Command) =>
      perform(command, (context) => forgetNode(node, context)),
    );
  addOperationCommands(program, perform);
  const token = program.command('token').description("tokens of the cluster's API");
  token
    .command('create')
    .description('make a token and print it once')
    .addOption(
      new Option('--role <role>', 'what it may do').choices(TOKEN_ROLES).makeOptionMandatory(),
    )
    .option('--name <text>', 'whose or what for')
    .option('--expires <duration>', 'as 12h or 30d, or never')
    .action((options: TokenOptions, command: Command) =>
      perform(command, (context) => createToken(options, context)),
    );
  token
    .command('list')
    .description('list them')
    .action((_options, command: Command) => perform(command, listTokens));
  token
    .command('revoke')
    .description('end one at once')
    .argument('<id>', 'its id, as the list shows it')
    .action((id: string, _options, command: Command) =>
      perform(command, (context) => revokeToken(id, context)),
    );
  return program;
}
