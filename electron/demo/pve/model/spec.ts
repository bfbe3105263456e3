import type { DressId } from '../dress';
import type { PeerTrouble } from './types';

/** One node of a cluster to build. */
export interface NodeSpec {
  name: string;
  cores?: number;
  memGiB?: number;
  /** Away from the start. */
  offline?: PeerTrouble;
  /** A member that never showed itself: no certificate known, no history. */
  neverSeen?: boolean;
}

/** A cluster to build; everything not said is invented from the seed. */
export interface ClusterSpec {
  /** Identity on the deck, e.g. `prod-main`. */
  id: string;
  /** What people call it. */
  label: string;
  dress: DressId;
  /** The cluster's own name; empty for a node that stands alone. */
  clusterName: string;
  nodes: NodeSpec[];
  guests: number;
  /** Days since the upgrade to 9: older round-robin rows keep their old steps. */
  upgradedDaysAgo?: number;
  /** Share of guests under HA, 0..1. */
  haShare: number;
  pools: { id: string; comment: string; share: number }[];
  storages: StorageSpec[];
}

export interface StorageSpec {
  id: string;
  type: 'dir' | 'lvmthin' | 'nfs' | 'rbd' | 'cephfs' | 'pbs' | 'zfspool';
  content: string[];
  shared: boolean;
  totalGiB: number;
  usedFraction: number;
  growthPerDay?: number;
  path?: string;
  server?: string;
}
