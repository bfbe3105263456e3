import { Ban, Hand, PlayCircle } from 'lucide-react';
import { useState } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import { useLiveStore } from '../../app/context';
import { splitRowKey } from '../../grid/row-key';
import { SelectionBar } from '../../grid/selection-bar';
import { Button } from '../../ui/button';
import {
  countOf,
  JOB_ACTIONS,
  type JobActionName,
  jobTarget,
  SLURM_WORDS,
  type SlurmTarget,
} from './slurm-actions';
import { SlurmDialog } from './slurm-dialog';
import { useSlurmBlock } from './use-slurm-block';

export const JOB_ICONS = { hold: Hand, release: PlayCircle, cancel: Ban } as const satisfies Record<
  JobActionName,
  unknown
>;

interface JobBarProps {
  cluster: Cluster;
  /** keys of the ticked rows */
  selected: ReadonlySet<string>;
  onClear: () => void;
}

/** What can be done with the ticked jobs. */
export function JobBar({ cluster, selected, onClear }: JobBarProps) {
  const store = useLiveStore();
  const block = useSlurmBlock(cluster);
  const [pending, setPending] = useState<{
    action: JobActionName;
    selected: SlurmTarget[];
  } | null>(null);
  const ask = (action: JobActionName) => {
    const jobs = store.getState().inventory.get(cluster.uuid)?.jobs.byId;
    const targets = [...selected].flatMap((key) => {
      const job = jobs?.get(splitRowKey(key).id);
      return job === undefined ? [] : [jobTarget(action, job)];
    });
    setPending({ action, selected: targets });
  };
  return (
    <>
      <SelectionBar
        what="jobs"
        words={countOf(selected.size, 'job')}
        count={selected.size}
        onClear={onClear}
      >
        {JOB_ACTIONS.map((action) => (
          <Button
            key={action}
            small
            icon={JOB_ICONS[action]}
            tone={SLURM_WORDS[action].danger ? 'danger' : 'plain'}
            why={block}
            onClick={() => ask(action)}
          >
            {SLURM_WORDS[action].label}
          </Button>
        ))}
      </SelectionBar>
      {pending && (
        <SlurmDialog
          {...pending}
          cluster={cluster}
          onClose={() => setPending(null)}
          onStarted={onClear}
        />
      )}
    </>
  );
}
