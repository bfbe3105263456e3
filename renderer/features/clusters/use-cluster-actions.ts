import { useMutation } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import type { Cluster, ClusterChanges } from '#shared/contract/clusters';
import { useClient } from '../../app/context';
import { useDialogs } from '../../app/dialogs';
import { useFailureToast } from '../../app/failure-toast';
import { useToasts } from '../../ui/toast';

/** What can be done with a cluster from anywhere: its card, its page, the palette. */
export function useClusterActions(cluster: Cluster) {
  const client = useClient();
  const dialogs = useDialogs();
  const toasts = useToasts();
  const [, navigate] = useLocation();
  const onError = useFailureToast();
  const { uuid, clusterId, revision } = cluster;

  const change = useMutation({
    mutationFn: (changes: ClusterChanges) => client.clusters.update({ uuid, revision, changes }),
    onError,
  });
  const refresh = useMutation({ mutationFn: () => client.connection.refresh({ uuid }), onError });
  const pause = useMutation({
    mutationFn: (paused: boolean) => client.connection.pause({ uuid, paused }),
    onError,
  });
  const openWeb = useMutation({
    mutationFn: () => client.app.openWebInterface({ uuid }),
    onError,
  });

  return {
    changing: change.isPending,
    change: (changes: ClusterChanges) => change.mutate(changes),
    setDefault: (isDefault: boolean) =>
      change.mutate(
        { isDefault },
        {
          onSuccess: () =>
            toasts.notify({
              tone: 'ok',
              title: isDefault
                ? `${cluster.name} is the default now`
                : 'No cluster is the default now',
            }),
        },
      ),
    refresh: () => refresh.mutate(),
    refreshing: refresh.isPending,
    pause: (paused: boolean) => pause.mutate(paused),
    openWeb: () => openWeb.mutate(),
    open: (tab?: string, node?: string) =>
      navigate(
        `${clusterHref(clusterId, tab)}${node === undefined ? '' : `?node=${encodeURIComponent(node)}`}`,
      ),
    handOver: () => navigate(`${clusterHref(clusterId, 'handoff')}?`),
    merge: () => navigate(`${clusterHref(clusterId, 'merge')}?`),
    edit: () => navigate(`/edit/${clusterId}`),
    test: () => dialogs.open({ type: 'test', uuid }),
    trust: () => dialogs.open({ type: 'trust', uuid }),
    secondFactor: () => dialogs.open({ type: 'secondFactor', uuid }),
    signIn: () => dialogs.open({ type: 'signIn', uuid }),
    missing: () => dialogs.open({ type: 'missing', uuid }),
    mint: () => dialogs.open({ type: 'mint', uuid }),
    duplicate: () => dialogs.open({ type: 'duplicate', uuid }),
    enrol: () => dialogs.open({ type: 'enrol', uuid }),
    remove: () => dialogs.open({ type: 'remove', uuid }),
    unlock: () => dialogs.open({ type: 'unlock' }),
  };
}

export type ClusterActions = ReturnType<typeof useClusterActions>;

/** The address of a cluster's page. */
export function clusterHref(clusterId: string, tab?: string): string {
  return tab === undefined ? `/clusters/${clusterId}` : `/clusters/${clusterId}/${tab}`;
}
