import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useClient, useLive } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { CodeText } from '../../ui/code';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice, Notice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { PasswordInput } from '../../ui/input';
import { Stack } from '../../ui/stack';
import type { ClusterDialogProps } from './connection-dialogs';
import { TokenHint } from './token-hint';

/** Takes a new password or token secret for a cluster that refused the stored one or has none. */
export function SignInDialog({ cluster, onClose }: ClusterDialogProps) {
  const client = useClient();
  const failure = useLive((state) => state.live.get(cluster.uuid)?.failure);
  const [secret, setSecret] = useState('');
  const save = useMutation({
    mutationFn: async () => {
      const { uuid, revision } = cluster;
      await client.clusters.update({ uuid, revision, changes: { secret } });
      await client.connection.refresh({ uuid });
    },
    onSuccess: onClose,
  });
  const isToken = cluster.authKind === 'token';
  const isClusteros = cluster.kind === 'clusteros';
  return (
    <Dialog
      open
      size="small"
      title={`Sign in to ${cluster.name}`}
      description={
        isClusteros ? (
          'With a token of its agents. It is sealed in the vault and used from now on.'
        ) : (
          <>
            As <CodeText>{isToken ? cluster.tokenId : cluster.user}</CodeText>. It is sealed in the
            vault and used from now on.
          </>
        )
      }
      onOpenChange={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (secret !== '') save.mutate();
        }}
      >
        <Stack>
          {failure && (
            <Notice tone="warning" title={failure.message}>
              {failure.data.remedy}
            </Notice>
          )}
          <Field
            label={isClusteros ? 'Token' : isToken ? 'Token secret' : 'Password'}
            hint={isClusteros ? <TokenHint /> : undefined}
            required
          >
            {(control) => (
              <PasswordInput {...control} autoFocus value={secret} onChange={setSecret} />
            )}
          </Field>
          {save.isError && <ErrorNotice problem={problemOf(save.error)} />}
          <Stack direction="row">
            <Button type="submit" tone="primary" disabled={secret === ''} busy={save.isPending}>
              Save and sign in
            </Button>
          </Stack>
        </Stack>
      </form>
    </Dialog>
  );
}
