import { ArrowRightLeft, CirclePlay, CircleSlash, Server, UserPlus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import type { Timeframe } from '#shared/contract/charts';
import type { Cluster } from '#shared/contract/clusters';
import { hostPort } from '#shared/domain/host';
import { useParam } from '../../app/address';
import { useLive } from '../../app/context';
import { useDialogs } from '../../app/dialogs';
import { LiveCharts } from '../../charts/live-charts';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/card';
import { CodeText, Fingerprint } from '../../ui/code';
import { Facts } from '../../ui/facts';
import { EmptyState, Notice } from '../../ui/feedback';
import { Moment } from '../../ui/moment';
import { Stack } from '../../ui/stack';
import { isOld } from '../cluster/old';
import { handoffHref } from '../handoff/address';
import styles from './members.module.css';
import { MembersTable, Roles } from './members-table';
import { NodeMenu } from './node-menu';
import {
  countOf,
  NODE_ACTIONS,
  type NodeActionName,
  nodeTarget,
  SLURM_WORDS,
  type SlurmTarget,
} from './slurm-actions';
import { SlurmDialog } from './slurm-dialog';
import { type Member, useMembers } from './use-members';
import { useSlurmBlock } from './use-slurm-block';

const ICONS = { drain: CircleSlash, resume: CirclePlay } as const satisfies Record<
  NodeActionName,
  unknown
>;
const NONE: ReadonlySet<string> = new Set();

/** The nodes with what can be done with them, and one of them with its facts and charts. */
export function MembersTab({ cluster, timeframe }: { cluster: Cluster; timeframe: Timeframe }) {
  const members = useMembers(cluster.uuid);
  const stale = useLive((state) => isOld(state.live.get(cluster.uuid)));
  const [chosen, choose] = useParam('node');
  const [ticked, setTicked] = useState(NONE);
  const dialogs = useDialogs();
  const [, navigate] = useLocation();
  const opened = members.find(({ member }) => member.node === chosen) ?? members[0];
  const enrol = (
    <Button
      small
      icon={UserPlus}
      onClick={() => dialogs.open({ type: 'enrol', uuid: cluster.uuid })}
    >
      Enrol nodes
    </Button>
  );
  const handOver = (
    <Button small icon={ArrowRightLeft} onClick={() => navigate(handoffHref(cluster.clusterId))}>
      Hand over a role
    </Button>
  );
  if (opened === undefined) {
    return (
      <EmptyState icon={Server} title="No node is known yet" actions={enrol}>
        Nodes appear as soon as the cluster has answered.
      </EmptyState>
    );
  }
  // one that has gone meanwhile must not be acted on
  const shown = members.filter(({ member }) => ticked.has(member.id));
  return (
    <Stack>
      <div className={styles.head}>
        <NodeActions
          cluster={cluster}
          members={shown}
          words={
            shown.length === 0
              ? 'Tick nodes to drain or resume them.'
              : `${countOf(shown.length, 'node')} selected`
          }
          onStarted={() => setTicked(NONE)}
        />
        <div className={styles.bar}>
          {handOver}
          {enrol}
        </div>
      </div>
      <MembersTable
        {...{ members, stale, ticked }}
        onTick={setTicked}
        opened={opened.member.id}
        onOpen={(node) => choose(node, { replace: true })}
      />
      <OpenMember cluster={cluster} opened={opened} timeframe={timeframe} />
    </Stack>
  );
}

interface NodeActionsProps {
  cluster: Cluster;
  members: readonly Member[];
  words?: string;
  onStarted?: () => void;
}

function NodeActions({ cluster, members, words, onStarted }: NodeActionsProps) {
  const block = useSlurmBlock(cluster);
  const [pending, setPending] = useState<{
    action: NodeActionName;
    selected: SlurmTarget[];
  } | null>(null);
  const workers = members.filter(({ member }) => member.drain !== null);
  return (
    <div className={styles.bar}>
      {words !== undefined && <output className={styles.count}>{words}</output>}
      {NODE_ACTIONS.map((action) => (
        <Button
          key={action}
          small
          icon={ICONS[action]}
          why={block}
          disabled={workers.every(({ member }) => nodeTarget(action, member).against !== null)}
          onClick={() =>
            setPending({
              action,
              selected: members.map(({ member }) => nodeTarget(action, member)),
            })
          }
        >
          {SLURM_WORDS[action].label}
        </Button>
      ))}
      {pending && (
        <SlurmDialog
          {...pending}
          cluster={cluster}
          onClose={() => setPending(null)}
          {...(onStarted && { onStarted })}
        />
      )}
    </div>
  );
}

function OpenMember(props: { cluster: Cluster; opened: Member; timeframe: Timeframe }) {
  const { cluster, opened, timeframe } = props;
  const { member } = opened;
  return (
    <>
      <Panel
        title={member.node}
        aside={
          <div className={styles.bar}>
            {member.drain !== null && <NodeActions cluster={cluster} members={[opened]} />}
            <NodeMenu cluster={cluster} member={member} />
          </div>
        }
      >
        <Stack>
          {!member.authenticated && (
            <Notice tone="bad" title={`${member.node} has not proved the cluster key.`}>
              It has no vote and no role. If it belongs here, give it this cluster’s enrolment file;
              else keep it off this network.
            </Notice>
          )}
          {member.drain !== null && member.drain !== 'none' && (
            <Notice tone="warning" title={`It is ${member.drain} and takes no new jobs.`}>
              {member.drainReason === '' ? 'Nobody said why.' : `Reason: ${member.drainReason}`}
            </Notice>
          )}
          <Facts facts={memberFacts(opened)} />
        </Stack>
      </Panel>
      {member.authenticated && (
        <LiveCharts
          uuid={cluster.uuid}
          target={{ kind: 'node', node: member.node }}
          timeframe={timeframe}
          heading="h3"
          shown={[
            { id: 'cpu', title: 'CPU' },
            { id: 'memory', title: 'Memory' },
            { id: 'disk', title: 'Disk' },
          ]}
        />
      )}
    </>
  );
}

function memberFacts({ member, measured }: Member): [string, ReactNode][] {
  const { address, tailscaleIp, apiPort } = member;
  return [
    ['Roles', <Roles key="roles" member={member} />],
    ['SLURM', member.slurmState ?? 'no worker'],
    ['Partitions', member.partitions.length === 0 ? 'none' : member.partitions.join(', ')],
    ['Cores', measured?.maxCpu ?? member.cpus ?? '–'],
    ['GPUs', member.gpus],
    ['Architecture', member.arch === '' ? '–' : member.arch],
    [
      'Address',
      <CodeText key="address">{apiPort === 0 ? address : hostPort(address, apiPort)}</CodeText>,
    ],
    ...(tailscaleIp === ''
      ? []
      : [['Tailnet', <CodeText key="tailnet">{tailscaleIp}</CodeText>] as [string, ReactNode]]),
    ['Joined', <Moment key="joined" at={member.joinedAt} />],
    [
      'Last seen',
      member.lastSeen === null ? 'just now' : <Moment key="seen" at={member.lastSeen} />,
    ],
    [
      'Certificate',
      member.fingerprint === '' ? (
        'not known'
      ) : (
        <Fingerprint key="fingerprint" value={member.fingerprint} short />
      ),
    ],
  ];
}
