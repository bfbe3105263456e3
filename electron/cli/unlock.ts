import { readPassphraseFile } from '#electron/browser-host/ports/passphrase-file';
import { Failure } from '#shared/contract/errors';
import type { Client } from '#shared/contract/index';
import type { CliIo } from './io';

/**
 * Gives a vault that waits for its passphrase the one this command was given, and waits until one
 * that is just opening with it has opened. A locked keychain is left to the person; a passphrase that
 * is of no use is told on standard error.
 */
export async function unlockWithFile(
  client: Client,
  { env, stderr }: Pick<CliIo, 'env' | 'stderr'>,
): Promise<void> {
  if (!env['CLUSTERDECK_PASSPHRASE_FILE']) return;
  try {
    const { protection, state } = await client.vault.status();
    if (state !== 'locked' || protection === 'keychain' || protection === 'safeStorage') return;
    const passphrase = await readPassphraseFile(env);
    if (passphrase !== null) await client.vault.unlock({ passphrase });
  } catch (error) {
    // a command which needs no secret works all the same; one that does says the vault is locked
    if (error instanceof Failure) stderr(`${error.message} ${error.data.remedy}\n`);
  }
}
