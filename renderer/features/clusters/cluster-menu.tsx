import {
  ArrowRightLeft,
  Combine,
  Copy,
  ExternalLink,
  KeyRound,
  LayoutDashboard,
  ListChecks,
  type LucideIcon,
  MoreVertical,
  Pause,
  Pencil,
  Play,
  PlugZap,
  RefreshCw,
  Star,
  StarOff,
  Trash2,
  UserPlus,
  Wrench,
} from 'lucide-react';
import type { Cluster } from '#shared/contract/clusters';
import type { ConnectionState } from '#shared/contract/inventory';
import { IconButton } from '../../ui/button';
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '../../ui/menu';
import { useBlock } from '../access/use-block';
import { type ClusterActions, useClusterActions } from './use-cluster-actions';

/** One thing that can be done with a cluster. */
interface ClusterCommand {
  key: string;
  label: string;
  icon: LucideIcon;
  run: () => void;
  danger?: boolean;
  /** changes nothing by itself, and stays where nothing may be changed */
  looks?: boolean;
}

/** All commands of a cluster as it stands, in groups as a menu separates them. */
function clusterCommands(
  cluster: Cluster,
  state: ConnectionState | undefined,
  actions: ClusterActions,
): ClusterCommand[][] {
  const paused = state === 'paused';
  const isClusteros = cluster.kind === 'clusteros';
  const merging = {
    key: 'merge',
    looks: true,
    label: 'Merge with another cluster',
    icon: Combine,
    run: actions.merge,
  };
  return [
    [
      { key: 'open', looks: true, label: 'Open', icon: LayoutDashboard, run: () => actions.open() },
      { key: 'test', looks: true, label: 'Test the connection', icon: PlugZap, run: actions.test },
      { key: 'refresh', looks: true, label: 'Refresh now', icon: RefreshCw, run: actions.refresh },
      ...(isClusteros
        ? []
        : [
            {
              key: 'web',
              looks: true,
              label: 'Open its web interface',
              icon: ExternalLink,
              run: actions.openWeb,
            },
          ]),
    ],
    [
      { key: 'edit', looks: true, label: 'Edit', icon: Pencil, run: actions.edit },
      { key: 'duplicate', label: 'Duplicate', icon: Copy, run: actions.duplicate },
      cluster.isDefault
        ? {
            key: 'default',
            label: 'No longer default',
            icon: StarOff,
            run: () => actions.setDefault(false),
          }
        : {
            key: 'default',
            label: 'Make it the default',
            icon: Star,
            run: () => actions.setDefault(true),
          },
      cluster.isActive
        ? {
            key: 'active',
            label: 'Take into maintenance',
            icon: Wrench,
            run: () => actions.change({ isActive: false }),
          }
        : {
            key: 'active',
            label: 'End the maintenance',
            icon: Play,
            run: () => actions.change({ isActive: true }),
          },
      ...(cluster.isActive
        ? [
            {
              key: 'pause',
              label: paused ? 'Watch it again' : 'Pause watching',
              icon: paused ? Play : Pause,
              run: () => actions.pause(!paused),
            },
          ]
        : []),
    ],
    isClusteros
      ? [
          { key: 'enrol', looks: false, label: 'Enrol nodes', icon: UserPlus, run: actions.enrol },
          {
            key: 'handoff',
            label: 'Hand over a role',
            icon: ArrowRightLeft,
            run: actions.handOver,
          },
          merging,
        ]
      : [
          {
            key: 'missing',
            looks: true,
            label: 'What is missing',
            icon: ListChecks,
            run: actions.missing,
          },
          merging,
          ...(cluster.authKind === 'password'
            ? [{ key: 'mint', label: 'Mint a token', icon: KeyRound, run: actions.mint }]
            : []),
        ],
    [{ key: 'remove', label: 'Delete', icon: Trash2, run: actions.remove, danger: true }],
  ];
}

interface ClusterMenuProps {
  cluster: Cluster;
  state: ConnectionState | undefined;
  tabIndex?: number;
  className?: string | undefined;
}

/** The menu of a card and of a cluster's page. */
export function ClusterMenu({ cluster, state, tabIndex, className }: ClusterMenuProps) {
  const actions = useClusterActions(cluster);
  const block = useBlock(cluster);
  return (
    <Menu
      trigger={
        <IconButton
          icon={MoreVertical}
          label={`Actions for ${cluster.name}`}
          tabIndex={tabIndex}
          className={className}
        />
      }
    >
      {block !== null && <MenuLabel>{block}</MenuLabel>}
      {clusterCommands(cluster, state, actions).map((group, index) => (
        <div key={group[0]?.key}>
          {index > 0 && <MenuSeparator />}
          {group.map((command) => (
            <MenuItem
              key={command.key}
              icon={command.icon}
              tone={command.danger ? 'danger' : 'plain'}
              disabled={block !== null && !command.looks}
              onSelect={command.run}
            >
              {command.label}
            </MenuItem>
          ))}
        </div>
      ))}
    </Menu>
  );
}
