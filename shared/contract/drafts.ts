import { z } from 'zod';
import { base, nothing, timestampMs } from './base';

/** Names a form: `cluster`, `cluster <uuid>`, `remote`. */
const key = z.string().min(1).max(100);

const draftValue = z
  .record(z.string().max(100), z.json())
  .refine(
    (value) =>
      !Object.keys(value).some((field) => /^(secret|password|passphrase|key|token)$/i.test(field)),
    'A draft keeps no secret.',
  )
  .refine((value) => JSON.stringify(value).length <= 65_536, 'A draft has at most 64 KB.');

/** What a form held before it was saved: plain values, and never a secret. */
export const draftSchema = z.object({ value: draftValue, at: timestampMs });
export type Draft = z.infer<typeof draftSchema>;

export const drafts = {
  /** null where there is none */
  get: base.input(z.strictObject({ key })).output(draftSchema.nullable()),
  /** replaces the one before; the hundred newest are kept */
  keep: base.input(z.strictObject({ key, value: draftValue })).output(nothing),
  drop: base.input(z.strictObject({ key })).output(nothing),
};
