import { useMutation } from '@tanstack/react-query';
import { Waypoints } from 'lucide-react';
import { useState } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import type { Remote } from '#shared/contract/remotes';
import { useClient, useLive } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Checkbox } from '../../ui/choice';
import { Dialog } from '../../ui/dialog';
import { EmptyState, ErrorNotice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { useBlock } from '../access/use-block';
import styles from './follow-dialog.module.css';

/** Ticks which clusters are kept in step with a remote. */
export function FollowDialog({ remote, onClose }: { remote: Remote; onClose: () => void }) {
  const client = useClient();
  const clusters = [...useLive((state) => state.clusters).values()]
    .filter(({ kind }) => kind === 'proxmox')
    .sort((a, b) => a.name.localeCompare(b.name));
  const remotes = useLive((state) => state.remotes);
  const block = useBlock();
  const follows = (cluster: Cluster) => cluster.remoteUuid === remote.uuid;
  const [ticked, setTicked] = useState<ReadonlySet<string>>(
    () => new Set(clusters.filter(follows).map(({ uuid }) => uuid)),
  );
  const changed = clusters.filter((cluster) => follows(cluster) !== ticked.has(cluster.uuid));
  const save = useMutation({
    mutationFn: async () => {
      for (const { uuid, revision } of changed) {
        const remoteUuid = ticked.has(uuid) ? remote.uuid : null;
        await client.clusters.update({ uuid, revision, changes: { remoteUuid } });
      }
    },
    onSuccess: onClose,
  });
  const tick = (uuids: readonly string[], on: boolean) => {
    const next = new Set(ticked);
    for (const uuid of uuids) {
      if (on) next.add(uuid);
      else next.delete(uuid);
    }
    setTicked(next);
  };
  return (
    <Dialog
      open
      title={`Clusters that follow ${remote.name}`}
      description="Ticked ones are kept in step with it. A cluster follows one remote at most."
      onOpenChange={onClose}
      dismissable={!save.isPending}
      footer={
        <>
          <Button onClick={onClose} disabled={save.isPending}>
            Cancel
          </Button>
          <Button
            tone="primary"
            busy={save.isPending}
            why={block}
            disabled={changed.length === 0}
            onClick={() => save.mutate()}
          >
            Save
          </Button>
        </>
      }
    >
      {clusters.length === 0 ? (
        <EmptyState icon={Waypoints} title="No cluster on this desk yet">
          What {remote.name} has comes with the first sync.
        </EmptyState>
      ) : (
        <Stack>
          <Checkbox
            label="All"
            checked={ticked.size === 0 ? false : ticked.size === clusters.length || 'indeterminate'}
            onChange={(on) =>
              tick(
                clusters.map(({ uuid }) => uuid),
                on,
              )
            }
          />
          <ul className={styles.list}>
            {clusters.map((cluster) => {
              const other = remotes.find(
                ({ uuid }) => uuid === cluster.remoteUuid && uuid !== remote.uuid,
              );
              return (
                <li key={cluster.uuid}>
                  <Checkbox
                    label={cluster.name}
                    hint={other && `follows ${other.name} now`}
                    checked={ticked.has(cluster.uuid)}
                    onChange={(on) => tick([cluster.uuid], on)}
                  />
                </li>
              );
            })}
          </ul>
          {save.isError && <ErrorNotice problem={problemOf(save.error)} />}
        </Stack>
      )}
    </Dialog>
  );
}
