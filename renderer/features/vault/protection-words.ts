import type { Protection, VaultStatus } from '#shared/contract/vault';
import type { Tone } from '../../ui/state';

/** What a protection means, in a sentence. */
export const PROTECTION_SENTENCES: Record<Protection, string> = {
  safeStorage: 'The key of the vault is held by the system’s keychain, bound to this program.',
  keychain: 'The key of the vault is held by the system’s keychain and opens when you sign in.',
  passphrase: 'The key of the vault is made of a passphrase, asked for at each start.',
  session: 'Nothing is kept: secrets live until Clusterdeck is closed and are asked for again.',
};

/** The plate's line for a vault as it stands. */
export function vaultHeadline(vault: VaultStatus): { title: string; tone: Tone } {
  if (vault.state === 'locked') return { title: 'The vault is locked', tone: 'warning' };
  if (vault.state === 'unavailable') return { title: 'The vault cannot be opened', tone: 'bad' };
  switch (vault.protection) {
    case 'safeStorage':
    case 'keychain':
      return { title: 'Sealed by the OS keychain', tone: 'ok' };
    case 'passphrase':
      return { title: 'Sealed by a passphrase', tone: 'ok' };
    case 'session':
      return { title: 'Secrets for this session only', tone: 'warning' };
  }
}
