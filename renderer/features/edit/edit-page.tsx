import { useMutation } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useState } from 'react';
import { useLocation } from 'wouter';
import type { Cluster, ClusterChanges } from '#shared/contract/clusters';
import { useClient, useLive } from '../../app/context';
import { DraftNotice, useDraft } from '../../app/drafts';
import { NotFound } from '../../app/not-found';
import { useBackOnline } from '../../app/online';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { CodeText } from '../../ui/code';
import { Notice } from '../../ui/feedback';
import { Page } from '../../ui/page';
import { Stack } from '../../ui/stack';
import { useToasts } from '../../ui/toast';
import { clusterHref } from '../clusters/use-cluster-actions';
import { ClusterEditor } from './cluster-editor';
import { changesOf, clusterDraft, formOf, parseCluster } from './cluster-form';
import { type ClusterDraftState, useClusterForm } from './use-cluster-form';
import { useStorageList } from './use-storage-list';

/** An existing cluster's configuration. */
export default function EditPage({ clusterId }: { clusterId: string }) {
  const cluster = useLive((state) =>
    [...state.clusters.values()].find((entry) => entry.clusterId === clusterId),
  );
  // the id itself may be edited: what was opened stays open
  const [opened] = useState(cluster?.uuid);
  const current = useLive((state) => (opened ? state.clusters.get(opened) : undefined));
  if (!current) return <NotFound what={`There is no cluster ${clusterId} on this desk.`} />;
  return <Drafted cluster={current} />;
}

function Drafted({ cluster }: { cluster: Cluster }) {
  const draft = useDraft(`cluster ${cluster.uuid}`, clusterDraft);
  return draft.ready ? <Editor cluster={cluster} draft={draft} /> : null;
}

function Editor({ cluster, draft }: { cluster: Cluster; draft: ClusterDraftState }) {
  const client = useClient();
  const toasts = useToasts();
  const [, navigate] = useLocation();
  const [stored, setStored] = useState(cluster);
  const state = useClusterForm(formOf(cluster), false, draft);
  const storages = useStorageList();
  const reachable = useLive(
    (live) => cluster.kind === 'proxmox' && live.live.get(cluster.uuid)?.state === 'active',
  );
  const readStorages = useEffectEvent(() => {
    if (reachable) void storages.load({ uuid: cluster.uuid });
  });
  useEffect(() => readStorages(), []);
  useBackOnline(() => {
    if (storages.state === 'failed') void storages.load({ uuid: cluster.uuid });
  });

  const update = useMutation({
    mutationFn: (input: { revision: number; changes: ClusterChanges }) =>
      client.clusters.update({ uuid: cluster.uuid, ...input }),
    onError: (error) => state.refuse(problemOf(error)),
  });
  const problem = update.isError ? problemOf(update.error) : null;
  const outdated = problem?.code === 'REVISION_CHANGED';

  const save = (base: Cluster, revision: number, release: () => void) => {
    const { value } = parseCluster(state.form);
    if (value === null) return;
    update.mutate(
      { revision, changes: changesOf(base, value) },
      {
        onSuccess: (saved) => {
          draft.drop();
          release();
          toasts.notify({ tone: 'ok', title: `${saved.name} was saved` });
          navigate(clusterHref(saved.clusterId));
        },
      },
    );
  };
  const takeStored = () => {
    setStored(cluster);
    state.restart(formOf(cluster));
    update.reset();
  };

  return (
    <Page
      title={`Edit ${stored.name}`}
      aside={<CodeText quiet>{stored.clusterId}</CodeText>}
      crumbs={[
        { label: 'Deck', href: '#/' },
        { label: stored.name, href: `#${clusterHref(stored.clusterId)}` },
      ]}
    >
      <ClusterEditor
        state={state}
        stored={stored}
        storages={storages}
        action="Save"
        saving={update.isPending}
        problem={outdated ? null : problem}
        {...(outdated && {
          notice: (
            <Outdated
              onTakeStored={takeStored}
              onSaveMine={(release) => save(stored, cluster.revision, release)}
            />
          ),
        })}
        {...(!outdated &&
          draft.kept && {
            notice: (
              <DraftNotice
                at={draft.kept.at}
                note="Only the fields you touched differ from what is stored. Passwords are not part of a draft."
                onDiscard={takeStored}
              />
            ),
          })}
        onSave={(release) => save(stored, stored.revision, release)}
        onCancel={() => navigate(clusterHref(stored.clusterId))}
      />
    </Page>
  );
}

/** Somebody (another window, a script, a pin) saved in the meantime. */
function Outdated(props: { onTakeStored: () => void; onSaveMine: (release: () => void) => void }) {
  return (
    <Notice
      tone="warning"
      title="This cluster was changed elsewhere while you edited it."
      action={
        <Stack direction="row" gap="small">
          <Button small onClick={props.onTakeStored}>
            Show what is stored
          </Button>
          <Button small onClick={() => props.onSaveMine(() => undefined)}>
            Save my changes too
          </Button>
        </Stack>
      }
    >
      Nothing was saved. Your changes can be put on top: only the fields you touched are written.
    </Notice>
  );
}
