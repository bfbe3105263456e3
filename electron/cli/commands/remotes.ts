import { type Command, Option } from 'commander';
import { UsageError } from '#electron/browser-host/usage-error';
import { fail } from '#shared/contract/errors';
import type { Client } from '#shared/contract/index';
import type { Remote, RemoteCreateInput, RemoteStage } from '#shared/contract/remotes';
import { snakeCase } from '../cluster-json';
import { type CliIo, readSecretLine } from '../io';
import { table } from '../output';
import { findRemote } from '../remotes';
import type { CommandContext, ExitCode, Perform } from './context';

interface AddOptions {
  name: string;
  url: string;
  user?: string;
  passwordStdin?: boolean;
  tokenStdin?: boolean;
  verify?: Remote['verify'];
  pin?: string;
  trust?: boolean;
  auto?: boolean;
}

/** Declares `remote add|list|remove|test`. */
export function remoteCommands(program: Command, perform: Perform): void {
  const remote = program
    .command('remote')
    .description('portals and hubs that clusters are kept in step with');
  remote
    .command('add')
    .description('add one; it need not be reachable')
    .requiredOption('--name <name>', 'name as people read it')
    .requiredOption('--url <url>', 'its address, as https://portal.example.org')
    .option('--user <user>', 'log in as this user; with --password-stdin')
    .option('--password-stdin', 'read the password from standard input, one line')
    .option('--token-stdin', "read a hub's token from standard input, one line")
    .addOption(
      new Option('--verify <mode>', 'how the certificate is verified').choices([
        'ca',
        'pin',
        'off',
      ]),
    )
    .addOption(
      new Option('--pin <sha256>', 'trust the certificate with this fingerprint').conflicts(
        'trust',
      ),
    )
    .option('--trust', 'look at the certificate, show its fingerprint and trust it')
    .option('--auto', 'sync by itself when something waits and it answers')
    .action((options: AddOptions, command) =>
      perform(command, (context) => addRemote(options, context)),
    );
  remote
    .command('list')
    .description('list them')
    .action((_options, command) => perform(command, listRemotes));
  remote
    .command('remove')
    .description('remove one; clusters that follow it stay and follow none')
    .argument('<remote>', 'its name')
    .action((ref: string, _options, command) =>
      perform(command, (context) => removeRemote(ref, context)),
    );
  remote
    .command('test')
    .description('test the way to it, stage by stage')
    .argument('<remote>', 'its name')
    .action((ref: string, _options, command) =>
      perform(command, (context) => testRemote(ref, context)),
    );
}

async function addRemote(options: AddOptions, context: CommandContext): Promise<ExitCode> {
  const { name, url, user, passwordStdin, tokenStdin, trust, auto } = options;
  if (tokenStdin && (passwordStdin || user !== undefined)) {
    throw new UsageError('Name either a user with a password or a token.');
  }
  if (passwordStdin && user === undefined) throw new UsageError('Name the user: --user ada@pve.');
  if (trust && (options.verify === 'ca' || options.verify === 'off')) {
    throw new UsageError('--trust pins the certificate: it goes with --verify pin only.');
  }
  const auth = tokenStdin ? 'token' : user === undefined ? 'none' : 'login';
  const secret = await readSecret(options, context.io);
  const remote = await context.withSession(async ({ client }) => {
    const pin = trust ? await trusted(url, client, context) : options.pin;
    const input: RemoteCreateInput = {
      name,
      url,
      auth,
      syncWhenOnline: auto === true,
      ...(user !== undefined && { user }),
      ...(options.verify !== undefined && { verify: options.verify }),
      ...(pin !== undefined && { pin }),
      ...(secret !== undefined && { secret }),
    };
    return client.remotes.create(input);
  });
  context.out.result(snakeCase(remote), () => `Added ${remote.name} (${remote.url}).`);
  return 0;
}

async function readSecret(options: AddOptions, io: CliIo): Promise<string | undefined> {
  if (options.passwordStdin) return readSecretLine(io, 'Password');
  return options.tokenStdin ? readSecretLine(io, 'Token') : undefined;
}

async function trusted(url: string, client: Client, { out, io }: CommandContext): Promise<string> {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 'https:') {
    throw new UsageError('--trust needs an address that begins with https.');
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  const port = parsed.port === '' ? 443 : Number(parsed.port);
  const seen = await client.connection.certificate({ host, port }, { signal: io.signal });
  const until = new Date(seen.validTo).toISOString().slice(0, 10);
  out.note(`Trusting ${parsed.host}: SHA-256 ${seen.fingerprint}`);
  out.note(`  issued by ${seen.issuer}, valid until ${until}`);
  return seen.fingerprint;
}

async function listRemotes({ withSession, out }: CommandContext): Promise<ExitCode> {
  const [remotes, waiting] = await withSession(({ client }) =>
    Promise.all([client.remotes.list(), client.sync.outbox()]),
  );
  const waits = ({ uuid }: Remote) =>
    waiting.filter(({ remoteUuid }) => remoteUuid === uuid).length;
  out.result(
    remotes.map((remote) => snakeCase({ ...remote, waiting: waits(remote) })),
    () =>
      remotes.length === 0
        ? 'There is no remote yet.'
        : table(
            ['NAME', 'ADDRESS', 'ACCOUNT', 'VERIFY', 'AUTO', 'WAITING', 'LAST SYNC'],
            remotes.map((remote) => [
              remote.name,
              remote.url,
              remote.auth === 'login' ? remote.user : remote.auth,
              remote.verify,
              remote.syncWhenOnline ? 'yes' : 'no',
              waits(remote),
              remote.lastFailure?.message ??
                (remote.lastSyncAt === null ? 'never' : new Date(remote.lastSyncAt).toISOString()),
            ]),
          ),
  );
  return 0;
}

async function removeRemote(ref: string, { withSession, out }: CommandContext): Promise<ExitCode> {
  const removed = await withSession(async ({ client }) => {
    const remote = await findRemote(ref, client);
    await client.remotes.remove({ uuid: remote.uuid });
    return remote;
  });
  const { uuid, name } = removed;
  out.result({ ok: true, name, uuid }, () => `Removed ${name}. Its clusters stay.`);
  return 0;
}

async function testRemote(
  ref: string,
  { withSession, out, io }: CommandContext,
): Promise<ExitCode> {
  const result = await withSession(async ({ client }) => {
    const { uuid } = await findRemote(ref, client);
    for await (const event of await client.remotes.test({ uuid }, { signal: io.signal })) {
      if (event.type === 'done') return event.result;
      if (event.stage.state !== 'running' && !out.json) out.note(stageLine(event.stage));
    }
    throw fail('ABORTED', { remedy: 'Run the test again.' });
  });
  const failed = result.stages.find(({ state }) => state === 'failed');
  const why = failed === undefined ? {} : { code: failed.code, remedy: failed.remedy };
  out.result(snakeCase({ ...result, ...why }), () => result.message);
  return result.ok ? 0 : 1;
}

function stageLine({ name, state, ms, detail, remedy }: RemoteStage): string {
  const mark = state === 'passed' ? 'ok' : state === 'failed' ? 'FAILED' : state;
  const time = state === 'skipped' ? '' : `${Math.round(ms)} ms`;
  const line = `${name.padEnd(16)}${mark.padEnd(9)}${time.padStart(8)}  ${detail ?? ''}`.trimEnd();
  return remedy === undefined ? line : `${line}\n${' '.repeat(16)}${remedy}`;
}
