import { type Command, Option } from 'commander';
import { UsageError } from '#electron/browser-host/usage-error';
import { fail } from '#shared/contract/errors';
import type { Client } from '#shared/contract/index';
import { readPassphrase, writePrivateFile } from '../files';
import { listed, orNone } from '../lists';
import type { CommandContext, ExitCode, Perform } from './context';
import { type ImportOptions, importFile } from './import-file';

interface ExportOptions {
  clusters?: string;
  withSecrets?: boolean;
  passphraseFile?: string;
  recipient?: string[];
}

/** Declares `bundle export|import|undo` and `import clusters-json|portal-database`. */
export function bundleCommands(program: Command, perform: Perform): void {
  const bundle = program.command('bundle').description('clusters in one encrypted file');
  bundle
    .command('export')
    .description('write clusters into a file that age opens too')
    .argument('<file>', 'the file, as lab.cdeck')
    .option('--clusters <ids>', 'only these, as a,b')
    .option('--with-secrets', 'with their passwords and token secrets')
    .option('--passphrase-file <file>', 'protect it by the passphrase in the first line of a file')
    .option('--recipient <recipient...>', 'encrypt it for these age recipients (age1...)')
    .action((file: string, options: ExportOptions, command) =>
      perform(command, (context) => exportBundle(file, options, context)),
    );
  importOptions(bundle.command('import'))
    .description('take clusters out of a bundle, all or nothing')
    .option('--passphrase-file <file>', 'the passphrase is the first line of this file')
    .option('--identity-file <file>', 'an age identity (AGE-SECRET-KEY-1...) opens it')
    .action((file: string, options: ImportOptions, command) =>
      perform(command, (context) => importFile(file, options, context)),
    );
  bundle
    .command('undo')
    .description('take the last import back; what was edited since stays')
    .action((_options, command) => perform(command, undoImport));
  const imports = program.command('import').description('clusters of the lab portal');
  for (const [name, what] of [
    ['clusters-json', 'take clusters out of a clusters.json, which stays as it is'],
    ['portal-database', "take clusters out of the portal's SQLite file, which stays as it is"],
  ] as const) {
    importOptions(imports.command(name))
      .description(what)
      .action((file: string, options: ImportOptions, command) =>
        perform(command, (context) => importFile(file, options, context)),
      );
  }
}

const importOptions = (command: Command): Command =>
  command
    .argument('<file>', 'the file')
    .option('--preview', 'say what would be done and change nothing')
    .addOption(
      new Option('--on-conflict <choice>', 'where a cluster here differs from the file')
        .choices(['keep', 'take', 'copy'])
        .default('keep'),
    )
    .option('--only <ids>', 'only these entries of the file, as a,b')
    .option('--without-secrets', 'leave the passwords in the file where they are');

async function exportBundle(
  file: string,
  options: ExportOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { out } = context;
  const { passphraseFile, recipient: recipients = [], withSecrets = false } = options;
  if ((passphraseFile === undefined) === (recipients.length === 0)) {
    throw new UsageError('Name either --passphrase-file or --recipient.');
  }
  const passphrase =
    passphraseFile === undefined ? undefined : await readPassphrase(passphraseFile, out);
  const made = await context.withSession(async ({ client }) => {
    const clusters = await uuidsOf(options.clusters, client);
    const input = { withSecrets, recipients, ...(passphrase !== undefined && { passphrase }) };
    const events = await client.bundles.export({ ...input, ...(clusters && { clusters }) });
    for await (const event of events) if (event.type === 'done') return event;
    throw fail('ABORTED', { remedy: 'Run the command again.' });
  });
  const bytes = Buffer.from(made.base64, 'base64');
  await writePrivateFile(file, bytes);
  const secrets = withSecrets ? 'with their secrets' : 'without secrets';
  out.result(
    {
      ok: true,
      file,
      clusters: made.clusters,
      size_bytes: bytes.length,
      with_secrets: withSecrets,
      protected_by: passphrase === undefined ? 'recipients' : 'passphrase',
    },
    () =>
      `Wrote ${made.clusters} ${made.clusters === 1 ? 'cluster' : 'clusters'} to ${file}, ${secrets}.`,
  );
  return 0;
}

async function uuidsOf(ids: string | undefined, client: Client): Promise<string[] | undefined> {
  if (ids === undefined) return undefined;
  const refs = listed('--clusters', ids);
  const found = await Promise.all(refs.map((ref) => client.clusters.get({ ref })));
  return found.map(({ uuid }) => uuid);
}

async function undoImport(context: CommandContext): Promise<ExitCode> {
  const undone = await context.withSession(async ({ client }) => {
    const last = await client.bundles.last();
    if (last === null) throw fail('NOT_FOUND', { remedy: 'There is no import to take back.' });
    return client.bundles.undo({ importId: last.importId });
  });
  const { removed, restored, refused } = undone;
  context.out.result(
    {
      ok: refused.length === 0,
      removed,
      restored,
      refused: refused.map(({ clusterId, reason }) => ({ cluster_id: clusterId, reason })),
    },
    () =>
      [
        `Removed: ${orNone(removed)}. Restored: ${orNone(restored)}.`,
        ...refused.map(({ clusterId, reason }) => `${clusterId}: ${reason}`),
      ].join('\n'),
  );
  return refused.length === 0 ? 0 : 1;
}
