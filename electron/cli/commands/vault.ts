import { readPassphraseFile } from '#electron/browser-host/ports/passphrase-file';
import { fail } from '#shared/contract/errors';
import type { VaultStatus } from '#shared/contract/vault';
import { snakeCase } from '../cluster-json';
import { unlockWithFile } from '../unlock';
import type { CommandContext, ExitCode } from './context';

export async function vaultStatus(context: CommandContext): Promise<ExitCode> {
  const status = await context.withSession(async ({ client, visits }) => {
    // a visit has done so, and has told what hindered it
    if (!visits) await unlockWithFile(client, context.io);
    return client.vault.status();
  });
  tell(status, context);
  return 0;
}

/** Seals every secret anew under another protection. */
export async function changeVault(
  to: VaultStatus['protection'],
  context: CommandContext,
): Promise<ExitCode> {
  const passphrase = to === 'passphrase' ? await readPassphraseFile(context.io.env) : null;
  if (to === 'passphrase' && passphrase === null) {
    throw fail('INVALID_INPUT', {
      remedy:
        'Write the passphrase into a file only you can read and name it in CLUSTERDECK_PASSPHRASE_FILE.',
      field: 'passphrase',
    });
  }
  const status = await context.withSession(({ client }) =>
    client.vault.change({ to, ...(passphrase !== null && { passphrase }) }),
  );
  tell(status, context);
  if (to === 'session') {
    context.out.note('Secrets are not stored any more: they live until this program ends.');
  }
  return 0;
}

function tell(status: VaultStatus, { out }: CommandContext): void {
  out.result(snakeCase(status), () =>
    [
      `${status.label}: ${status.state}, ${count(status.sealedSecrets)}.`,
      ...(status.message === null ? [] : [status.message]),
      ...status.options.map(
        ({ protection, label, available, reason }) =>
          `  ${protection.padEnd(12)}${label}${available ? '' : `: ${reason ?? 'not available'}`}`,
      ),
    ].join('\n'),
  );
}

const count = (secrets: number) =>
  secrets === 1 ? '1 sealed secret' : `${secrets} sealed secrets`;
