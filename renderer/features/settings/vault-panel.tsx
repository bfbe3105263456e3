import { KeyRound } from 'lucide-react';
import { useLive } from '../../app/context';
import { useDialogs } from '../../app/dialogs';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/card';
import { Notice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { StateDot } from '../../ui/state';
import { useBlock } from '../access/use-block';
import { plural } from '../deck/deck-view';
import { PROTECTION_SENTENCES, vaultHeadline } from '../vault/protection-words';
import styles from './settings-page.module.css';

/** What seals the secrets on this desk, and the way to change it. */
export function VaultPanel() {
  const vault = useLive((state) => state.vault);
  const dialogs = useDialogs();
  const block = useBlock();
  if (vault === null) return null;
  const { title, tone } = vaultHeadline(vault);
  const unlocked = vault.state === 'unlocked';
  return (
    <Panel title="Vault" note="Passwords and tokens are sealed; no screen shows them again.">
      <Stack>
        <dl className={styles.facts}>
          <dt>State</dt>
          <dd>
            <StateDot tone={tone} word={title} showWord />
          </dd>
          <dt>Protection</dt>
          <dd>{vault.label}</dd>
          {vault.protection !== 'session' && (
            <>
              <dt>Sealed</dt>
              <dd>{plural(vault.sealedSecrets, 'secret')}</dd>
            </>
          )}
        </dl>
        <p>{PROTECTION_SENTENCES[vault.protection]}</p>
        {vault.message !== null && (
          <Notice tone={unlocked ? 'information' : 'warning'} title={vault.message} />
        )}
        <Stack direction="row">
          {unlocked ? (
            <Button icon={KeyRound} why={block} onClick={() => dialogs.open({ type: 'vault' })}>
              Change the protection
            </Button>
          ) : (
            <Button tone="primary" onClick={() => dialogs.open({ type: 'unlock' })}>
              Unlock
            </Button>
          )}
        </Stack>
      </Stack>
    </Panel>
  );
}
