import type { Vault } from '../vault/vault';
import { os } from './base';

export function createVaultRouter(vault: Vault) {
  return {
    status: os.vault.status.handler(() => vault.status()),
    unlock: os.vault.unlock.handler(({ input }) => vault.unlock(input.passphrase)),
    change: os.vault.change.handler(({ input: { to, passphrase, discardSecrets } }) =>
      vault.change(to, passphrase, discardSecrets),
    ),
  };
}
