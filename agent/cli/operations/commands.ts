import { type Command, Option } from 'commander';
import { HANDOFF_ROLES, type OperationWish } from '#shared/contract/agent/operations';
import type { CommandContext } from '../context';
import { type HandoffOptions, handOff } from './handoff';
import { type LeaveOptions, leave } from './leave';
import { type LetGoOptions, letGo } from './let-go';
import { type MergeOptions, merge } from './merge';
import {
  askOperation,
  followOperation,
  type LookOptions,
  listOperations,
  showOperation,
} from './operation';

type Perform = (
  command: Command,
  run: (context: CommandContext) => Promise<0 | 1 | 2>,
) => Promise<void>;

const WISHES: Record<OperationWish, string> = {
  pause: 'stop before the next step',
  resume: 'go on with one that is paused',
  retry: 'look at a stuck one and try again',
  skip: 'leave out the part that is stuck, as one node, and go on without it',
  abort: 'undo it; after its turning point: finish it safely',
  rollback: 'bring back what was before, also after its end',
  commit: 'keep its outcome: it cannot be rolled back from then on',
};
const isWish = (name: string): name is OperationWish => Object.hasOwn(WISHES, name);

/** Handoffs, leaving, and the operations that carry them out. */
export function addOperationCommands(program: Command, perform: Perform): void {
  program
    .command('handoff')
    .description('give a role to another node without disturbing jobs')
    .addOption(
      new Option('--role <role>', 'what is handed over')
        .choices(HANDOFF_ROLES)
        .makeOptionMandatory(),
    )
    .option('--to <node>', 'who takes it; without it: who could')
    .option('--plan', 'only show what would be done')
    .option('--confirm <name>', 'approve it without being asked: the name that the plan asks for')
    .option('--log', 'print what the nodes run and answer too')
    .action((options: HandoffOptions, command: Command) =>
      perform(command, (context) => handOff(options, context)),
    );
  program
    .command('leave')
    .description('take this node out of its cluster, after its work has ended elsewhere')
    .option(
      '--reboot',
      'only for a restart: it keeps its place, and is made ready again afterwards',
    )
    .option('--plan', 'only show what would be done')
    .option('--confirm <name>', 'approve it without being asked: the name that the plan asks for')
    .option(
      '--unattended <duration>',
      'approve it with nobody there; undo it if it takes longer than this, as 15m',
    )
    .option('--log', 'print what the nodes run and answer too')
    .action((options: LeaveOptions, command: Command) =>
      perform(command, (context) => leave(options, context)),
    );
  program
    .command('merge')
    .description('make one cluster of this one and another')
    .option('--with <address>', 'a node of the other cluster, as 10.0.0.7 or 10.0.0.7:9090')
    .option('--port <port>', 'of the agent there (default: 9090)')
    .option('--token-file <file>', 'holds a token of an admin there')
    .option('--fingerprint <sha256>', 'of that node\'s certificate, as its "info" shows it')
    .option('--swap', 'let the other one stay, whatever the rule says')
    .addOption(
      new Option('--left-jobs <what>', 'pending jobs that cannot be carried over')
        .choices(['wait', 'cancel'])
        .default('wait'),
    )
    .option('--plan', 'only show what would be done')
    .option('--confirm <name>', 'approve it without being asked: the cluster that is taken up')
    .option('--let-go', 'free this cluster, where the one that merges it is gone for good')
    .option('--log', 'print what the nodes run and answer too')
    .action((options: MergeOptions & LetGoOptions, command: Command) =>
      perform(command, (context) =>
        options.letGo === true ? letGo(options, context) : merge(options, context),
      ),
    );
  const operation = program.command('operation').description('operations of the cluster');
  operation
    .command('list')
    .description('list them, newest first')
    .action((_options, command: Command) => perform(command, listOperations));
  operation
    .command('show')
    .description('how one stands')
    .argument('<id>', 'its id, or how it begins')
    .option('--log', 'with what the nodes ran and answered')
    .action((id: string, options: LookOptions, command: Command) =>
      perform(command, (context) => showOperation(id, options, context)),
    );
  operation
    .command('follow')
    .description('print what happens until it ends; Ctrl-C ends only the printing')
    .argument('<id>', 'its id, or how it begins')
    .option('--log', 'with what the nodes run and answer')
    .action((id: string, options: LookOptions, command: Command) =>
      perform(command, (context) => followOperation(id, options, context)),
    );
  for (const wish of Object.keys(WISHES).filter(isWish)) {
    operation
      .command(wish)
      .description(WISHES[wish])
      .argument('<id>', 'its id, or how it begins')
      .action((id: string, _options, command: Command) =>
        perform(command, (context) => askOperation(id, wish, context)),
      );
  }
}
