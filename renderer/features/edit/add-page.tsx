import { useMutation } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import type { ClusterCreate } from '#shared/contract/clusters';
import { useClient } from '../../app/context';
import { DraftNotice, useDraft } from '../../app/drafts';
import { problemOf } from '../../transport/failure';
import { Page } from '../../ui/page';
import { useToasts } from '../../ui/toast';
import { ClusterEditor } from './cluster-editor';
import { clusterDraft, NEW_CLUSTER, parseCluster } from './cluster-form';
import { type ClusterDraftState, useClusterForm } from './use-cluster-form';
import { useStorageList } from './use-storage-list';

/** A new cluster. It can be saved without a test, for a server that is not there yet. */
export default function AddPage() {
  const draft = useDraft('cluster', clusterDraft);
  return draft.ready ? <Adding draft={draft} /> : null;
}

function Adding({ draft }: { draft: ClusterDraftState }) {
  const client = useClient();
  const toasts = useToasts();
  const [, navigate] = useLocation();
  const state = useClusterForm(NEW_CLUSTER, true, draft);
  const storages = useStorageList();
  const create = useMutation({
    mutationFn: (cluster: ClusterCreate) => client.clusters.create(cluster),
    onError: (error) => state.refuse(problemOf(error)),
  });

  const save = (release: () => void) => {
    const { value } = parseCluster(state.form);
    if (value === null) return;
    create.mutate(value, {
      onSuccess: (cluster) => {
        draft.drop();
        release();
        toasts.notify({ tone: 'ok', title: `${cluster.name} is on the deck` });
        navigate('/');
      },
    });
  };

  return (
    <Page
      title="Add a cluster"
      lead="Test the connection first, or save now and connect later."
      crumbs={[{ label: 'Deck', href: '#/' }]}
    >
      <ClusterEditor
        state={state}
        stored={null}
        storages={storages}
        action="Add cluster"
        saving={create.isPending}
        problem={create.isError ? problemOf(create.error) : null}
        {...(draft.kept && {
          notice: <DraftNotice at={draft.kept.at} onDiscard={() => state.restart(NEW_CLUSTER)} />,
        })}
        onSave={save}
        onCancel={() => navigate('/')}
      />
    </Page>
  );
}
