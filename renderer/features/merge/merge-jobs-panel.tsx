import { useMemo } from 'react';
import type { MergeParties } from '#shared/contract/agent/merge';
import type { OperationAnswer } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { useLive } from '../../app/context';
import { Age } from '../../ui/age';
import { Card } from '../../ui/card';
import { StateDot } from '../../ui/state';
import { isOld } from '../cluster/old';
import { JobTable, type JobTableRow } from '../handoff/job-table';
import tables from '../handoff/tables.module.css';
import { gainingJobs, losingJobs, type MergeJobLine } from './merge-jobs';
import styles from './merge-jobs.module.css';

interface LosingJobsProps {
  /** its card; undefined where it is none of this desk */
  cluster: Cluster | undefined;
  parties: MergeParties;
  answer: OperationAnswer;
}

/** What becomes of the jobs of the cluster that is taken up. */
export function LosingJobs({ cluster, parties, answer }: LosingJobsProps) {
  const live = useLive((state) => state.live.get(cluster?.uuid ?? ''));
  const rows = useLive((state) => state.inventory.get(cluster?.uuid ?? '')?.jobs.byId);
  // once its nodes have crossed, they tell of the other cluster's jobs
  const jobs = live?.clusteros?.id === parties.losing.uuid ? rows : undefined;
  const lines = useMemo(
    () => losingJobs(answer, parties, jobs?.values() ?? null),
    [answer, parties, jobs],
  );
  return (
    <JobCard
      title={`Jobs of ${parties.losing.name}`}
      uuid={cluster?.uuid ?? ''}
      empty="It had no job, and none has come."
      lines={lines}
      asOf={jobs === undefined ? null : (live?.asOf ?? null)}
      stale={jobs !== undefined && isOld(live)}
    />
  );
}

/** The jobs of the cluster that stays, with those that came over. */
export function GainingJobs({ cluster, parties, answer }: LosingJobsProps & { cluster: Cluster }) {
  const live = useLive((state) => state.live.get(cluster.uuid));
  const jobs = useLive((state) => state.inventory.get(cluster.uuid)?.jobs.byId);
  const lines = useMemo(
    () => gainingJobs(answer, parties, jobs?.values() ?? []),
    [answer, parties, jobs],
  );
  return (
    <JobCard
      title={`Jobs of ${parties.gaining.name}`}
      uuid={cluster.uuid}
      empty="It has no job now."
      lines={lines}
      asOf={live?.asOf ?? null}
      stale={isOld(live)}
    />
  );
}

interface JobCardProps {
  title: string;
  /** the card of their cluster */
  uuid: string;
  empty: string;
  lines: readonly MergeJobLine[];
  /** null: as the plan knew them */
  asOf: number | null;
  stale: boolean;
}

function JobCard({ title, uuid, empty, lines, asOf, stale }: JobCardProps) {
  return (
    <Card className={tables.card}>
      <header className={styles.head}>
        <h2>{title}</h2>
        <span className={styles.quiet}>
          {asOf === null ? (
            'as the plan knew them'
          ) : (
            <>
              as it told <Age at={asOf} stale={stale} />
              {!stale && ' ago'}
            </>
          )}
        </span>
      </header>
      {lines.length === 0 ? (
        <p className={tables.more}>{empty}</p>
      ) : (
        <JobTable
          label={title}
          uuid={uuid}
          heading="Job"
          rows={lines.map((line) => rowOf(line, stale))}
          stale={stale}
          className={styles.lined}
        />
      )}
    </Card>
  );
}

function rowOf(line: MergeJobLine, stale: boolean): JobTableRow {
  const { tone, word, isGone } = line;
  const told = stale && !isGone ? { tone: 'idle' as const, word: `was ${word}` } : { tone, word };
  return { ...line, isOver: isGone, state: <StateDot {...told} showWord /> };
}
