import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Remote, RemoteCreateInput } from '#shared/contract/remotes';
import { useClient } from '../../app/context';
import { DraftNotice, useDraft } from '../../app/drafts';
import { isNetworkCode, useBackOnline, useOnline } from '../../app/online';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice, Notice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { useToasts } from '../../ui/toast';
import { useBlock } from '../access/use-block';
import {
  NEW_REMOTE,
  parseRemote,
  type RemoteErrors,
  type RemoteForm,
  remoteChanges,
  remoteFields,
  remoteFormOf,
} from './remote-form';
import { RemoteFormFields } from './remote-form-fields';
import { RemoteTestPanel } from './remote-test-panel';
import { useRemoteTest } from './use-remote-test';

interface RemoteDialogProps {
  /** null: a new one */
  remote: Remote | null;
  onClose: () => void;
}

/** A portal or hub: where it is, how to sign in there, and a test of its own. */
export function RemoteDialog({ remote, onClose }: RemoteDialogProps) {
  const draft = useDraft(remote === null ? 'remote' : `remote ${remote.uuid}`, remoteFields);
  if (!draft.ready) return null;
  return <RemoteEditor remote={remote} draft={draft} onClose={onClose} />;
}

function RemoteEditor(
  props: RemoteDialogProps & { draft: ReturnType<typeof useDraft<typeof remoteFields>> },
) {
  const { remote, draft, onClose } = props;
  const client = useClient();
  const toasts = useToasts();
  const online = useOnline();
  const block = useBlock();
  const stored = remote === null ? NEW_REMOTE : remoteFormOf(remote);
  const [form, setForm] = useState<RemoteForm>({ ...stored, ...draft.kept?.value });
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState<RemoteErrors>({});
  const { test, start, cancel } = useRemoteTest();
  const parsed = parseRemote(form);
  const errors: RemoteErrors = { ...(tried && parsed.errors), ...refused };

  const change = (changes: Partial<RemoteForm>) => {
    const next = { ...form, ...changes };
    setForm(next);
    setRefused({});
    const { secret: _secret, ...fields } = next;
    draft.keep(fields);
  };
  const runTest = (from: RemoteForm) => {
    const { value } = parseRemote(from);
    setTried(true);
    if (value === null) return;
    void start({ draft: value, ...(remote && { uuid: remote.uuid }) });
  };
  const lost = test.phase === 'done' && test.stages.some(({ code }) => isNetworkCode(code));
  useBackOnline(() => {
    if (lost) runTest(form);
  });
  const save = useMutation({
    mutationFn: (value: RemoteCreateInput) =>
      remote === null
        ? client.remotes.create(value)
        : client.remotes.update({
            uuid: remote.uuid,
            revision: remote.revision,
            changes: remoteChanges(remote, value),
          }),
    onSuccess: (saved) => {
      draft.drop();
      onClose();
      toasts.notify({ tone: 'ok', title: `${saved.name} was saved` });
    },
    onError: (error) => setRefused(strippedFields(problemOf(error).data?.fields)),
  });
  const submit = () => {
    setTried(true);
    if (parsed.value !== null) save.mutate(parsed.value);
  };

  return (
    <Dialog
      open
      size="large"
      title={remote === null ? 'Add a remote' : `Edit ${remote.name}`}
      description="A lab portal, or a Clusterdeck that runs as a hub."
      onOpenChange={onClose}
      dismissable={!save.isPending}
      footer={
        <>
          <Button onClick={onClose} disabled={save.isPending}>
            Cancel
          </Button>
          {test.phase === 'running' ? (
            <Button onClick={cancel}>Cancel the test</Button>
          ) : (
            <Button onClick={() => runTest(form)}>
              {test.phase === 'idle' ? 'Test' : 'Test again'}
            </Button>
          )}
          <Button tone="primary" busy={save.isPending} why={block} onClick={submit}>
            {remote === null ? 'Add remote' : 'Save'}
          </Button>
        </>
      }
    >
      <Stack gap="large">
        {draft.kept && (
          <DraftNotice
            at={draft.kept.at}
            onDiscard={() => {
              draft.drop();
              setForm(stored);
            }}
          />
        )}
        <RemoteFormFields form={form} errors={errors} stored={remote} onChange={change} />
        {save.isError && Object.keys(refused).length === 0 && (
          <ErrorNotice problem={problemOf(save.error)} />
        )}
        {tried && parsed.value === null && (
          <Notice tone="warning" title="Correct the marked fields first." />
        )}
        {!online && (
          <Notice tone="information" title="This machine has no network.">
            Save all the same and test later; the form is kept as a draft too.
            {lost && ' The test goes on when the network is back.'}
          </Notice>
        )}
        <RemoteTestPanel
          test={test}
          url={form.url}
          onPin={(pin) => {
            change({ pin, verify: 'pin' });
            runTest({ ...form, pin, verify: 'pin' });
          }}
        />
      </Stack>
    </Dialog>
  );
}

function strippedFields(fields: Readonly<Record<string, string>> | undefined): RemoteErrors {
  return Object.fromEntries(
    Object.entries(fields ?? {}).map(([path, sentence]) => [
      path.replace(/^changes\./, ''),
      sentence,
    ]),
  );
}
