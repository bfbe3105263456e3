import { Crown } from 'lucide-react';
import type { MemberRow } from '#shared/contract/inventory';
import { bytes, percent, plain } from '#shared/domain/units';
import { Checkbox } from '../../ui/choice';
import { cx } from '../../ui/cx';
import { Badge, StateDot } from '../../ui/state';
import { Cell, HeadCell, Table } from '../../ui/table';
import { ofTotal, shareOf } from '../cluster/figures';
import { Share } from '../cluster/share';
import tables from '../cluster/tables.module.css';
import styles from './members.module.css';
import type { Member } from './use-members';
import { briefRole, drainState, memberState, roleWord } from './words';

interface MembersTableProps {
  members: readonly Member[];
  stale: boolean;
  onOpen: (node: string) => void;
  /** id of the member that is open */
  opened?: string | null;
  /** ids of the ticked ones; without it none can be ticked */
  ticked?: ReadonlySet<string>;
  onTick?: (ids: ReadonlySet<string>) => void;
}

/** The nodes of a ClusterOS cluster with what they are, have and do. */
export function MembersTable(props: MembersTableProps) {
  const { members, stale, ticked, onTick } = props;
  return (
    <Table label="Nodes" className={cx(tables.table, styles.table)}>
      <thead>
        <tr>
          {ticked && (
            <HeadCell className={styles.tick}>
              <Checkbox
                label="Select all nodes"
                hideLabel
                checked={
                  ticked.size > 0 && (ticked.size === members.length ? true : 'indeterminate')
                }
                onChange={(on) =>
                  onTick?.(new Set(on ? members.map(({ member }) => member.id) : []))
                }
              />
            </HeadCell>
          )}
          <HeadCell>Node</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell>Roles</HeadCell>
          <HeadCell numeric>CPU</HeadCell>
          <HeadCell numeric>Memory</HeadCell>
          <HeadCell numeric className={styles.roomy}>
            Disk free
          </HeadCell>
          <HeadCell numeric>Cores</HeadCell>
          <HeadCell numeric>Jobs</HeadCell>
        </tr>
      </thead>
      <tbody>
        {members.map((one) => (
          <MemberLine
            key={one.member.id}
            {...one}
            stale={stale}
            opened={props.opened === one.member.id}
            onOpen={() => props.onOpen(one.member.node)}
            {...(ticked && {
              ticked: ticked.has(one.member.id),
              onTick: (on: boolean) => {
                const next = new Set(ticked);
                if (on) next.add(one.member.id);
                else next.delete(one.member.id);
                onTick?.(next);
              },
            })}
          />
        ))}
      </tbody>
    </Table>
  );
}

interface MemberLineProps extends Member {
  stale: boolean;
  opened: boolean;
  onOpen: () => void;
  ticked?: boolean;
  onTick?: (on: boolean) => void;
}

function MemberLine({ member, measured, stale, opened, onOpen, ticked, onTick }: MemberLineProps) {
  const memory = { used: measured?.mem ?? null, total: measured?.maxMem ?? null };
  const free =
    measured === null || measured.disk === null || measured.maxDisk === null
      ? null
      : measured.maxDisk - measured.disk;
  return (
    <tr className={opened ? tables.opened : undefined}>
      {ticked !== undefined && (
        <Cell className={styles.tick}>
          <Checkbox
            label={`Select ${member.node}`}
            hideLabel
            checked={ticked}
            onChange={(on) => onTick?.(on)}
          />
        </Cell>
      )}
      <Cell>
        <button type="button" className={tables.open} aria-pressed={opened} onClick={onOpen}>
          {member.node}
        </button>
      </Cell>
      <Cell>
        <span className={styles.states}>
          <StateDot {...memberState(member, stale)} showWord />
          <Drain member={member} />
        </span>
      </Cell>
      <Cell>
        <Roles member={member} brief />
      </Cell>
      <Cell numeric>
        <Share
          label={`CPU of ${member.node}`}
          share={measured?.cpu ?? null}
          text={plain(percent(measured?.cpu ?? null))}
          stale={stale}
        />
      </Cell>
      <Cell numeric>
        <Share
          label={`Memory of ${member.node}`}
          share={shareOf(memory)}
          text={plain(percent(shareOf(memory)))}
          title={ofTotal(bytes(memory.used), bytes(memory.total))}
          stale={stale}
        />
      </Cell>
      <Cell numeric className={styles.roomy}>
        {plain(bytes(free, 'si'))}
      </Cell>
      <Cell numeric>
        {member.cpus === null ? '–' : `${member.cpusAllocated ?? 0} of ${member.cpus}`}
      </Cell>
      <Cell numeric>{member.runningJobs}</Cell>
    </tr>
  );
}

/** Stands only where a worker takes no jobs. */
function Drain({ member }: { member: MemberRow }) {
  const state = drainState(member);
  if (state === null || member.drain === 'none') return null;
  return (
    <Badge tone={state.tone} title={member.drainReason}>
      {state.word}
    </Badge>
  );
}

/** What a node is, with a crown where it leads. */
export function Roles({ member, brief = false }: { member: MemberRow; brief?: boolean }) {
  if (member.roles.length === 0 && member.leaderOf.length === 0) {
    return <span className={styles.quiet}>none</span>;
  }
  // who leads the shared state has no role of its own for it
  const raft = member.leaderOf.filter((role) => !member.roles.some((own) => own === role));
  return (
    <span className={cx(styles.roles, brief && styles.brief)}>
      {[...member.roles, ...raft].map((role) => {
        const leads = member.leaderOf.includes(role);
        return (
          <Badge key={role}>
            {leads && <Crown size={11} strokeWidth={2} aria-label="leads" role="img" />}
            {brief ? briefRole(role) : roleWord(role)}
          </Badge>
        );
      })}
    </span>
  );
}
