import type { Protection, VaultStatus } from '#shared/contract/vault';
import type { Tone } from '../../ui/state';

/** What a protection means, in a sentence. */
export const PROTECTION_SENTENCES: Record<Protection, string> = {
  safeStorage: 'The key of the vault is held by the system’s keychain, bound to this program.',
  keychain: 'The key of the vault is held by the system’s keychain and opens when you sign in.',
  passphrase: 'The key of the vault is made of a passphrase, asked for at each start.',
  session: 'Passwords and tokens are not kept: they live until Clusterdeck is closed.',
};

interface VaultHeadline {
  title: string;
  detail: string;
  tone: Tone;
}

/** The plate's two lines for a vault as it stands. */
export function vaultHeadline(vault: VaultStatus): VaultHeadline {
  if (vault.state === 'locked') {
    return { title: 'The vault is locked', detail: vault.label, tone: 'warning' };
  }
  if (vault.state === 'unavailable') {
    return { title: 'The vault cannot be opened', detail: vault.label, tone: 'bad' };
  }
  switch (vault.protection) {
    case 'safeStorage':
    case 'keychain':
      return { title: 'Sealed by the OS keychain', detail: vault.label, tone: 'ok' };
    case 'passphrase':
      return { title: 'Sealed by a passphrase', detail: 'Asked for at each start', tone: 'ok' };
    case 'session':
      return { title: 'Secrets are not kept', detail: 'Forgotten when it closes', tone: 'warning' };
  }
}
