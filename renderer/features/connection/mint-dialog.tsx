import { useMutation } from '@tanstack/react-query';
import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { FEATURES, type FeatureName, type TfaAnswer } from '#shared/contract/connection';
import { useClient } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Checkbox } from '../../ui/choice';
import { CodeText } from '../../ui/code';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice, Notice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { Input } from '../../ui/input';
import { Stack } from '../../ui/stack';
import type { ClusterDialogProps } from './connection-dialogs';
import { FEATURE_WORDS } from './features';
import styles from './mint-dialog.module.css';
import { SecondFactorForm } from './second-factor-form';

/** Trades the stored password for a token that may do only what is ticked. */
export function MintDialog({ cluster, onClose }: ClusterDialogProps) {
  const client = useClient();
  const [features, setFeatures] = useState<readonly FeatureName[]>(['watch', 'power']);
  const [user, setUser] = useState('clusterdeck@pve');
  const [tokenName, setTokenName] = useState('desk');
  const mint = useMutation({
    mutationFn: (tfa: TfaAnswer | undefined) =>
      client.connection.mintToken({
        uuid: cluster.uuid,
        features: [...features],
        user,
        tokenName,
        ...(tfa && { tfa }),
      }),
  });
  const problem = mint.isError ? problemOf(mint.error) : null;
  const fields = problem?.data?.fields ?? {};

  if (mint.isSuccess) {
    return (
      <Dialog
        open
        title="The token is in use"
        onOpenChange={onClose}
        footer={
          <Button tone="primary" onClick={onClose}>
            Close
          </Button>
        }
      >
        <Stack>
          <Notice tone="information" icon={CircleCheck} title="The password was forgotten.">
            From now on {cluster.name} is reached with <CodeText>{mint.data.tokenId}</CodeText>. Its
            secret is sealed in the vault and was shown to nobody.
          </Notice>
          <p>
            It has these privileges: <CodeText>{mint.data.privileges.join(', ')}</CodeText>
          </p>
        </Stack>
      </Dialog>
    );
  }

  return (
    <Dialog
      open
      title={`Mint a token for ${cluster.name}`}
      description={`${cluster.user} makes an account and a token there that may do only what is ticked. Then the password is forgotten.`}
      onOpenChange={onClose}
      dismissable={!mint.isPending}
      footer={
        <>
          <Button onClick={onClose} disabled={mint.isPending}>
            Cancel
          </Button>
          <Button
            tone="primary"
            busy={mint.isPending}
            disabled={features.length === 0 || problem?.code === 'TFA_REQUIRED'}
            onClick={() => mint.mutate(undefined)}
          >
            Mint the token
          </Button>
        </>
      }
    >
      <Stack>
        <fieldset className={styles.features}>
          <legend>What the token may do</legend>
          {FEATURES.map((feature) => (
            <Checkbox
              key={feature}
              label={FEATURE_WORDS[feature].name}
              hint={FEATURE_WORDS[feature].sentence}
              checked={features.includes(feature)}
              onChange={(ticked) =>
                setFeatures(
                  FEATURES.filter((other) =>
                    other === feature ? ticked : features.includes(other),
                  ),
                )
              }
            />
          ))}
        </fieldset>
        <div className={styles.names}>
          <Field label="Account on the server" error={fields.user}>
            {(control) => <Input {...control} mono value={user} onChange={setUser} />}
          </Field>
          <Field label="Name of the token" error={fields.tokenName}>
            {(control) => <Input {...control} mono value={tokenName} onChange={setTokenName} />}
          </Field>
        </div>
        {problem && problem.code !== 'TFA_REQUIRED' && <ErrorNotice problem={problem} />}
        {problem?.code === 'TFA_REQUIRED' && (
          <SecondFactorForm
            factors={problem.data?.factors ?? []}
            action="Mint the token"
            busy={mint.isPending}
            onAnswer={(tfa) => mint.mutate(tfa)}
          />
        )}
      </Stack>
    </Dialog>
  );
}
