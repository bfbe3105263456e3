import { Crown } from 'lucide-react';
import type { OperationAnswer } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { useLive } from '../../app/context';
import { Panel } from '../../ui/card';
import { Badge, StateDot } from '../../ui/state';
import { isOld } from '../cluster/old';
import { type Member, useMembers } from '../clusteros/use-members';
import { drainState, memberState, roleWord } from '../clusteros/words';
import styles from './node-panel.module.css';
import { partsOf } from './parts';

/** Each node with how it fares, what it leads, and its part in the operation. */
export function NodePanel({ cluster, answer }: { cluster: Cluster; answer: OperationAnswer }) {
  const members = useMembers(cluster.uuid);
  const stale = useLive((state) => isOld(state.live.get(cluster.uuid)));
  if (members.length === 0) return null;
  return (
    <Panel title="Nodes">
      <ul className={styles.nodes}>
        {members.map((one) => (
          <Node key={one.member.id} {...one} stale={stale} answer={answer} />
        ))}
      </ul>
    </Panel>
  );
}

function Node({ member, stale, answer }: Member & { stale: boolean; answer: OperationAnswer }) {
  const state = memberState(member, stale);
  const drain = drainState(member);
  const last = answer.log.findLast(({ node }) => node === member.node);
  return (
    <li className={styles.node}>
      <span className={styles.name}>{member.node}</span>
      <StateDot {...state} showWord />
      <span className={styles.badges}>
        {partsOf(member.node, answer.operation).map((part) => (
          <Badge key={part} tone="busy">
            {part}
          </Badge>
        ))}
        {member.leaderOf.map((role) => (
          <Badge key={role}>
            <Crown size={11} strokeWidth={2} aria-label="leads" role="img" />
            {roleWord(role)}
          </Badge>
        ))}
        {drain !== null && member.drain !== 'none' && <Badge tone={drain.tone}>{drain.word}</Badge>}
        {member.runningJobs > 0 && <Badge>{jobs(member.runningJobs)}</Badge>}
      </span>
      {last !== undefined && (
        <span className={styles.last} title={last.text}>
          {last.text}
        </span>
      )}
    </li>
  );
}

const jobs = (count: number): string => (count === 1 ? '1 job' : `${count} jobs`);
