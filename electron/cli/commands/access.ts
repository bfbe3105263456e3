import type { Command } from 'commander';
import { readPassphraseFile } from '#electron/browser-host/ports/passphrase-file';
import type { AccessStatus } from '#shared/contract/access';
import { fail } from '#shared/contract/errors';
import { snakeCase } from '../cluster-json';
import type { CommandContext, ExitCode, Perform } from './context';

/** Declares `access status|lock|unlock|viewer`. */
export function accessCommands(program: Command, perform: Perform): void {
  const access = program.command('access').description('viewer mode and the lock of the app');
  access
    .command('status')
    .description('show both')
    .action((_options, command) => perform(command, showStatus));
  access
    .command('lock')
    .description('lock the running Clusterdeck')
    .action((_options, command) => perform(command, lock));
  access
    .command('unlock')
    .description('unlock the running Clusterdeck with CLUSTERDECK_PASSPHRASE_FILE')
    .action((_options, command) => perform(command, unlock));
  const viewer = access.command('viewer').description('whether anything can be changed');
  viewer
    .command('on')
    .description('nothing can be changed any more')
    .action((_options, command) => perform(command, (context) => setViewer(true, context)));
  viewer
    .command('off')
    .description('leave it; where a lock is set, with CLUSTERDECK_PASSPHRASE_FILE')
    .action((_options, command) => perform(command, (context) => setViewer(false, context)));
}

async function showStatus(context: CommandContext): Promise<ExitCode> {
  return tell(await context.withSession(({ client }) => client.access.status()), context);
}

async function lock(context: CommandContext): Promise<ExitCode> {
  const status = await context.withSession(({ client, visits }) => {
    if (visits) return client.access.lock();
    const remedy = 'With a lock set, each start begins locked by itself.';
    throw fail('UNSUPPORTED', { remedy }, 'No Clusterdeck runs on this data folder.');
  });
  return tell(status, context);
}

async function unlock(context: CommandContext): Promise<ExitCode> {
  const passphrase = await readPassphraseFile(context.io.env);
  if (passphrase === null) throw needsFile();
  const status = await context.withSession(async ({ client, visits }) => {
    const unlocked = await client.access.unlock({ passphrase });
    if (!visits) context.out.note('No Clusterdeck runs here; each command opens it for itself.');
    return unlocked;
  });
  return tell(status, context);
}

async function setViewer(viewer: boolean, context: CommandContext): Promise<ExitCode> {
  const passphrase = viewer ? null : await readPassphraseFile(context.io.env);
  const status = await context.withSession(({ client }) =>
    client.access.setViewer({ viewer, ...(passphrase !== null && { passphrase }) }),
  );
  return tell(status, context);
}

const needsFile = () =>
  fail('INVALID_INPUT', {
    remedy: 'Name a file with the passphrase in CLUSTERDECK_PASSPHRASE_FILE.',
    field: 'passphrase',
  });

function tell(status: AccessStatus, { out }: CommandContext): ExitCode {
  const { viewer, locked, hasLock, idleMinutes } = status;
  out.result(snakeCase(status), () =>
    [
      `Viewer mode   ${viewer ? 'on: nothing can be changed' : 'off'}`,
      `Lock          ${hasLock ? (locked ? 'locked' : 'set, unlocked') : 'none'}`,
      `Locks itself  ${idleMinutes === 0 ? 'never' : `after ${idleMinutes} min without input`}`,
    ].join('\n'),
  );
  return 0;
}
