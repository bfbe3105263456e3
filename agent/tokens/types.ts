import { z } from 'zod';

export const TOKEN_ROLES = ['viewer', 'operator', 'admin'] as const;
export const tokenRole = z.enum(TOKEN_ROLES);
export type TokenRole = z.infer<typeof tokenRole>;

/** What is known of a token; its secret is not. Times are ms since 1970. */
export const tokenInfo = z.object({
  id: z.string(),
  name: z.string(),
  role: tokenRole,
  createdAt: z.number(),
  /** null: never */
  expiresAt: z.number().nullable(),
  /** kept until it would have expired, so that a revoked token is told from an unknown one */
  revokedAt: z.number().nullable(),
});
export type TokenInfo = z.infer<typeof tokenInfo>;

export type TokenVerdict =
  | { ok: true; token: TokenInfo }
  | {
      ok: false;
      /** for programs, as `token-expired` */
      code: 'token-missing' | 'token-unknown' | 'token-expired' | 'token-revoked' | 'token-slow';
      /** `token-slow`: seconds until this address may try again */
      waitS?: number;
    };

/** The tokens of the cluster's API. */
export interface Tokens {
  /**
   * Answers from memory: a request never waits for the state.
   * @param authorization the header as it came, as `Bearer cdk_...`
   * @param address of who asks: guessing is slowed down for each
   */
  verify(authorization: string | undefined, address: string): TokenVerdict;
  list(): TokenInfo[];
  /**
   * @param expiresInMs null: it never expires
   * @returns the token, which cannot be shown again
   * @throws Failure NO_QUORUM | UNREACHABLE | TIMEOUT
   */
  create(wish: {
    name: string;
    role: TokenRole;
    expiresInMs: number | null;
  }): Promise<{ token: string; info: TokenInfo }>;
  /** @throws Failure NOT_FOUND | NO_QUORUM | UNREACHABLE | TIMEOUT */
  revoke(id: string): Promise<TokenInfo>;
}
