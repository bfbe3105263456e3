import { useMemo } from 'react';
import type { OperationAnswer } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { useLive } from '../../app/context';
import { Age } from '../../ui/age';
import { Card } from '../../ui/card';
import { StateDot } from '../../ui/state';
import { isOld } from '../cluster/old';
import { jobState, podState } from '../clusteros/words';
import { type JobLine, jobLines } from './job-lines';
import { JobTable, type JobTableRow } from './job-table';
import styles from './tables.module.css';
import { isPod, placeWord } from './words';

/** The jobs before one's eyes: those that the plan knew as they stand now, then the others. */
export function JobPanel({ cluster, answer }: { cluster: Cluster; answer: OperationAnswer }) {
  const { plan } = answer;
  const begunAt = answer.operation.created_at;
  const jobs = useLive((state) => state.inventory.get(cluster.uuid)?.jobs.byId);
  const pods = useLive((state) => state.inventory.get(cluster.uuid)?.pods.byId);
  const live = useLive((state) => state.live.get(cluster.uuid));
  const lines = useMemo(
    () => jobLines(plan, { jobs: jobs?.values() ?? [], pods: pods ?? new Map() }, begunAt),
    [plan, jobs, pods, begunAt],
  );
  const stale = isOld(live);
  const rows = lines.map((line) => rowOf(line, stale));
  return (
    <Card className={styles.card}>
      {rows.length === 0 ? (
        <p className={styles.more}>No job was there, and none has come.</p>
      ) : (
        <JobTable
          label="Jobs"
          uuid={cluster.uuid}
          heading={lines.some(isPod) ? 'Job, namespace' : 'Job'}
          rows={rows}
          stale={stale}
        />
      )}
      <p className={styles.foot}>
        as the cluster told <Age at={live?.asOf ?? null} stale={stale} />
        {!stale && ' ago'}
      </p>
    </Card>
  );
}

const rowOf = (line: JobLine, stale: boolean): JobTableRow => ({
  key: line.id,
  id: placeWord(line),
  row: line.job?.id ?? null,
  name: line.name,
  note: '',
  user: line.user,
  state: <State line={line} stale={stale} />,
  nodes: line.nodes,
  startedAt: line.job?.startedAt ?? null,
  isOver: line.job === null && line.pod === null,
});

function State({ line, stale }: { line: JobLine; stale: boolean }) {
  const { job, pod, isNew } = line;
  const now = job !== null ? jobState(job) : pod !== null ? podState(pod) : null;
  if (now === null)
    return <StateDot tone="idle" word={isPod(line) ? 'gone since' : 'ended since'} showWord />;
  if (stale) return <StateDot tone="idle" word={`was ${now.word}`} showWord />;
  return (
    <span className={styles.state}>
      <StateDot {...now} showWord />
      {isNew && <span className={styles.since}>new</span>}
    </span>
  );
}
