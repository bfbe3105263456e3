import { useMutation } from '@tanstack/react-query';
import { RadioGroup } from 'radix-ui';
import { useState } from 'react';
import type { Protection, VaultStatus } from '#shared/contract/vault';
import { useClient, useLive } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice, Notice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { useToasts } from '../../ui/toast';
import { NewPassphrase } from './new-passphrase';
import { PROTECTION_SENTENCES } from './protection-words';
import styles from './vault-dialog.module.css';

/** Guides through a change of what seals the secrets; all are sealed anew or none. */
export function VaultDialog({ onClose }: { onClose: () => void }) {
  const vault = useLive((state) => state.vault);
  return vault && <ChangeProtection vault={vault} onClose={onClose} />;
}

function ChangeProtection({ vault, onClose }: { vault: VaultStatus; onClose: () => void }) {
  const client = useClient();
  const toasts = useToasts();
  const [to, setTo] = useState<Protection>(vault.protection);
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const change = useMutation({
    mutationFn: () => client.vault.change(to === 'passphrase' ? { to, passphrase } : { to }),
    onSuccess: (status) => {
      onClose();
      toasts.notify({ tone: 'ok', title: `Secrets are sealed anew: ${status.label}` });
    },
  });
  const isPassphrase = to === 'passphrase';
  const typedTwice = passphrase.length >= 8 && passphrase === again;
  const ready = isPassphrase ? typedTwice : to !== vault.protection;
  return (
    <Dialog
      open
      title="What seals the secrets"
      description={sealedSentence(vault)}
      onOpenChange={onClose}
      dismissable={!change.isPending}
      footer={
        <>
          <Button onClick={onClose} disabled={change.isPending}>
            Cancel
          </Button>
          <Button
            tone="primary"
            disabled={!ready}
            busy={change.isPending}
            onClick={() => change.mutate()}
          >
            Seal anew
          </Button>
        </>
      }
    >
      <Stack>
        <RadioGroup.Root
          aria-label="Protection"
          className={styles.options}
          value={to}
          onValueChange={(value) => {
            const picked = vault.options.find((option) => option.protection === value);
            if (picked) setTo(picked.protection);
          }}
        >
          {vault.options.map((option) => (
            <RadioGroup.Item
              key={option.protection}
              value={option.protection}
              disabled={!option.available}
              className={styles.option}
            >
              <span className={styles.radio} aria-hidden />
              <span>
                <strong>{option.label}</strong>
                {option.protection === vault.protection && ' (now)'}
                <span className={styles.sentence}>
                  {option.reason ?? PROTECTION_SENTENCES[option.protection]}
                </span>
              </span>
            </RadioGroup.Item>
          ))}
        </RadioGroup.Root>
        {isPassphrase && (
          <NewPassphrase
            passphrase={passphrase}
            again={again}
            onPassphrase={setPassphrase}
            onAgain={setAgain}
            loss="Nobody can open the vault without it, and nobody can reset it."
          />
        )}
        {to === 'session' && vault.protection !== 'session' && (
          <Notice tone="warning" title="Stored secrets will be forgotten when Clusterdeck closes.">
            Each password and token has to be typed again after the next start.
          </Notice>
        )}
        {change.isError && <ErrorNotice problem={problemOf(change.error)} />}
      </Stack>
    </Dialog>
  );
}

function sealedSentence({ protection, sealedSecrets: count }: VaultStatus): string {
  if (protection === 'session') return 'What was typed in this session is kept from then on.';
  if (count === 0) return 'No secret is stored yet.';
  return `${count === 1 ? 'One secret is' : `${count} secrets are`} sealed. A change seals all anew, or none.`;
}
