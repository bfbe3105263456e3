import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import { readBundleEntry } from './bundle-entry';
import { MAX_ENTRIES, type SourceFile } from './candidate';
import { damaged, tooMany } from './refusals';

const FORMAT = 'clusterdeck-bundle';
const VERSION = 1;

/** The document inside of a bundle, as `age -d` prints it. */
export interface BundleDocument {
  made: { by: string; at: number; program: string };
  groups: { name: string; colour: string }[];
  /** under the names of the file, in order */
  clusters: Record<string, unknown>[];
  /** cluster_id -> password or token secret; null: the bundle has none */
  secrets: Record<string, string> | null;
}

/** The same clusters always give the same text, but for who made it and when. */
export function writeBundle({ made, groups, clusters, secrets }: BundleDocument): string {
  const counts = {
    clusters: clusters.length,
    groups: groups.length,
    secrets: Object.keys(secrets ?? {}).length,
  };
  const document = {
    format: FORMAT,
    version: VERSION,
    made: { ...made, at: new Date(made.at).toISOString() },
    counts,
    groups,
    clusters,
    ...(secrets !== null && { secrets }),
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

const head = z.object({ format: z.literal(FORMAT), version: z.number().int().positive() });
const body = z.object({
  made: z.object({ by: z.string().max(500), at: z.iso.datetime() }),
  counts: z.object({ clusters: z.number(), groups: z.number(), secrets: z.number() }),
  groups: z
    .array(z.object({ name: z.string().max(60), colour: z.string().regex(/^#[0-9a-f]{6}$/i) }))
    .max(MAX_ENTRIES),
  clusters: z.array(z.unknown()),
  secrets: z.record(z.string(), z.string()).optional(),
});

/** Whether a parsed document says of itself that it is a bundle. */
export function isBundle(document: unknown): boolean {
  return head.safeParse(document).success;
}

/** @throws Failure FILE_NEWER | FILE_DAMAGED */
export function readBundle(document: unknown): SourceFile {
  const { version } = head.parse(document);
  if (version > VERSION) {
    throw fail('FILE_NEWER', {
      remedy: 'Update Clusterdeck on this machine, or export it anew with this version.',
      detail: `The bundle has version ${version}; this program knows up to ${VERSION}.`,
    });
  }
  const parsed = body.safeParse(document);
  if (!parsed.success) throw damaged('Parts of its manifest are missing or of the wrong kind.');
  const { made, counts, groups, clusters, secrets = {} } = parsed.data;
  if (clusters.length > MAX_ENTRIES) throw tooMany();
  const found = [clusters.length, groups.length, Object.keys(secrets).length];
  if ([counts.clusters, counts.groups, counts.secrets].join() !== found.join()) {
    throw damaged('It has not as many entries as its manifest says.');
  }
  const secretOf = new Map(Object.entries(secrets));
  return {
    source: 'bundle',
    madeBy: made.by,
    madeAt: Date.parse(made.at),
    groups,
    candidates: clusters.map((raw) => readBundleEntry(raw, secretOf)),
  };
}
