import type { SafeStorage } from 'electron';
import type { KeyProtector, Logger } from '#electron/core/ports';
import { fail } from '#shared/contract/errors';

type AsyncSafeStorage = Pick<
  SafeStorage,
  | 'isAsyncEncryptionAvailable'
  | 'encryptStringAsync'
  | 'decryptStringAsync'
  | 'getSelectedStorageBackend'
>;
type Backend = ReturnType<SafeStorage['getSelectedStorageBackend']>;

const ELSE = 'Or choose a passphrase for the vault.';
const LINUX_LABELS: Record<Backend, string> = {
  gnome_libsecret: 'Secret Service',
  kwallet: 'KWallet',
  kwallet5: 'KWallet',
  kwallet6: 'KWallet',
  basic_text: 'Desktop keychain',
  unknown: 'Desktop keychain',
};

/**
 * Holds the vault key through Electron's safeStorage: the store keeps it encrypted with a key of
 * the operating system's keychain. Make it after the app is ready; earlier no backend is chosen.
 */
export function createSafeStorageProtector(
  storage: AsyncSafeStorage,
  platform: NodeJS.Platform,
  logger: Logger,
): KeyProtector {
  const backend = platform === 'linux' ? storage.getSelectedStorageBackend() : null;

  async function unavailable(): Promise<string | null> {
    // both of these would encrypt with a password that is printed in Chromium's source
    if (backend === 'basic_text' || backend === 'unknown') {
      return `This desktop offers no keychain. Start GNOME Keyring or KWallet and open Clusterdeck again. ${ELSE}`;
    }
    if (await storage.isAsyncEncryptionAvailable()) return null;
    return `The keychain does not answer. Unlock it and open Clusterdeck again. ${ELSE}`;
  }

  async function seal(plain: string): Promise<string> {
    const sealed = await storage.encryptStringAsync(plain);
    return sealed.toString('base64');
  }

  async function requireAvailable(): Promise<void> {
    const remedy = await unavailable();
    if (remedy !== null) throw fail('VAULT_UNAVAILABLE', { remedy });
  }

  return {
    protection: 'safeStorage',
    label: labelOf(platform, backend),
    unavailable,

    async keep(keyId, key) {
      await requireAvailable();
      return seal(`${keyId}:${Buffer.from(key).toString('base64')}`);
    },

    async recall(keyId, kept, renew) {
      await requireAvailable();
      const opened = await storage.decryptStringAsync(Buffer.from(kept, 'base64')).catch(() => {
        throw fail('VAULT_LOCKED', {
          remedy: 'Unlock the keychain of this desktop and try again.',
        });
      });
      const [sealedFor, key] = opened.result.split(':');
      if (sealedFor !== keyId || key === undefined) {
        throw fail('VAULT_UNAVAILABLE', {
          remedy: 'The keychain holds another key. Restore the data folder from its backup.',
        });
      }
      if (opened.shouldReEncrypt && renew !== undefined) {
        // the old form still opens, so the next start may try again
        await seal(opened.result)
          .then(renew)
          .catch((error: unknown) => logger.warn({ error }, 'The vault key was not sealed anew'));
      }
      return Uint8Array.from(Buffer.from(key, 'base64'));
    },

    /** Nothing lies outside of the store. */
    async forget() {},
  };
}

function labelOf(platform: NodeJS.Platform, backend: Backend | null): string {
  if (backend !== null) return LINUX_LABELS[backend];
  if (platform === 'darwin') return 'macOS Keychain';
  return platform === 'win32' ? 'Windows Data Protection' : 'Desktop keychain';
}
