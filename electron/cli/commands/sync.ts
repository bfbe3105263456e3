import { type Command, Option } from 'commander';
import { wholeNumber } from '#electron/browser-host/numbers';
import { fail } from '#shared/contract/errors';
import type { Client } from '#shared/contract/index';
import type { Remote } from '#shared/contract/remotes';
import type { MergedField, SyncReport } from '#shared/contract/sync';
import { snakeCase } from '../cluster-json';
import { table } from '../output';
import { findRemote } from '../remotes';
import type { CommandContext, ExitCode, Perform } from './context';

interface SyncOptions {
  dryRun?: boolean;
  resolve?: 'mine' | 'theirs';
  sendSecrets?: string;
}

type Entry = SyncReport['entries'][number];

/** Declares `sync` and `outbox list|drop`. */
export function syncCommands(program: Command, perform: Perform): void {
  program
    .command('sync')
    .description('bring clusters and their remotes into step')
    .argument('[remote]', 'with this remote only')
    .option('--dry-run', 'say what would be done and change nothing')
    .addOption(
      new Option('--resolve <side>', 'what counts where both sides changed the same').choices([
        'mine',
        'theirs',
      ]),
    )
    .option(
      '--send-secrets <ids>',
      'clusters whose passwords may be sent to the remote, as a,b, or “all”',
    )
    .action((ref: string | undefined, options: SyncOptions, command) =>
      perform(command, (context) => runSync(ref, options, context)),
    );
  const outbox = program.command('outbox').description('changes that wait for their remote');
  outbox
    .command('list')
    .description('list them')
    .action((_options, command) => perform(command, listOutbox));
  outbox
    .command('drop')
    .description('forget one: the cluster takes the values of before again')
    .argument('<number>', 'its number in the list')
    .action((number: string, _options, command) =>
      perform(command, (context) => dropWaiting(number, context)),
    );
}

async function runSync(
  ref: string | undefined,
  options: SyncOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { out } = context;
  const done = await context.withSession(async ({ client }) => {
    const remotes =
      ref === undefined ? await client.remotes.list() : [await findRemote(ref, client)];
    if (remotes.length === 0) {
      const remedy =
        'Add one: clusterdeck remote add --name Portal --url https://portal.example.org';
      throw fail('NOT_FOUND', { remedy }, 'There is no remote yet.');
    }
    const reports: { remote: Remote; report: SyncReport }[] = [];
    for (const remote of remotes) {
      reports.push({ remote, report: await syncOne(remote, options, client, context) });
    }
    return reports;
  });
  const ok = done.every(({ report }) => report.ok);
  out.result(
    {
      ok,
      remotes: done.map(({ remote, report }) => reportJson(remote, report)),
    },
    () => done.map(({ remote, report }) => reportText(remote, report)).join('\n\n'),
  );
  return ok ? 0 : 1;
}

async function syncOne(
  { uuid }: Remote,
  { dryRun, resolve, sendSecrets }: SyncOptions,
  client: Client,
  { io, out }: CommandContext,
): Promise<SyncReport> {
  const events = await client.sync.run(
    {
      remoteUuid: uuid,
      dryRun: dryRun === true,
      ...(resolve !== undefined && { resolveAll: resolve }),
      sendSecrets: await secretsOf(sendSecrets, uuid, client),
    },
    { signal: io.signal },
  );
  for await (const event of events) {
    if (event.type === 'done') return event.report;
    if (!out.json) out.note(`${event.done} of ${event.total}  ${event.clusterId}`);
  }
  throw fail('ABORTED', { remedy: 'Sync again; what was on its way is looked into first.' });
}

async function secretsOf(
  wish: string | undefined,
  remoteUuid: string,
  client: Client,
): Promise<string[]> {
  if (wish === undefined) return [];
  if (wish !== 'all') return wish.split(',').map((id) => id.trim());
  const clusters = await client.clusters.list();
  return clusters
    .filter((cluster) => cluster.remoteUuid === remoteUuid)
    .map(({ clusterId }) => clusterId);
}

function reportJson({ name, uuid }: Remote, report: SyncReport) {
  const { ok, dryRun, message, requests, entries } = report;
  const told = entries.map(({ failure, ...entry }) => ({
    ...entry,
    failure: failure && { code: failure.code, message: failure.message, ...failure.data },
  }));
  return snakeCase({ remote: name, uuid, ok, dryRun, message, requests, clusters: told });
}

function reportText({ name }: Remote, { message, entries }: SyncReport): string {
  const rows = entries
    .filter(({ result, reasons }) => result !== 'same' || reasons.length > 0)
    .flatMap((entry) => [
      [entry.clusterId || '-', entry.verdict, entry.result, whyOf(entry)],
      ...entry.fields
        .filter(({ outcome }) => outcome !== 'same')
        .map((field) => ['', `  ${field.field}`, field.outcome, fieldText(field)]),
    ]);
  const head = `${name}: ${message}`;
  return rows.length === 0
    ? head
    : `${head}\n${table(['CLUSTER', 'WHAT', 'RESULT', 'VALUES AND REASONS'], rows)}`;
}

const whyOf = ({ failure, reasons }: Entry): string =>
  [...(failure === null ? [] : [failure.message, failure.data.remedy]), ...reasons].join(' ');

const fieldText = ({ base, mine, theirs }: MergedField): string =>
  `here ${shown(mine)}, there ${shown(theirs)}, before ${shown(base)}`;

const shown = (value: MergedField['mine']): string =>
  value === null || value === '' ? 'nothing' : String(value);

async function listOutbox({ withSession, out }: CommandContext): Promise<ExitCode> {
  const [waiting, remotes] = await withSession(({ client }) =>
    Promise.all([client.sync.outbox(), client.remotes.list()]),
  );
  const nameOf = (uuid: string) => remotes.find((remote) => remote.uuid === uuid)?.name ?? uuid;
  out.result(
    waiting.map((entry) =>
      snakeCase({
        ...entry,
        remote: nameOf(entry.remoteUuid),
        since: new Date(entry.since).toISOString(),
      }),
    ),
    () =>
      waiting.length === 0
        ? 'Nothing waits.'
        : table(
            ['NO', 'REMOTE', 'SINCE', 'TRIED', 'WHAT'],
            waiting.map((entry) => [
              entry.id,
              nameOf(entry.remoteUuid),
              new Date(entry.since).toISOString(),
              entry.attempts,
              entry.uncertain ? `${entry.summary} (its end is not known)` : entry.summary,
            ]),
          ),
  );
  return 0;
}

async function dropWaiting(text: string, { withSession, out }: CommandContext): Promise<ExitCode> {
  const id = wholeNumber('The number', text, 1, Number.MAX_SAFE_INTEGER);
  await withSession(({ client }) => client.sync.drop({ id }));
  out.result({ ok: true, id }, () => 'The change is forgotten.');
  return 0;
}
