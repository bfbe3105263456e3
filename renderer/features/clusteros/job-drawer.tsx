import { type ReactNode, useState } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import type { JobRow } from '#shared/contract/inventory';
import { isHeld, jobPhase } from '#shared/domain/query-jobs';
import { duration, plain } from '#shared/domain/units';
import { useLive } from '../../app/context';
import { splitRowKey } from '../../grid/row-key';
import { Age } from '../../ui/age';
import { Ago } from '../../ui/ago';
import { Button } from '../../ui/button';
import { CodeText } from '../../ui/code';
import { Dialog } from '../../ui/dialog';
import { Facts } from '../../ui/facts';
import { Notice } from '../../ui/feedback';
import { useNow } from '../../ui/now';
import { Stack } from '../../ui/stack';
import { StateDot } from '../../ui/state';
import { isOld } from '../cluster/old';
import { clusterHref } from '../clusters/use-cluster-actions';
import { JOB_ICONS } from './job-bar';
import styles from './job-drawer.module.css';
import { JOB_ACTIONS, type JobActionName, jobTarget, SLURM_WORDS } from './slurm-actions';
import { SlurmDialog } from './slurm-dialog';
import { useSlurmBlock } from './use-slurm-block';
import { jobState } from './words';

interface JobDrawerProps {
  jobKey: string;
  onClose: () => void;
}

/** One job: its state, what can be done with it, where it runs or why it waits. */
export default function JobDrawer({ jobKey, onClose }: JobDrawerProps) {
  const { uuid, id } = splitRowKey(jobKey);
  const job = useLive((state) => state.inventory.get(uuid)?.jobs.byId.get(id));
  const cluster = useLive((state) => state.clusters.get(uuid));
  if (job === undefined || cluster === undefined) {
    return (
      <Dialog open size="drawer" title="This job is gone" onOpenChange={onClose}>
        SLURM lists it no longer, or its cluster has not answered yet. <CodeText>sacct</CodeText> on
        a node tells of jobs that have ended, where accounting is kept.
      </Dialog>
    );
  }
  return <OpenJob job={job} cluster={cluster} onClose={onClose} />;
}

function OpenJob(props: { job: JobRow; cluster: Cluster; onClose: () => void }) {
  const { job, cluster, onClose } = props;
  const live = useLive((state) => state.live.get(cluster.uuid));
  return (
    <Dialog
      open
      size="drawer"
      title={job.name === '' ? `Job ${job.job}` : job.name}
      description={
        <Stack direction="row" gap="small">
          <StateDot {...jobState(job)} showWord />
          <span>
            job {job.job} of {job.user} ·{' '}
            <a href={`#${clusterHref(cluster.clusterId)}`} className={styles.link}>
              {cluster.name}
            </a>
          </span>
        </Stack>
      }
      onOpenChange={onClose}
    >
      <Stack gap="large">
        <Actions job={job} cluster={cluster} />
        {isOld(live) && (
          <Notice tone="warning" title="Its cluster does not answer.">
            What is shown was measured <Age at={live?.asOf ?? null} stale />.
          </Notice>
        )}
        {jobPhase(job.state) === 'waiting' && (
          <Notice
            tone="information"
            title={
              isHeld(job) ? 'It is held.' : `It waits: ${job.reason || 'SLURM said no reason'}.`
            }
          >
            {isHeld(job)
              ? 'It starts only after somebody releases it.'
              : 'It starts as soon as SLURM finds a place for it.'}
          </Notice>
        )}
        <Facts facts={jobFacts(job)} />
      </Stack>
    </Dialog>
  );
}

function Actions({ job, cluster }: { job: JobRow; cluster: Cluster }) {
  const block = useSlurmBlock(cluster);
  const [pending, setPending] = useState<JobActionName | null>(null);
  return (
    <div className={styles.actions}>
      {JOB_ACTIONS.map((action) => (
        <Button
          key={action}
          icon={JOB_ICONS[action]}
          tone={SLURM_WORDS[action].danger ? 'danger' : 'plain'}
          disabled={jobTarget(action, job).against !== null}
          why={block}
          onClick={() => setPending(action)}
        >
          {SLURM_WORDS[action].label}
        </Button>
      ))}
      {pending && (
        <SlurmDialog
          action={pending}
          cluster={cluster}
          selected={[jobTarget(pending, job)]}
          onClose={() => setPending(null)}
        />
      )}
    </div>
  );
}

function jobFacts(job: JobRow): [string, ReactNode][] {
  return [
    ['User', job.user],
    ['Partition', job.partition],
    ['Cores', job.cpus],
    ['Nodes', job.nodes.length === 0 ? 'none yet' : job.nodes.join(', ')],
    ['Submitted', <Ago key="submitted" at={job.submittedAt} />],
    [
      'Runs for',
      job.startedAt === null ? 'not begun' : <Elapsed key="elapsed" since={job.startedAt} />,
    ],
    ...(job.reason === '' ? [] : [['Reason', job.reason] as [string, ReactNode]]),
  ];
}

function Elapsed({ since }: { since: number }) {
  return plain(duration(Math.max(0, useNow() - since) / 1000));
}
