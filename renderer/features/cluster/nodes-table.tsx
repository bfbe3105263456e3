import type { ReactNode } from 'react';
import type { NodeRow } from '#shared/contract/inventory';
import { bytes, count, duration, percent, plain } from '#shared/domain/units';
import { StateDot, type Tone } from '../../ui/state';
import { Cell, HeadCell, Table } from '../../ui/table';
import { ofTotal, shareOf } from './figures';
import { Share } from './share';
import styles from './tables.module.css';

const STATES: Record<NodeRow['status'], { tone: Tone; word: string }> = {
  online: { tone: 'ok', word: 'online' },
  offline: { tone: 'bad', word: 'does not answer' },
  unknown: { tone: 'idle', word: 'unknown' },
};

/** What was seen of a node is no news once the cluster itself is silent. */
function nodeState(status: NodeRow['status'], stale: boolean): { tone: Tone; word: string } {
  return stale && status === 'online' ? { tone: 'idle', word: 'was online' } : STATES[status];
}

interface NodesTableProps {
  nodes: readonly NodeRow[];
  /** guests by the node's name */
  guests: ReadonlyMap<string, number>;
  stale: boolean;
  /** makes the names open something; `opened` is the one that is open */
  onOpen?: (node: string) => void;
  opened?: string | null;
}

/** The nodes of a cluster with what they have and use. */
export function NodesTable({ nodes, guests, stale, onOpen, opened }: NodesTableProps) {
  return (
    <Table label="Nodes" className={styles.table}>
      <thead>
        <tr>
          <HeadCell>Node</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell numeric>Cores</HeadCell>
          <HeadCell numeric>CPU</HeadCell>
          <HeadCell numeric>Memory</HeadCell>
          <HeadCell numeric>Disk free</HeadCell>
          <HeadCell numeric>Uptime</HeadCell>
          <HeadCell numeric>Guests</HeadCell>
        </tr>
      </thead>
      <tbody>
        {nodes.map((node) => (
          <tr key={node.id} className={opened === node.node ? styles.opened : undefined}>
            <Cell>
              <NodeName {...{ node, onOpen }} opened={opened === node.node} />
            </Cell>
            <Cell>
              <StateDot {...nodeState(node.status, stale)} showWord />
            </Cell>
            <Cell numeric quiet>
              {plain(count(node.maxCpu))}
            </Cell>
            <Cell numeric>
              <Share
                label={`CPU of ${node.node}`}
                share={node.cpu}
                text={plain(percent(node.cpu))}
                stale={stale}
              />
            </Cell>
            <Cell numeric>
              <Share
                label={`Memory of ${node.node}`}
                share={shareOf({ used: node.mem, total: node.maxMem })}
                text={plain(percent(shareOf({ used: node.mem, total: node.maxMem })))}
                title={ofTotal(bytes(node.mem), bytes(node.maxMem))}
                stale={stale}
              />
            </Cell>
            <Cell numeric>{plain(bytes(freeDisk(node), 'si'))}</Cell>
            <Cell numeric quiet>
              {plain(duration(node.uptimeS))}
            </Cell>
            <Cell numeric>{guests.get(node.node) ?? 0}</Cell>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function NodeName(props: {
  node: NodeRow;
  onOpen: ((node: string) => void) | undefined;
  opened: boolean;
}): ReactNode {
  const { node, onOpen, opened } = props;
  if (onOpen === undefined) return <strong>{node.node}</strong>;
  return (
    <button
      type="button"
      className={styles.open}
      aria-pressed={opened}
      onClick={() => onOpen(node.node)}
    >
      {node.node}
    </button>
  );
}

function freeDisk({ disk, maxDisk }: NodeRow): number | null {
  return disk === null || maxDisk === null ? null : maxDisk - disk;
}
