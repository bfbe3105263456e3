import type { AgentProblem, MemberStatus, RoleName } from '#shared/contract/agent/dashboard';
import type { State } from '../state/types';
import type { PeerCaller, PeerRoute } from './peer-types';
import type { ClusterRecord } from './records';

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
  /** empty as long as it is not authenticated */
  tags: Record<string, string>;
  /** SHA-256 of its certificate, `AA:BB:...`; '' as long as it is not authenticated */
  fingerprint: string;
  /** proved the cluster key in a challenge bound to its certificate; others get nothing */
  authenticated: boolean;
  /** may vote in the cluster's shared state */
  voter: boolean;
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
  /** What a person should know of membership: strangers, refusals, waiting. */
  problems(): AgentProblem[];
  /** Tells the others that this node goes, and stops taking part. */
  leave(): Promise<void>;
}

/** How this node came to its cluster; `resumed`: it belonged to it before this start. */
export type Settled =
  | { how: 'founded' }
  | { how: 'joined' | 'resumed'; stateEndpoints: readonly string[] };

/** What the program that composes the agent needs beyond {@link Membership}. */
export interface NodeMembership extends Membership {
  /** as it stands in the shared state; null as long as this node belongs to no cluster */
  readonly record: ClusterRecord | null;
  /** Starts gossip and finds the cluster, or founds it where this node may; waits as long as it takes. */
  settle(signal: AbortSignal): Promise<Settled>;
  /** From now on the registry in the shared state decides who is authenticated. */
  attach(state: State): Promise<void>;
  /** Remembers where the shared state is reached, for a start without any peer. */
  saveStateEndpoints(urls: readonly string[]): Promise<void>;
  /** the challenge's routes, for {@link PeerRoute}s of the API */
  readonly routes: readonly PeerRoute[];
  /** Also asks the shared state when the fingerprint is not known yet. */
  callerOf(fingerprint: string): Promise<PeerCaller | null>;
  /** Removes a member that is gone, so that its name is free. @returns its name. @throws Failure when it is alive */
  forget(id: string): Promise<string>;
  /** Removes a member that belongs to another cluster now, whatever gossip says of it yet. */
  release(id: string): Promise<void>;
  close(): Promise<void>;
}

/** Calls another member's API over mutual authentication. */
export interface Peers {
  /**
   * @param path as `/api/v1/peer/munge-key`
   * @returns the parsed JSON of a 2xx answer; the caller validates it
   * @throws Failure of the transport, TLS_CHANGED for another certificate, AUTH_FAILED, SERVER_ERROR
   */
  call(
    member: PeerAddress,
    method: 'GET' | 'POST',
    path: string,
    options: PeerCall,
  ): Promise<unknown>;
}
/** What must be known of a node to call it, whichever cluster it belongs to. */
export type PeerAddress = Pick<
  Member,
  'id' | 'name' | 'address' | 'apiPort' | 'fingerprint' | 'authenticated'
>;
export interface PeerCall {
  body?: unknown;
  deadlineMs: number;
  signal?: AbortSignal;
}
