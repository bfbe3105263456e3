import { z } from 'zod';
import { base } from './base';

export const protection = z.enum(['safeStorage', 'keychain', 'passphrase', 'session']);
export type Protection = z.infer<typeof protection>;

export const vaultStatus = z.object({
  protection,
  /** what a person knows it by: `Secret Service`, `macOS Keychain`, `Passphrase`, ... */
  label: z.string(),
  state: z.enum(['unlocked', 'locked', 'unavailable']),
  /** why it is not unlocked and what to do */
  message: z.string().nullable(),
  sealedSecrets: z.number().int().nonnegative(),
  options: z.array(
    z.object({
      protection,
      label: z.string(),
      available: z.boolean(),
      reason: z.string().nullable(),
    }),
  ),
});
export type VaultStatus = z.infer<typeof vaultStatus>;

const passphrase = z.string().min(8, 'At least 8 characters.').max(1024);

export const vault = {
  status: base.output(vaultStatus),
  /** opens a passphrase vault, or tries a locked keychain again */
  unlock: base
    .input(z.strictObject({ passphrase: z.string().max(1024).optional() }))
    .output(vaultStatus),
  /**
   * seals every secret anew under the other protection, all or nothing; `discardSecrets` gives up
   * those which cannot be opened any more, as when the keychain was lost
   */
  change: base
    .input(
      z.strictObject({
        to: protection,
        passphrase: passphrase.optional(),
        discardSecrets: z.boolean().default(false),
      }),
    )
    .output(vaultStatus),
};
