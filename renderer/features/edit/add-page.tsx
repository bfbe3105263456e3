import { useMutation } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import type { ClusterCreate } from '#shared/contract/clusters';
import { useClient } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Page } from '../../ui/page';
import { useToasts } from '../../ui/toast';
import { ClusterEditor } from './cluster-editor';
import { NEW_CLUSTER, parseCluster } from './cluster-form';
import { useClusterForm } from './use-cluster-form';
import { useStorageList } from './use-storage-list';

/** A new cluster. It can be saved without a test, for a server that is not there yet. */
export default function AddPage() {
  const client = useClient();
  const toasts = useToasts();
  const [, navigate] = useLocation();
  const state = useClusterForm(NEW_CLUSTER, true);
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
        onSave={save}
        onCancel={() => navigate('/')}
      />
    </Page>
  );
}
