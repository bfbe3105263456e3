import { basename } from 'node:path';
import type {
  BundleEntry,
  BundlePreview,
  ImportOutcome,
  OnConflict,
} from '#shared/contract/bundles';
import { fail } from '#shared/contract/errors';
import type { Client } from '#shared/contract/index';
import { readImportFile, readKeyFile, readPassphrase } from '../files';
import { listed, orNone } from '../lists';
import { table } from '../output';
import type { CommandContext, ExitCode } from './context';
import { warnIfForgotten } from './write-cluster';

export interface ImportOptions {
  preview?: boolean;
  onConflict: OnConflict;
  only?: string;
  withoutSecrets?: boolean;
  passphraseFile?: string;
  identityFile?: string;
}

/** What became of an entry, or would become of it. */
type Result = 'created' | 'changed' | 'copied' | 'kept' | 'same' | 'invalid' | 'skipped';

/** Previews a file, and imports from it unless only the preview is asked for. */
export async function importFile(
  path: string,
  options: ImportOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { out } = context;
  const { passphraseFile, identityFile, onConflict } = options;
  const bytes = await readImportFile(path);
  const keys = {
    ...(passphraseFile !== undefined && {
      passphrase: await readPassphrase(passphraseFile, out),
    }),
    ...(identityFile !== undefined && { identity: await readKeyFile(identityFile, out) }),
  };
  const { preview, ticked, outcome } = await context.withSession(async (session) => {
    const { client } = session;
    const base64 = Buffer.from(bytes).toString('base64');
    const shown = await open({ base64, fileName: basename(path), ...keys }, client);
    const chosen = tickedOf(shown, options.only);
    if (options.preview === true) return { preview: shown, ticked: chosen, outcome: null };
    const withSecrets = options.withoutSecrets !== true;
    const input = { token: shown.token, only: [...chosen], onConflict, withSecrets };
    const done = chosen.size === 0 ? NOTHING : await client.bundles.apply(input);
    if (shown.hasSecrets && withSecrets && done.importId !== null) {
      await warnIfForgotten(session, context);
    }
    return { preview: shown, ticked: chosen, outcome: done };
  });
  const results = new Map(
    preview.entries.map((entry) => [entry.key, resultOf(entry, ticked, onConflict, outcome)]),
  );
  out.result(importJson(preview, results, outcome), () => importText(preview, results, outcome));
  return 0;
}

const NOTHING: ImportOutcome = { importId: null, created: [], changed: [], kept: [] };

async function open(
  input: Parameters<Client['bundles']['open']>[0],
  client: Client,
): Promise<BundlePreview> {
  for await (const event of await client.bundles.open(input)) {
    if (event.type === 'done') return event.preview;
  }
  throw fail('ABORTED', { remedy: 'Run the command again.' });
}

/** All that can be imported, or what --only names; a named entry which cannot be is for the core to refuse. */
function tickedOf({ entries }: BundlePreview, only: string | undefined): Set<string> {
  const possible = entries.filter(({ verdict }) => verdict !== 'invalid');
  if (only === undefined) return new Set(possible.map(({ key }) => key));
  const keys = listed('--only', only).map((id) => {
    const named = entries.filter(({ clusterId }) => clusterId === id);
    const found = named.find((entry) => possible.includes(entry)) ?? named[0];
    if (found !== undefined) return found.key;
    throw fail('NOT_FOUND', {
      remedy: `The file has no cluster ${id}. Look at it with --preview.`,
    });
  });
  return new Set(keys);
}

function resultOf(
  { key, verdict, clusterId }: BundleEntry,
  ticked: ReadonlySet<string>,
  onConflict: OnConflict,
  outcome: ImportOutcome | null,
): Result {
  if (verdict === 'invalid') return 'invalid';
  if (!ticked.has(key)) return 'skipped';
  if (verdict === 'same') return 'same';
  if (verdict === 'new') return 'created';
  if (onConflict === 'copy') return 'copied';
  // a cluster that is read only here stays whatever was asked for
  const stays = outcome?.kept.includes(clusterId ?? '') ?? false;
  return onConflict === 'take' && !stays ? 'changed' : 'kept';
}

function importJson(
  preview: BundlePreview,
  results: ReadonlyMap<string, Result>,
  outcome: ImportOutcome | null,
) {
  return {
    ok: true,
    preview: outcome === null,
    source: SOURCES[preview.source],
    made_by: preview.madeBy,
    made_at: preview.madeAt === null ? null : new Date(preview.madeAt).toISOString(),
    has_secrets: preview.hasSecrets,
    groups: preview.groups,
    entries: preview.entries.map((entry) => ({
      cluster_id: entry.clusterId,
      name: entry.name,
      address: entry.address,
      verdict: entry.verdict,
      diff: entry.diff,
      reasons: entry.reasons,
      has_secret: entry.hasSecret,
      result: results.get(entry.key),
    })),
    ...(outcome !== null && {
      import_id: outcome.importId,
      created: outcome.created,
      changed: outcome.changed,
      kept: outcome.kept,
    }),
  };
}

const SOURCES: Record<BundlePreview['source'], string> = {
  bundle: 'bundle',
  clustersJson: 'clusters-json',
  portalDatabase: 'portal-database',
};

function importText(
  preview: BundlePreview,
  results: ReadonlyMap<string, Result>,
  outcome: ImportOutcome | null,
): string {
  const rows = preview.entries.map((entry) => [
    entry.clusterId,
    entry.name,
    entry.address,
    entry.verdict,
    results.get(entry.key) ?? null,
  ]);
  const told = preview.entries.flatMap(({ clusterId, reasons, diff }) => [
    ...reasons.map((reason) => `${clusterId ?? 'no id'}: ${reason}`),
    ...diff.map(({ field, mine, theirs }) => `${clusterId}: ${field}: ${mine} -> ${theirs}`),
  ]);
  const summary =
    outcome === null
      ? 'Nothing was changed: this is a preview.'
      : `Created: ${orNone(outcome.created)}. Changed: ${orNone(outcome.changed)}. Left as they were: ${orNone(outcome.kept)}.`;
  const last = outcome === null ? 'WOULD BE' : 'RESULT';
  return [table(['ID', 'NAME', 'ADDRESS', 'VERDICT', last], rows), ...told, summary].join('\n');
}
