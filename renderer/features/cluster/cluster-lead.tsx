import { Fragment, type ReactNode } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import type { ClusterLive } from '#shared/contract/inventory';
import { Age } from '../../ui/age';
import { CodeText, Fingerprint } from '../../ui/code';
import { clusterState, KIND_WORDS, nodesWord, standingWord } from '../clusters/state-words';
import styles from './cluster-page.module.css';
import { isOld } from './old';

interface ClusterLeadProps {
  cluster: Cluster;
  live: ClusterLive | undefined;
}

/** What a cluster is and how it is reached, in one line. */
export function ClusterLead({ cluster, live }: ClusterLeadProps) {
  const parts = live ? livePart(cluster.kind, live) : [];
  return (
    <p className={styles.lead}>
      {[...parts, verification(cluster), account(cluster, live)].map((part, index) => (
        // the parts have no identity beyond their place
        // oxlint-disable-next-line react/no-array-index-key
        <Fragment key={index}>
          {index > 0 && <span aria-hidden> · </span>}
          {part}
        </Fragment>
      ))}
    </p>
  );
}

function livePart(kind: Cluster['kind'], live: ClusterLive): ReactNode[] {
  const standing = standingWord(kind, live);
  const parts: (ReactNode | null)[] = [
    live.version === null ? null : `${KIND_WORDS[kind]} ${live.version}`,
    nodesWord(live),
    standing?.bad === true ? (
      <strong key="standing" className={styles.bad}>
        {standing.text}
      </strong>
    ) : (
      (standing?.text ?? null)
    ),
    live.state === 'active' ? null : <strong key="state">{clusterState(live).word}</strong>,
    live.asOf === null ? null : (
      <>
        <span className="visually-hidden">measured </span>
        <Age at={live.asOf} stale={isOld(live)} />
      </>
    ),
  ];
  return parts.filter((part) => part !== null);
}

function verification({ verify, endpoints }: Cluster): ReactNode {
  if (verify === 'off') return <strong className={styles.bad}>certificate not verified</strong>;
  if (verify === 'ca') return 'certificate by a CA';
  const pin = endpoints[0]?.pin ?? null;
  return pin === null ? (
    'nothing pinned yet'
  ) : (
    <>
      pinned <Fingerprint value={pin} short />
    </>
  );
}

function account(
  { kind, authKind, tokenId, user }: Cluster,
  live: ClusterLive | undefined,
): ReactNode {
  if (kind === 'clusteros') {
    const rights = live?.clusteros?.rights;
    return rights === undefined ? 'token' : `${rights}’s token`;
  }
  const isToken = authKind === 'token' && tokenId !== null;
  return (
    <>
      {isToken ? 'token' : 'user'} <CodeText quiet>{isToken ? tokenId : user}</CodeText>
    </>
  );
}
