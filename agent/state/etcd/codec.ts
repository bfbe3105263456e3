import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { Entry } from '../types';

/**
 * etcd's JSON: keys and values in base64, 64-bit integers as strings, zero fields left out
 * (https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/).
 */
export const int64 = z.string().default('0');
export const revisionNumber = z
  .string()
  .regex(/^\d{1,15}$/)
  .default('0')
  .transform(Number);

export const keyValue = z.object({
  key: z.base64(),
  value: z.base64().default(''),
  create_revision: revisionNumber,
  mod_revision: revisionNumber,
  lease: int64,
});
export const header = z.object({ revision: revisionNumber });

export const rangeAnswer = z.object({ header, kvs: z.array(keyValue).default([]) });
export const txnAnswer = z.object({ header, succeeded: z.boolean().default(false) });
export const grantAnswer = z.object({ ID: z.string(), TTL: int64 });
export const keepAliveAnswer = z.object({ result: z.object({ TTL: int64 }) });
export const anyAnswer = z.looseObject({});
export const watchMessage = z.object({
  result: z.object({
    created: z.boolean().default(false),
    canceled: z.boolean().default(false),
    compact_revision: revisionNumber,
    cancel_reason: z.string().default(''),
    events: z
      .array(z.object({ type: z.enum(['PUT', 'DELETE']).default('PUT'), kv: keyValue }))
      .default([]),
  }),
});
/** Most refusals name themselves twice; streams wrap theirs. */
export const refusal = z.object({
  error: z.union([z.string(), z.object({ message: z.string() })]),
});

export const encode = (text: string): string => Buffer.from(text).toString('base64');
const decode = (text: string): string => Buffer.from(text, 'base64').toString();

/** The end of the range of all keys with that prefix, as etcd wants it; base64. */
export function rangeEnd(prefix: string): string {
  const bytes = Buffer.from(prefix);
  for (let at = bytes.length - 1; at >= 0; at -= 1) {
    const byte = bytes[at] ?? 0xff;
    if (byte === 0xff) continue;
    bytes[at] = byte + 1;
    return bytes.subarray(0, at + 1).toString('base64');
  }
  // all keys there are
  return Buffer.from([0]).toString('base64');
}

/** The key without the cluster's own prefix. */
export function keyOf(kv: z.infer<typeof keyValue>, root: string): string {
  return decode(kv.key).slice(root.length);
}

/** @throws Failure BAD_RESPONSE for a value that is no JSON */
export function entryOf(kv: z.infer<typeof keyValue>, root: string): Entry {
  const key = keyOf(kv, root);
  return {
    key,
    value: parseValue(decode(kv.value), `${root}${key}`),
    createRevision: kv.create_revision,
    modRevision: kv.mod_revision,
    lease: kv.lease === '0' ? null : kv.lease,
  };
}

function parseValue(text: string, key: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const remedy = `Something else wrote ${key}: look at it with etcdctl and delete it.`;
    throw fail('BAD_RESPONSE', { remedy }, 'The shared state holds something foreign.');
  }
}
