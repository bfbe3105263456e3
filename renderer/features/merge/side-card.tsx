import { KeyRound } from 'lucide-react';
import type { ReactNode } from 'react';
import type { MergeCard, MergeNode } from '#shared/contract/agent/merge';
import type { Cluster } from '#shared/contract/clusters';
import type { ErrorCode } from '#shared/contract/errors';
import type { MergeSide } from '#shared/contract/merge';
import { STABLE_MS, stableNodes } from '#shared/domain/merge-decision';
import { duration, plain } from '#shared/domain/units';
import { useLive } from '../../app/context';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/card';
import { CodeText } from '../../ui/code';
import { Facts } from '../../ui/facts';
import { ErrorNotice, Skeleton } from '../../ui/feedback';
import { Moment } from '../../ui/moment';
import { Stack } from '../../ui/stack';
import { Badge, StateDot } from '../../ui/state';
import { roleWord } from '../clusteros/words';
import { useClusterActions } from '../clusters/use-cluster-actions';
import styles from './side-card.module.css';

interface SideCardProps {
  cluster: Cluster;
  /** undefined while it is being asked */
  side: MergeSide | undefined;
  part: 'gaining' | 'losing' | null;
}

/** One of the two: what of it decides, what it has, and its nodes. */
export function SideCard({ cluster, side, part }: SideCardProps) {
  return (
    <Panel
      title={cluster.name}
      aside={
        part !== null && (
          <Badge tone={part === 'gaining' ? 'ok' : 'warning'}>
            {part === 'gaining' ? 'stays' : 'is taken up'}
          </Badge>
        )
      }
      className={styles.card}
    >
      {side === undefined ? (
        <Skeleton height="208px" />
      ) : side.card === null ? (
        <Failed cluster={cluster} side={side} />
      ) : (
        <Shown cluster={cluster} card={side.card} />
      )}
    </Panel>
  );
}

/** What another token mends. */
const BY_TOKEN: readonly ErrorCode[] = ['PERMISSION_DENIED', 'AUTH_FAILED', 'SECRET_MISSING'];

function Failed({ cluster, side: { failure } }: { cluster: Cluster; side: MergeSide }) {
  const { edit } = useClusterActions(cluster);
  if (failure === null) return null;
  return (
    <ErrorNotice
      problem={{ title: failure.message, remedy: failure.data.remedy }}
      action={
        BY_TOKEN.includes(failure.code) && (
          <Button small icon={KeyRound} onClick={edit}>
            Enter a token
          </Button>
        )
      }
    />
  );
}

function Shown({ cluster, card }: { cluster: Cluster; card: MergeCard }) {
  const jobs = useLive((state) => state.live.get(cluster.uuid)?.clusteros?.jobs);
  const facts: [string, ReactNode][] = [
    [
      'Nodes',
      <span key="nodes">
        <strong>{card.nodes.length}</strong>, {stableNodes(card)} stable for five minutes
      </span>,
    ],
    ['Founded', <Moment key="founded" at={card.created_at} />],
    ['Jobs', jobs === undefined ? '–' : `${jobs.running} running, ${jobs.waiting} waiting`],
    [
      'Merging',
      <StateDot
        key="enabled"
        tone={card.enabled ? 'ok' : 'bad'}
        word={card.enabled ? 'switched on' : 'switched off'}
        showWord
      />,
    ],
    [
      'Its id',
      <CodeText key="id" quiet>
        {card.cluster.uuid}
      </CodeText>,
    ],
  ];
  return (
    <Stack>
      <Facts facts={facts} />
      {!card.enabled && (
        <p className={styles.remedy}>
          Set <code>merging.enabled: true</code> under <code>cluster</code> in the agents’
          configuration and restart them.
        </p>
      )}
      <ul className={styles.nodes} aria-label={`Nodes of ${cluster.name}`}>
        {card.nodes.map((node) => (
          <Node key={node.id} node={node} now={card.made_at} />
        ))}
      </ul>
    </Stack>
  );
}

function Node({ node, now }: { node: MergeNode; now: number }) {
  return (
    <li className={styles.node}>
      <StateDot tone={node.alive ? 'ok' : 'bad'} word={node.alive ? 'online' : 'does not answer'} />
      <span className={styles.name}>{node.name}</span>
      <span className={styles.roles}>{node.roles.map(roleWord).join(', ')}</span>
      <span className={styles.since}>{stableWord(node, now)}</span>
    </li>
  );
}

/** `for 3 h`; what is younger than five minutes does not count yet. */
function stableWord({ alive, stable_since: since }: MergeNode, now: number): string {
  if (!alive || since === null) return 'does not answer';
  const age = Math.max(0, now - since);
  const words = `for ${plain(duration(age / 1000))}`;
  return age < STABLE_MS ? `${words}, too short` : words;
}
