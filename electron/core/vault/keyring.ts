import { type Failure, fail } from '#shared/contract/errors';
import type { KeyProtector } from '../ports';

interface Entry {
  getPassword(signal: AbortSignal): Promise<string | null>;
  setPassword(text: string, signal: AbortSignal): Promise<void>;
  deleteCredential(signal: AbortSignal): Promise<boolean>;
}

/** What is used of @napi-rs/keyring. */
interface KeyringLibrary {
  AsyncEntry: new (service: string, account: string, options: typeof ENTRY_OPTIONS) => Entry;
  findCredentialsAsync(service: string, target: undefined, signal: AbortSignal): Promise<unknown[]>;
}

export interface KeyringOptions {
  platform: NodeJS.Platform;
  /** loads the native library; late, so that a machine without it still starts */
  load?: () => Promise<KeyringLibrary>;
  /** how long a person may take to unlock the keychain when asked */
  promptMs?: number;
}

const QUIET_MS = 5_000;
const PROMPT_MS = 90_000;
const ACCOUNT = 'vault key';
/** Without the pin the library would fall back to the kernel's keyring, which forgets at logout. */
const ENTRY_OPTIONS = { linux: { store: 'secret-service' } } as const;

const LABELS: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'macOS Keychain',
  win32: 'Windows Credential Manager',
};
const WHERE: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'Unlock the login keychain',
  win32: 'Sign in to Windows again',
};

// one service per key, so that asking for it can tell "locked" from "not there" without a prompt
const serviceOf = (keyId: string) => `clusterdeck/${keyId}`;

/** Keeps the vault key in the system's keychain: Secret Service, macOS Keychain or Windows. */
export function createKeyringProtector(options: KeyringOptions): KeyProtector {
  const { platform, promptMs = PROMPT_MS } = options;
  const load = options.load ?? ((): Promise<KeyringLibrary> => import('@napi-rs/keyring'));
  const label = LABELS[platform] ?? 'Secret Service';
  const remedy = `${WHERE[platform] ?? 'Unlock the keychain of your session'}; Clusterdeck then goes on.`;

  async function ask<T>(keyId: string, ms: number, work: Work<T>): Promise<T> {
    const { AsyncEntry } = await load();
    const deadline = AbortSignal.timeout(ms);
    try {
      // the library may sit in a prompt that nobody answers: the deadline holds whatever it does
      return await Promise.race([
        work(new AsyncEntry(serviceOf(keyId), ACCOUNT, ENTRY_OPTIONS), deadline),
        aborted(deadline),
      ]);
    } catch (error) {
      throw keychainFailure(error, deadline.aborted, label, remedy);
    }
  }

  return {
    protection: 'keychain',
    label,
    async unavailable() {
      try {
        await ask('availability', QUIET_MS, (entry, signal) => entry.getPassword(signal));
        return null;
      } catch {
        return platform === 'linux'
          ? 'No Secret Service answers here. Start gnome-keyring or KWallet, or choose a passphrase.'
          : `${label} does not answer. Choose a passphrase.`;
      }
    },
    async keep(keyId, key) {
      const text = Buffer.from(key).toString('base64');
      await ask(keyId, promptMs, (entry, signal) => entry.setPassword(text, signal));
      return serviceOf(keyId);
    },
    async recall(keyId) {
      const text = await ask(keyId, promptMs, (entry, signal) => entry.getPassword(signal));
      if (text !== null) return Buffer.from(text, 'base64');
      throw fail('VAULT_UNAVAILABLE', {
        remedy: `${label} no longer has the key of this vault. Bring the keychain back, or choose a protection anew and enter the passwords again.`,
      });
    },
    async forget(keyId) {
      await ask(keyId, QUIET_MS, (entry, signal) => entry.deleteCredential(signal));
    },
    async opensQuietly(keyId) {
      try {
        const { findCredentialsAsync } = await load();
        const deadline = AbortSignal.timeout(QUIET_MS);
        const found = await Promise.race([
          findCredentialsAsync(serviceOf(keyId), undefined, deadline),
          aborted(deadline),
        ]);
        return found.length > 0;
      } catch {
        // a locked collection answers with an error here, and asks nobody
        return false;
      }
    },
  };
}

type Work<T> = (entry: Entry, signal: AbortSignal) => Promise<T>;

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** The library has no codes, so its words are all there is to tell "locked" from "gone". */
function keychainFailure(
  error: unknown,
  timedOut: boolean,
  label: string,
  remedy: string,
): Failure {
  const text = error instanceof Error ? error.message : String(error);
  if (timedOut || /locked|dismissed|interaction|denied|cancel/i.test(text)) {
    return fail('VAULT_LOCKED', { remedy: `${label} is locked. ${remedy}` });
  }
  return fail('VAULT_UNAVAILABLE', {
    remedy: `${label} does not answer. Start it, or use the passphrase protection.`,
    detail: text,
  });
}
