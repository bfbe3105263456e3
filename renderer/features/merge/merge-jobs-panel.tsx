import { useMemo } from 'react';
import type { MergeParties } from '#shared/contract/agent/merge';
import type { OperationAnswer } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { duration, plain } from '#shared/domain/units';
import { useParam } from '../../app/address';
import { useLive } from '../../app/context';
import { rowKey } from '../../grid/row-key';
import { Age } from '../../ui/age';
import { Card } from '../../ui/card';
import { cx } from '../../ui/cx';
import { useNow } from '../../ui/now';
import { StateDot } from '../../ui/state';
import { Cell, HeadCell, Table } from '../../ui/table';
import { isOld } from '../cluster/old';
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
  const [, openJob] = useParam('job');
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
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling area must be reachable by keyboard
        <section className={cx(tables.jobs, styles.lined)} aria-label={title} tabIndex={0}>
          <Table label={title} className={tables.bare}>
            <thead>
              <tr>
                <HeadCell>Job</HeadCell>
                <HeadCell>Name</HeadCell>
                <HeadCell>User</HeadCell>
                <HeadCell>State</HeadCell>
                <HeadCell>Node</HeadCell>
                <HeadCell numeric>Time</HeadCell>
              </tr>
            </thead>
            <tbody className={cx(stale && tables.stale)}>
              {lines.map((line) => (
                <Row
                  key={line.key}
                  line={line}
                  stale={stale}
                  onOpen={(row) => openJob(rowKey(uuid, row))}
                />
              ))}
            </tbody>
          </Table>
        </section>
      )}
    </Card>
  );
}

interface RowProps {
  line: MergeJobLine;
  stale: boolean;
  onOpen: (row: string) => void;
}

/** One job; where it is listed, its number opens what can be done with it. */
function Row({ line, stale, onOpen }: RowProps) {
  const { id, name, user, nodes, tone, word, note, isGone, startedAt, row } = line;
  const isOldNews = stale && !isGone;
  return (
    <tr className={cx(isGone && tables.over)}>
      <Cell quiet className={tables.id} title={id}>
        {row === null ? (
          id
        ) : (
          <button
            type="button"
            className={styles.open}
            title="Its facts, and what can be done with it"
            onClick={() => onOpen(row)}
          >
            {id}
          </button>
        )}
      </Cell>
      <Cell className={tables.name} title={note === '' ? name : `${name}: ${note}`}>
        {name}
        {note !== '' && <span className={styles.note}>{note}</span>}
      </Cell>
      <Cell quiet>{user}</Cell>
      <Cell>
        <StateDot
          tone={isOldNews ? 'idle' : tone}
          word={isOldNews ? `was ${word}` : word}
          showWord
        />
      </Cell>
      <Cell quiet className={tables.where} title={nodes.join(', ')}>
        {nodes.join(', ')}
      </Cell>
      <Cell numeric>
        <RunsFor since={startedAt} />
      </Cell>
    </tr>
  );
}

function RunsFor({ since }: { since: number | null }) {
  const now = useNow();
  return since === null ? '–' : plain(duration(Math.max(0, now - since) / 1000));
}
