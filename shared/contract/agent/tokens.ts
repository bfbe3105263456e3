import { z } from 'zod';

/** Access tokens of the node agent's API; administered with the role `admin`. */
export const TOKEN_ROLES = ['viewer', 'operator', 'admin'] as const;
export const tokenRole = z.enum(TOKEN_ROLES);
/** viewer looks, operator also acts on SLURM, admin also administers tokens and configuration */
export type TokenRole = z.infer<typeof tokenRole>;

const unixSeconds = z.number().nonnegative();

/** `POST /api/v1/tokens` */
export const tokenRequest = z.strictObject({
  role: tokenRole,
  /** whose or what for, as it stands in the audit */
  name: z
    .string()
    .trim()
    .min(1, 'Say whose or what it is for.')
    .max(60, 'At most 60 characters.')
    .refine((text) => !/\p{Cc}/u.test(text), 'Control characters are not allowed.'),
  /** 0: never */
  expires_in_s: z
    .number()
    .int()
    .min(0)
    .max(10 * 365 * 86_400),
});
export type TokenRequest = z.infer<typeof tokenRequest>;

export const tokenView = z.object({
  /** the part of the token that may be shown */
  id: z.string(),
  name: z.string(),
  role: tokenRole,
  created_at: unixSeconds,
  /** 0: never */
  expires_at: unixSeconds,
  revoked: z.boolean(),
});
export type TokenView = z.infer<typeof tokenView>;

export const tokensAnswer = z.object({ tokens: z.array(tokenView) });
/** The token itself is told this once. */
export const tokenMadeAnswer = z.object({
  ok: z.literal(true),
  token: z.string(),
  view: tokenView,
});
export const tokenRevokedAnswer = z.object({ ok: z.literal(true), message: z.string() });
