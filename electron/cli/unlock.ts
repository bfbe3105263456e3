import { readPassphraseFile } from '#electron/browser-host/ports/passphrase-file';
import type { Client } from '#shared/contract/index';

/**
 * Gives a vault that waits for its passphrase the one this command was given, and waits until one
 * that is just opening with it has opened. A locked keychain is left to the person.
 */
export async function unlockWithFile(client: Client, env: NodeJS.ProcessEnv): Promise<void> {
  if (!env['CLUSTERDECK_PASSPHRASE_FILE']) return;
  try {
    const { protection, state } = await client.vault.status();
    if (state !== 'locked' || protection === 'keychain' || protection === 'safeStorage') return;
    const passphrase = await readPassphraseFile(env);
    if (passphrase !== null) await client.vault.unlock({ passphrase });
  } catch {
    // a command which needs no secret works all the same; one that does says the vault is locked
  }
}
