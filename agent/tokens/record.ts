import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type TokenView, tokenRole } from '#shared/contract/agent/tokens';

export const PREFIX = 'tokens/';
const ID_BYTES = 5;
const SECRET_BYTES = 32;
const TOKEN = /^cdk_([0-9a-f]{10})_([A-Za-z0-9_-]{43})$/;

/** `tokens/<id>` in the shared state: everything but the secret. Times in ms since 1970. */
export const tokenRecord = z.object({
  id: z.string(),
  name: z.string(),
  role: tokenRole,
  /** SHA-256 of the whole token, hex; 256 random bits need no slower one */
  digest: z.string(),
  createdAt: z.number(),
  /** null: never */
  expiresAt: z.number().nullable(),
  revokedAt: z.number().nullable(),
  /** uuid of the cluster that it was made for, where that one was merged into this */
  origin: z.string().optional(),
});
export type TokenRecord = z.infer<typeof tokenRecord>;

/** `cdk_<id>_<secret>`: recognisable wherever it leaks to, and found by its id. */
export function makeToken(): { id: string; token: string } {
  const id = randomBytes(ID_BYTES).toString('hex');
  return { id, token: `cdk_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}` };
}

/** The id of a token; null for what is no token. */
export const idOf = (token: string): string | null => TOKEN.exec(token)?.[1] ?? null;

export const digestOf = (token: string) => createHash('sha256').update(token).digest('hex');

export const viewOf = (record: TokenRecord): TokenView => ({
  id: record.id,
  name: record.name,
  role: record.role,
  created_at: Math.floor(record.createdAt / 1000),
  expires_at: record.expiresAt === null ? 0 : Math.floor(record.expiresAt / 1000),
  revoked: record.revokedAt !== null,
});
