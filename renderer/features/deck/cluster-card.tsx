import {
  CircleAlert,
  Eye,
  LockKeyhole,
  ShieldAlert,
  ShieldOff,
  Star,
  TriangleAlert,
  Workflow,
} from 'lucide-react';
import { memo } from 'react';
import { Link, useLocation } from 'wouter';
import type { ClusterOperation } from '#shared/contract/cluster-operations';
import type { Cluster } from '#shared/contract/clusters';
import type { ClusterLive, Problem } from '#shared/contract/inventory';
import { useLive } from '../../app/context';
import { Age } from '../../ui/age';
import { Button } from '../../ui/button';
import { CodeText } from '../../ui/code';
import { cx } from '../../ui/cx';
import { Skeleton } from '../../ui/feedback';
import { SegmentedBar } from '../../ui/segmented-bar';
import { StateDot } from '../../ui/state';
import { ClusterMenu } from '../clusters/cluster-menu';
import { ProblemButton } from '../clusters/problem-button';
import { clusterState, KIND_WORDS, nodesWord, standingWord } from '../clusters/state-words';
import { clusterHref } from '../clusters/use-cluster-actions';
import { operationHref } from '../handoff/address';
import { useOpenOperation } from '../handoff/use-open-operation';
import { QuietBox } from '../merge/quiet-box';
import { clusterSummary } from '../operations/cluster-summary';
import { CardFoot } from './card-foot';
import { CardUsage } from './card-usage';
import styles from './cluster-card.module.css';
import { type CardWork, guestWork } from './guest-work';
import { jobWork } from './job-work';

interface ClusterCardProps {
  uuid: string;
  /** whether the keyboard stands on this card: only then are its controls tab stops */
  current: boolean;
}

/** One cluster on the deck, from top to bottom as LOOK draws it. */
export const ClusterCard = memo(function ClusterCard({ uuid, current }: ClusterCardProps) {
  const cluster = useLive((state) => state.clusters.get(uuid));
  const live = useLive((state) => state.live.get(uuid));
  const groupColour = useLive(
    (state) => state.groups.find((group) => group.uuid === cluster?.groupUuid)?.colour,
  );
  const operation = useOpenOperation(uuid);
  if (!cluster) return null;
  const tabIndex = current ? 0 : -1;
  const problem = live?.problems[0];
  const mark = cluster.colour ?? groupColour;
  return (
    <article className={styles.card} aria-labelledby={`card-${uuid}`}>
      {mark !== undefined && <span className={styles.mark} style={{ background: mark }} />}
      <div className={styles.head}>
        <StateDot {...clusterState(live)} />
        <Link
          id={`card-${uuid}`}
          href={clusterHref(cluster.clusterId)}
          className={styles.name}
          tabIndex={tabIndex}
          data-card={uuid}
        >
          {cluster.name}
        </Link>
        <span className={styles.id}>
          <CodeText quiet>{cluster.clusterId}</CodeText>
        </span>
        <Marks cluster={cluster} />
        <ClusterMenu
          cluster={cluster}
          state={live?.state}
          tabIndex={tabIndex}
          className={styles.menu}
        />
      </div>
      <Facts kind={cluster.kind} live={live} />
      {operation !== undefined ? (
        <OperationBox cluster={cluster} operation={operation} tabIndex={tabIndex} />
      ) : problem && live ? (
        <ProblemBox
          cluster={cluster}
          problems={live.problems}
          problem={problem}
          tabIndex={tabIndex}
        />
      ) : (
        <QuietBox cluster={cluster} tabIndex={tabIndex} />
      )}
      <CardUsage kind={cluster.kind} live={live} />
      <Work kind={cluster.kind} live={live} />
      <CardFoot cluster={cluster} tabIndex={tabIndex}>
        <Age at={live?.asOf ?? null} stale={live?.stale ?? false} />
      </CardFoot>
    </article>
  );
});

function Marks({ cluster }: { cluster: Cluster }) {
  return (
    <span className={styles.marks}>
      {cluster.verify === 'off' && (
        <ShieldOff
          size={14}
          className={styles.unverified}
          aria-label="Its certificate is not verified"
        />
      )}
      {cluster.readOnly && <Eye size={14} aria-label="Read only here" />}
      {cluster.protected && <LockKeyhole size={14} aria-label="Protected" />}
      {cluster.isDefault && <Star size={14} className={styles.default} aria-label="Default" />}
    </span>
  );
}

/** Kind, version, nodes, quorum or leader; or in colour what keeps it from being live. */
function Facts({ kind, live }: { kind: Cluster['kind']; live: ClusterLive | undefined }) {
  const state = clusterState(live);
  const nodes = live ? nodesWord(live) : null;
  const active = live?.state === 'active';
  return (
    <p className={styles.facts}>
      <span>
        <strong>{KIND_WORDS[kind]}</strong> {live?.version}
      </span>
      {nodes !== null && <span>{nodes}</span>}
      {active && <Standing kind={kind} live={live} />}
      {!active && <span className={styles[state.tone]}>{state.word}</span>}
    </p>
  );
}

/** Whether its members agree, or who leads them. */
function Standing({ kind, live }: { kind: Cluster['kind']; live: ClusterLive }) {
  const words = standingWord(kind, live);
  if (words === null) return null;
  return <span className={cx(words.bad && styles.bad)}>{words.text}</span>;
}

interface OperationBoxProps {
  cluster: Cluster;
  operation: ClusterOperation;
  tabIndex: number;
}

/** What the cluster is carrying out, in the place of its problems: it explains most of them. */
function OperationBox({ cluster, operation, tabIndex }: OperationBoxProps) {
  const asked = useLive((state) => state.clusters.get(operation.uuid)) ?? cluster;
  const [, navigate] = useLocation();
  const words = clusterSummary(operation);
  const look = operation.state === 'stuck' ? 'problem-bad' : 'operation';
  return (
    <div className={cx(styles.problem, styles[look])}>
      <Workflow size={16} strokeWidth={1.75} aria-hidden />
      <div className={styles.problemWords}>
        <p className={styles.problemTitle} title={operation.title}>
          {operation.title}
        </p>
        <p className={styles.problemDetail} title={words}>
          {words}
        </p>
      </div>
      <Button
        small
        tabIndex={tabIndex}
        onClick={() => navigate(`${operationHref(asked.clusterId, operation.id)}?`)}
      >
        Watch
      </Button>
    </div>
  );
}

interface ProblemBoxProps {
  cluster: Cluster;
  problem: Problem;
  problems: readonly Problem[];
  tabIndex: number;
}

/** One line what, one line detail, one button; more of them are counted. */
function ProblemBox({ cluster, problem, problems, tabIndex }: ProblemBoxProps) {
  const Icon =
    problem.action === 'compare'
      ? ShieldAlert
      : problem.severity === 'bad'
        ? CircleAlert
        : TriangleAlert;
  const more = problems.length - 1;
  return (
    <div className={cx(styles.problem, styles[`problem-${problem.severity}`])}>
      <Icon size={16} strokeWidth={1.75} aria-hidden />
      <div className={styles.problemWords}>
        <p className={styles.problemTitle} title={problem.title}>
          {problem.title}
          {more > 0 && (
            <span className={styles.more}>
              +{more}
              <span className="visually-hidden"> more problems</span>
            </span>
          )}
        </p>
        <p className={styles.problemDetail} title={problem.detail}>
          {problem.detail}
        </p>
      </div>
      <ProblemButton cluster={cluster} problem={problem} tabIndex={tabIndex} />
    </div>
  );
}

const WORK_WORDS: Record<Cluster['kind'], string> = { proxmox: 'Guests', clusteros: 'Jobs' };

function workOf(live: ClusterLive | undefined): CardWork | null {
  if (live?.clusteros) return jobWork(live.clusteros.jobs, live.stale);
  return live?.totals ? guestWork(live.totals.guests, live.stale) : null;
}

function Work({ kind, live }: { kind: Cluster['kind']; live: ClusterLive | undefined }) {
  const label = WORK_WORDS[kind];
  const work = workOf(live);
  if (work === null) {
    return (
      <div className={styles.work}>
        {live?.state === 'connecting' ? (
          <Skeleton height="6px" />
        ) : (
          <SegmentedBar label={label} parts={[]} />
        )}
      </div>
    );
  }
  const { parts, figure, words } = work;
  return (
    <div className={styles.work}>
      <SegmentedBar label={label} parts={parts} stale={live?.stale ?? false} />
      <p className={styles.workWords}>
        <strong>{figure}</strong>
        {words}
      </p>
    </div>
  );
}
