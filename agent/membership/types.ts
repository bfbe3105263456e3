import type { MemberStatus, RoleName } from '#shared/contract/agent/dashboard';

/** One node as this node sees it. */
export interface Member {
  /** derived from its identity key; the same for ever */
  id: string;
  name: string;
  status: MemberStatus;
  /** where its gossip is heard, as `10.77.1.1` */
  address: string;
  tailscaleIp: string;
  apiPort: number;
  roles: readonly RoleName[];
  tags: Record<string, string>;
  /** SHA-256 of its certificate, `AA:BB:...`; '' as long as it is not authenticated */
  fingerprint: string;
  /** proved the cluster key in a challenge bound to its certificate; others get nothing */
  authenticated: boolean;
  /** unix seconds */
  lastSeen: number;
  joinedAt: number;
}

export interface ClusterIdentity {
  uuid: string;
  name: string;
  region: string;
  datacenter: string;
  /** unix seconds; persisted at the founding and never changed */
  createdAt: number;
}

export type MembershipEvent = { kind: 'members'; member: Member };

/** Who belongs to this cluster and who answers. */
export interface Membership {
  readonly cluster: ClusterIdentity;
  readonly self: Member;
  /** All known members, also failed and left ones, by name. */
  members(): Member[];
  onChange(listener: (event: MembershipEvent) => void): () => void;
  /** whether the gossip daemon answers */
  isRunning(): boolean;
  /** Tells the others that this node goes, and stops taking part. */
  leave(): Promise<void>;
}

/** Calls another member's API over mutual authentication. */
export interface Peers {
  /**
   * @param path as `/api/v1/peer/munge-key`
   * @returns the parsed JSON of a 2xx answer; the caller validates it
   * @throws Failure of the transport, TLS_CHANGED for another certificate, AUTH_FAILED, SERVER_ERROR
   */
  call(member: Member, method: 'GET' | 'POST', path: string, options: PeerCall): Promise<unknown>;
}
export interface PeerCall {
  body?: unknown;
  deadlineMs: number;
  signal?: AbortSignal;
}
