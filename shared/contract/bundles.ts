import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { base, nothing, timestampMs, uuid } from './base';

const passphrase = z.string().min(1).max(1024);
/** base64 of the file: at most 64 MiB */
const fileBase64 = z.base64().max(90_000_000);

export const bundleEntry = z.object({
  key: z.string(),
  clusterId: z.string().nullable(),
  name: z.string(),
  address: z.string(),
  verdict: z.enum(['new', 'same', 'changed', 'conflict', 'invalid']),
  /** field by field what importing would change here */
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

export const importOutcome = z.object({
  importId: z.number().int(),
  created: z.array(z.string()),
  changed: z.array(z.string()),
  kept: z.array(z.string()),
});
export type ImportOutcome = z.infer<typeof importOutcome>;

const progress = z.object({ type: z.literal('progress'), fraction: z.number(), what: z.string() });

export const bundles = {
  /** an age file; progress tells of the slow key derivation */
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
  /** opens a .cdeck bundle, a clusters.json or the portal's SQLite file, told apart by content */
  open: base
    .input(
      z.strictObject({
        base64: fileBase64,
        fileName: z.string().max(255),
        passphrase: passphrase.optional(),
        /** an age identity, AGE-SECRET-KEY-1... */
        identity: z.string().max(200).optional(),
      }),
    )
    .output(
      eventIterator(
        z.discriminatedUnion('type', [
          progress,
          z.object({ type: z.literal('done'), preview: bundlePreview }),
        ]),
      ),
    ),
  /** takes the ticked entries in one transaction, all or nothing */
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
  /** takes the last import back, unless what it made was changed since */
  undo: base.input(z.strictObject({ importId: z.number().int() })).output(nothing),
};
