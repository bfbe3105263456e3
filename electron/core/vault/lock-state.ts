import type { Protection, VaultStatus } from '#shared/contract/vault';
import type { KeyProtector } from '../ports';

/** Where the vault stands; `message` says what to do where something is to be done. */
export type LockState = Pick<VaultStatus, 'protection' | 'state' | 'message'>;

const LABELS: Record<Protection, string> = {
  safeStorage: 'the desktop program’s keychain',
  keychain: 'the keychain of the system',
  passphrase: 'Passphrase',
  session: 'This session only',
};

export function protectionLabel(protection: Protection, protectors: KeyProtector[]): string {
  return protectors.find((p) => p.protection === protection)?.label ?? LABELS[protection];
}

/** Null when it can be used now; a protector that fails to answer cannot. */
export async function whyUnavailable(protector: KeyProtector): Promise<string | null> {
  try {
    return await protector.unavailable();
  } catch {
    return `${protector.label} does not answer. Choose another protection.`;
  }
}

/** Every protection there is, with why it cannot be chosen here. */
export async function optionsOf(protectors: KeyProtector[]): Promise<VaultStatus['options']> {
  const kept = await Promise.all(
    protectors.map(async (protector) => {
      const reason = await whyUnavailable(protector);
      const { protection, label } = protector;
      return { protection, label, available: reason === null, reason };
    }),
  );
  const always = (['passphrase', 'session'] as const).map((protection) => ({
    protection,
    label: LABELS[protection],
    available: true,
    reason: null,
  }));
  return [...kept, ...always];
}
