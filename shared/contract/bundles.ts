import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { base, timestampMs, uuid } from './base';

const passphrase = z.string().min(1).max(1024);
/** What a file to be imported may have; its base64 must fit into one message of every transport. */
export const MAX_IMPORT_BYTES = 16 * 1024 * 1024;
const fileBase64 = z
  .base64()
  .max(Math.ceil(MAX_IMPORT_BYTES / 3) * 4, 'The file has more than 16 MB: it is no bundle.');
const keys = {
  passphrase: passphrase.optional(),
  /** age identities, `AGE-SECRET-KEY-1...`, one a line; lines with # are passed over */
  identity: z.string().max(10_000).optional(),
};

export const bundleEntry = z.object({
  /** names the entry within its file, whatever its id is worth */
  key: z.string(),
  clusterId: z.string().nullable(),
  name: z.string(),
  address: z.string(),
  verdict: z.enum(['new', 'same', 'changed', 'conflict', 'invalid']),
  /**
   * Field by field, under the portal's names, what importing would change here. `changed`: the same
   * cluster with other values; `conflict`: another cluster under this id, or a protected one.
   */
  diff: z.array(z.object({ field: z.string(), mine: z.string(), theirs: z.string() })),
  reasons: z.array(z.string()),
  hasSecret: z.boolean(),
});
export type BundleEntry = z.infer<typeof bundleEntry>;

export const bundlePreview = z.object({
  /** names the opened file for apply; forgotten after 15 minutes */
  token: uuid,
  source: z.enum(['bundle', 'clustersJson', 'portalDatabase']),
  madeBy: z.string().nullable(),
  madeAt: timestampMs.nullable(),
  hasSecrets: z.boolean(),
  groups: z.array(z.string()),
  entries: z.array(bundleEntry),
});
export type BundlePreview = z.infer<typeof bundlePreview>;

export const onConflict = z.enum(['keep', 'take', 'copy']);
export type OnConflict = z.infer<typeof onConflict>;

/** Lists name clusters by their cluster_id; a copy stands under its new one. */
export const importOutcome = z.object({
  /** for undo; null where nothing was made or changed */
  importId: z.number().int().nullable(),
  created: z.array(z.string()),
  changed: z.array(z.string()),
  kept: z.array(z.string()),
});
export type ImportOutcome = z.infer<typeof importOutcome>;

/** The import that can be taken back. */
export const lastImport = z.object({
  importId: z.number().int(),
  at: timestampMs,
  fileName: z.string(),
  created: z.array(z.string()),
  changed: z.array(z.string()),
});
export type LastImport = z.infer<typeof lastImport>;

/** A cluster which an undo left as it is, as it was edited since. */
const undoRefusal = z.object({ clusterId: z.string(), reason: z.string() });
export const undoOutcome = z.object({
  removed: z.array(z.string()),
  restored: z.array(z.string()),
  refused: z.array(undoRefusal),
});
export type UndoOutcome = z.infer<typeof undoOutcome>;

/** A file which this machine has at hand: it was opened by double click, or a search found it. */
export const fileOffer = z.object({
  id: uuid,
  origin: z.enum(['opened', 'found']),
  fileName: z.string(),
  folder: z.string(),
  sizeBytes: z.number(),
  modifiedAt: timestampMs,
});
export type FileOffer = z.infer<typeof fileOffer>;

const progress = z.object({ type: z.literal('progress'), fraction: z.number(), what: z.string() });

export const bundles = {
  /** an age file for one passphrase or for recipients; progress tells of the slow key derivation */
  export: base
    .input(
      z.strictObject({
        clusters: z.array(uuid).min(1).max(10_000).optional(),
        withSecrets: z.boolean().default(false),
        passphrase: passphrase.min(10, 'At least 10 characters.').optional(),
        recipients: z
          .array(z.string().regex(/^age1[a-z0-9]{50,120}$/))
          .max(50)
          .default([]),
      }),
    )
    .output(
      eventIterator(
        z.discriminatedUnion('type', [
          progress,
          z.object({
            type: z.literal('done'),
            fileName: z.string(),
            base64: z.string(),
            clusters: z.number(),
          }),
        ]),
      ),
    ),
  /**
   * Opens a .cdeck bundle, a clusters.json or the portal's SQLite file, told apart by content.
   * PASSPHRASE_NEEDED and IDENTITY_NEEDED say what to ask for.
   */
  open: base
    .input(
      z.union([
        z.strictObject({ base64: fileBase64, fileName: z.string().max(255), ...keys }),
        z.strictObject({ offer: uuid, ...keys }),
      ]),
    )
    .output(
      eventIterator(
        z.discriminatedUnion('type', [
          progress,
          z.object({ type: z.literal('done'), preview: bundlePreview }),
        ]),
      ),
    ),
  /** judges an opened file anew, as after REVISION_CHANGED */
  preview: base.input(z.strictObject({ token: uuid })).output(bundlePreview),
  /**
   * Takes the ticked entries in one transaction, all or nothing. New ones are made; `onConflict`
   * says what becomes of `changed` and `conflict` ones: keep mine, take theirs, or import beside as
   * a copy. A deck that changed since the preview is REVISION_CHANGED.
   */
  apply: base
    .input(
      z.strictObject({
        token: uuid,
        only: z.array(z.string()).min(1).max(10_000),
        onConflict: onConflict.default('keep'),
        perEntry: z.record(z.string(), onConflict).default({}),
        withSecrets: z.boolean().default(true),
      }),
    )
    .output(importOutcome),
  /** what undo would take back; null where there is nothing */
  last: base.output(lastImport.nullable()),
  /** takes the last import back; what was edited since stays and is named */
  undo: base.input(z.strictObject({ importId: z.number().int() })).output(undoOutcome),
  /** files at hand: those opened with Clusterdeck, and a portal's clusters.json lying about */
  offers: base.output(z.array(fileOffer)),
};
