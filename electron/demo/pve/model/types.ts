/** A stretch of time something was up; open-ended while it still is. */
export interface Span {
  fromMs: number;
  toMs?: number;
}

/** How a guest behaves: fractions of its cores and bytes per second. */
export interface LoadProfile {
  /** CPU fraction at night. */
  cpuBase: number;
  /** CPU fraction added at the height of the day. */
  cpuDay: number;
  /** How spiky the load is, 0..1. */
  burst: number;
  memFraction: number;
  netInRate: number;
  netOutRate: number;
  diskReadRate: number;
  diskWriteRate: number;
}

export type GuestKind = 'qemu' | 'lxc';

export interface Guest {
  vmid: number;
  kind: GuestKind;
  name: string;
  node: string;
  status: 'running' | 'stopped';
  paused: boolean;
  template: boolean;
  tags: string[];
  pool?: string;
  lock?: string;
  /** State as the HA manager reports it, when the guest is managed. */
  haState?: string;
  cores: number;
  memBytes: number;
  diskBytes: number;
  /** Storage that holds the boot disk. */
  storage: string;
  /** Format of the boot disk, where the storage leaves a choice. */
  diskFormat?: string;
  agent: boolean;
  /** A guest whose system does not listen to the power button. */
  ignoresPowerButton: boolean;
  profile: LoadProfile;
  seed: number;
  /** When the guest was up, oldest first. */
  runs: Span[];
  createdMs: number;
  /** VMID of the template a linked clone hangs on. */
  base?: number;
  /** Built on first use; see guest-config.ts. */
  config?: Map<string, string | number>;
  /** Config values that wait for the next boot. */
  pending: Map<string, string | number | null>;
}

/** Why a sibling does not answer, in the words the proxy reports. */
export type PeerTrouble = 'unreachable' | 'refused' | 'timeout' | 'certificate';

export interface PveNode {
  name: string;
  nodeId: number;
  ip: string;
  online: boolean;
  trouble: PeerTrouble;
  /** False for a member that was never seen: no certificate, no history. */
  seen: boolean;
  cores: number;
  sockets: number;
  cpuModel: string;
  memBytes: number;
  rootBytes: number;
  seed: number;
  bootMs: number;
  /** When the node was away, oldest first. */
  outages: Span[];
  /** SHA-256 of the certificate its endpoint presents; empty until made. */
  fingerprint: string;
}

export interface Storage {
  id: string;
  type: string;
  content: string[];
  shared: boolean;
  enabled: boolean;
  /** Members that have it; all when absent. */
  nodes?: string[];
  totalBytes: number;
  usedFraction: number;
  /** Fraction of the whole that is added per day. */
  growthPerDay: number;
  path?: string;
  server?: string;
  seed: number;
}

export interface StoredFile {
  storage: string;
  /** Absent on shared storages: every node sees the file. */
  node?: string;
  volid: string;
  content: 'iso' | 'vztmpl' | 'backup' | 'snippets' | 'import';
  format: string;
  bytes: number;
  createdMs: number;
  vmid?: number;
  notes?: string;
}

export interface Pool {
  id: string;
  comment: string;
}
