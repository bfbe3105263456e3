import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { type Cluster, clusterCreate } from '#shared/contract/clusters';
import { useClient, useLive } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice, Notice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { Input } from '../../ui/input';
import { Stack } from '../../ui/stack';
import { useToasts } from '../../ui/toast';
import { freeClusterId } from './cluster-id';

interface ClusterDialogProps {
  cluster: Cluster;
  onClose: () => void;
}

export function ClusterDialogs(props: ClusterDialogProps & { type: 'remove' | 'duplicate' }) {
  const { type, ...rest } = props;
  return type === 'remove' ? <RemoveDialog {...rest} /> : <DuplicateDialog {...rest} />;
}

/** Deletes a cluster from this desk; the last one stays, a protected one wants its id typed. */
function RemoveDialog({ cluster, onClose }: ClusterDialogProps) {
  const client = useClient();
  const toasts = useToasts();
  const [location, navigate] = useLocation();
  const isLast = useLive((state) => state.clusters.size === 1);
  const remove = useMutation({
    mutationFn: (typed: string) =>
      client.clusters.remove({ uuid: cluster.uuid, ...(typed !== '' && { confirm: typed }) }),
    onSuccess: () => {
      onClose();
      if (location.includes(`/${cluster.clusterId}`)) navigate('/');
      toasts.notify({ tone: 'ok', title: `${cluster.name} was deleted from this desk` });
    },
  });
  if (isLast) {
    return (
      <Dialog
        open
        size="small"
        title={`${cluster.name} stays`}
        onOpenChange={onClose}
        footer={<Button onClick={onClose}>Close</Button>}
      >
        The last cluster cannot be deleted. Add another one first, or edit this one.
      </Dialog>
    );
  }
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={`Delete ${cluster.name}?`}
      action="Delete"
      typed={cluster.protected ? cluster.clusterId : undefined}
      busy={remove.isPending}
      onConfirm={(typed) => remove.mutate(typed)}
      error={remove.isError && <ErrorNotice problem={problemOf(remove.error)} />}
    >
      <Stack>
        <p>
          Its configuration, its secret and its history leave this desk. Nothing is changed on the
          cluster itself; its guests go on running.
        </p>
        {cluster.protected && (
          <Notice tone="warning" title="This cluster is protected.">
            That is why its id is asked for.
          </Notice>
        )}
      </Stack>
    </ConfirmDialog>
  );
}

/** Makes a second cluster with the same configuration, under another id. */
function DuplicateDialog({ cluster, onClose }: ClusterDialogProps) {
  const client = useClient();
  const toasts = useToasts();
  const [, navigate] = useLocation();
  const taken = useLive((state) => state.clusters);
  const [clusterId, setClusterId] = useState(() =>
    freeClusterId(
      cluster.clusterId,
      [...taken.values()].map((entry) => entry.clusterId),
    ),
  );
  const [name, setName] = useState(`${cluster.name} (copy)`);
  const duplicate = useMutation({
    mutationFn: () => client.clusters.duplicate({ uuid: cluster.uuid, clusterId, name }),
    onSuccess: (copy) => {
      onClose();
      toasts.notify({ tone: 'ok', title: `${copy.name} was added` });
      navigate(`/edit/${copy.clusterId}`);
    },
  });
  const { clusterId: idSchema, name: nameSchema } = clusterCreate.shape;
  const idError = idSchema.safeParse(clusterId).error?.issues[0]?.message;
  const nameError = nameSchema.safeParse(name).error?.issues[0]?.message;
  const failure = duplicate.isError ? problemOf(duplicate.error) : null;
  const ready = idError === undefined && nameError === undefined;
  return (
    <Dialog
      open
      size="small"
      title={`Duplicate ${cluster.name}`}
      description="The copy has the same endpoints, pins and settings."
      onOpenChange={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            tone="primary"
            disabled={!ready}
            busy={duplicate.isPending}
            onClick={() => duplicate.mutate()}
          >
            Duplicate
          </Button>
        </>
      }
    >
      <Stack>
        <Field label="Name" error={nameError} required>
          {(control) => <Input {...control} value={name} onChange={setName} />}
        </Field>
        <Field label="Id" error={idError} required>
          {(control) => <Input {...control} mono value={clusterId} onChange={setClusterId} />}
        </Field>
        {failure && <ErrorNotice problem={failure} />}
      </Stack>
    </Dialog>
  );
}
