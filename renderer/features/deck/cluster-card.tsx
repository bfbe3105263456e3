import {
  CircleAlert,
  Eye,
  LockKeyhole,
  ShieldAlert,
  ShieldOff,
  Star,
  TriangleAlert,
} from 'lucide-react';
import { memo } from 'react';
import { Link } from 'wouter';
import type { Cluster } from '#shared/contract/clusters';
import type { ClusterLive, Problem } from '#shared/contract/inventory';
import { useLive } from '../../app/context';
import { Age } from '../../ui/age';
import { CodeText } from '../../ui/code';
import { cx } from '../../ui/cx';
import { Skeleton } from '../../ui/feedback';
import { SegmentedBar } from '../../ui/segmented-bar';
import { StateDot } from '../../ui/state';
import { ClusterMenu } from '../clusters/cluster-menu';
import { ProblemButton } from '../clusters/problem-button';
import { clusterState, nodesWord, quorumWord } from '../clusters/state-words';
import { clusterHref } from '../clusters/use-cluster-actions';
import { CardFoot } from './card-foot';
import { CardUsage } from './card-usage';
import styles from './cluster-card.module.css';
import { guestWork } from './guest-work';

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
      <Facts live={live} />
      {problem && live && (
        <ProblemBox
          cluster={cluster}
          problems={live.problems}
          problem={problem}
          tabIndex={tabIndex}
        />
      )}
      <CardUsage live={live} />
      <Work live={live} />
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

/** Kind, version, nodes, quorum; or in colour what keeps it from being live. */
function Facts({ live }: { live: ClusterLive | undefined }) {
  const state = clusterState(live);
  const quorum = live ? quorumWord(live) : null;
  const nodes = live ? nodesWord(live) : null;
  const active = live?.state === 'active';
  return (
    <p className={styles.facts}>
      <span>
        <strong>PVE</strong> {live?.version}
      </span>
      {nodes !== null && <span>{nodes}</span>}
      {active && quorum !== null && (
        <span className={cx(quorum === 'no quorum' && styles.bad)}>{quorum}</span>
      )}
      {!active && <span className={styles[state.tone]}>{state.word}</span>}
    </p>
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

function Work({ live }: { live: ClusterLive | undefined }) {
  if (!live?.totals) {
    return (
      <div className={styles.work}>
        {live?.state === 'connecting' ? (
          <Skeleton height="6px" />
        ) : (
          <SegmentedBar label="Guests" parts={[]} />
        )}
      </div>
    );
  }
  const { parts, figure, words } = guestWork(live.totals.guests, live.stale);
  return (
    <div className={styles.work}>
      <SegmentedBar label="Guests" parts={parts} stale={live.stale} />
      <p className={styles.workWords}>
        <strong>{figure}</strong>
        {words}
      </p>
    </div>
  );
}
