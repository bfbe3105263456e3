import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AuditEntry, AuditFilter } from '#shared/contract/audit';
import { writePrivateFile } from '../files';
import { table } from '../output';
import type { CommandContext, ExitCode, Perform } from './context';

interface FilterOptions {
  text?: string;
  action?: string[];
  subject?: string;
  from?: number;
  to?: number;
}

interface ListOptions extends FilterOptions {
  limit: number;
  before?: number;
}

interface ExportOptions extends FilterOptions {
  format: 'jsonl' | 'csv';
  out?: string;
}

/** Declares `audit list|verify|export|undo`. */
export function auditCommands(program: Command, perform: Perform): void {
  const audit = program.command('audit').description('who changed what, and when');
  filterOptions(audit.command('list'))
    .description('list entries, the newest first')
    .addOption(new Option('--limit <n>', 'how many').argParser(count).default(50))
    .option('--before <seq>', 'only entries before this one', count)
    .action((options: ListOptions, command) =>
      perform(command, (context) => listAudit(options, context)),
    );
  audit
    .command('verify')
    .description('prove that no entry was changed, added or lost')
    .action((_options, command) => perform(command, verifyAudit));
  filterOptions(audit.command('export'))
    .description('write all entries that fit, as JSON Lines or CSV')
    .addOption(
      new Option('--format <format>', 'the form').choices(['jsonl', 'csv']).default('jsonl'),
    )
    .option('--out <file>', 'into this file (default: standard output)')
    .action((options: ExportOptions, command) =>
      perform(command, (context) => exportAudit(options, context)),
    );
  audit
    .command('undo')
    .description('take an edit of a cluster, a group or the settings back by a new edit')
    .argument('<seq>', "the entry's number", count)
    .action((seq: number, _options, command) =>
      perform(command, (context) => undoEdit(seq, context)),
    );
}

const filterOptions = (command: Command): Command =>
  command
    .option('--text <words>', 'entries with these words, or parts of them')
    .option('--action <a,b>', 'only these actions, as cluster.update', (text) => text.split(','))
    .option('--subject <id>', 'only of this cluster (with its guests), group, ...')
    .option('--from <time>', 'from this day or time on, as 2026-11-21 or 2026-11-21T08:00', moment)
    .option('--to <time>', 'up to this day or time, inclusive', lastMoment);

const DAY_MS = 86_400_000;
const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text);

/** @returns ms since 1970; a time without a zone is the local one */
function moment(text: string): number {
  const at = Date.parse(isDay(text) ? `${text}T00:00` : text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('As 2026-11-21 or 2026-11-21T08:00.');
  return at;
}

/** A day ends with its last ms. */
const lastMoment = (text: string): number => moment(text) + (isDay(text) ? DAY_MS - 1 : 0);

function count(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('A whole number.');
  return Number(text);
}

function filterOf({ text, action, subject, from, to }: FilterOptions): AuditFilter {
  return {
    ...(text !== undefined && { text }),
    ...(action !== undefined && { actions: action }),
    ...(subject !== undefined && { subject }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

async function listAudit(options: ListOptions, context: CommandContext): Promise<ExitCode> {
  const { limit, before } = options;
  const filter = filterOf(options);
  const found = await context.withSession(({ client }) =>
    client.audit.list({ filter, limit, ...(before !== undefined && { before }) }),
  );
  context.out.result(
    { total: found.total, entries: found.entries.map(entryJson) },
    () => `${entryTable(found.entries)}\n\n${found.entries.length} of ${found.total} entries`,
  );
  return 0;
}

function entryJson({ at, before, after, undoNote, ...entry }: AuditEntry) {
  const time = new Date(at).toISOString();
  // the names inside of before and after are those of the records themselves
  return { ...entry, at: time, before, after, undo_note: undoNote };
}

const entryTable = (entries: AuditEntry[]): string =>
  table(
    ['NO', 'TIME', 'WHO', 'WHAT', 'OF', 'RESULT', 'CHANGED'],
    entries.map(({ seq, at, actor, action, subject, result, before, after }) => [
      seq,
      new Date(at).toISOString(),
      actor,
      action,
      subject,
      result,
      [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].join(' '),
    ]),
  );

async function verifyAudit({ withSession, out }: CommandContext): Promise<ExitCode> {
  const { ok, checked, brokenAt, prunedThrough, message } = await withSession(({ client }) =>
    client.audit.verify(),
  );
  const remedy = 'Look at the entries around it, and into the copies in the folder “backups”.';
  out.result(
    {
      ok,
      ...(!ok && { code: 'AUDIT_BROKEN', remedy }),
      message,
      checked,
      broken_at: brokenAt,
      pruned_through: prunedThrough,
    },
    () => (ok ? message : `${message} ${remedy}`),
  );
  return ok ? 0 : 1;
}

async function exportAudit(options: ExportOptions, context: CommandContext): Promise<ExitCode> {
  const { out, io } = context;
  const { format, out: file } = options;
  const { fileName, text } = await context.withSession(({ client }) =>
    client.audit.export({ filter: filterOf(options), format }),
  );
  if (file !== undefined) {
    await writePrivateFile(file, Buffer.from(text));
    out.result({ ok: true, file, format }, () => `Wrote ${file}.`);
  } else if (out.json) out.result({ ok: true, file_name: fileName, format, text }, () => '');
  else io.stdout(text);
  return 0;
}

async function undoEdit(seq: number, { withSession, out }: CommandContext): Promise<ExitCode> {
  const entry = await withSession(({ client }) => client.audit.undo({ seq }));
  out.result({ ok: true, undone: seq, seq: entry.seq }, () => `Took entry ${seq} back.`);
  return 0;
}
