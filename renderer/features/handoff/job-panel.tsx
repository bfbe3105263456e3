import { useMemo } from 'react';
import type { OperationAnswer } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { duration, plain } from '#shared/domain/units';
import { useLive } from '../../app/context';
import { Age } from '../../ui/age';
import { Card } from '../../ui/card';
import { cx } from '../../ui/cx';
import { useNow } from '../../ui/now';
import { StateDot } from '../../ui/state';
import { Cell, HeadCell, Table } from '../../ui/table';
import { isOld } from '../cluster/old';
import { jobState, podState } from '../clusteros/words';
import { type JobLine, jobLines } from './job-lines';
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
  return (
    <Card className={styles.card}>
      {lines.length === 0 ? (
        <p className={styles.more}>No job was there, and none has come.</p>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling area must be reachable by keyboard
        <section className={styles.jobs} aria-label="Jobs" tabIndex={0}>
          <Table label="Jobs" className={styles.bare}>
            <thead>
              <tr>
                <HeadCell>{lines.some(isPod) ? 'Job, namespace' : 'Job'}</HeadCell>
                <HeadCell>Name</HeadCell>
                <HeadCell>User</HeadCell>
                <HeadCell>State</HeadCell>
                <HeadCell>Node</HeadCell>
                <HeadCell numeric>Time</HeadCell>
              </tr>
            </thead>
            <tbody className={cx(stale && styles.stale)}>
              {lines.map((line) => (
                <Row key={line.id} line={line} stale={stale} />
              ))}
            </tbody>
          </Table>
        </section>
      )}
      <p className={styles.foot}>
        as the cluster told <Age at={live?.asOf ?? null} stale={stale} />
        {!stale && ' ago'}
      </p>
    </Card>
  );
}

function Row({ line, stale }: { line: JobLine; stale: boolean }) {
  return (
    <tr className={cx(line.job === null && line.pod === null && styles.over)}>
      <Cell quiet className={styles.id} title={line.id}>
        {placeWord(line)}
      </Cell>
      <Cell className={styles.name} title={line.name}>
        {line.name}
      </Cell>
      <Cell quiet>{line.user}</Cell>
      <Cell>
        <State line={line} stale={stale} />
      </Cell>
      <Cell quiet className={styles.where} title={line.nodes.join(', ')}>
        {line.nodes.join(', ')}
      </Cell>
      <Cell numeric>
        <RunsFor since={line.job?.startedAt ?? null} />
      </Cell>
    </tr>
  );
}

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

function RunsFor({ since }: { since: number | null }) {
  const now = useNow();
  return since === null ? '–' : plain(duration(Math.max(0, now - since) / 1000));
}
