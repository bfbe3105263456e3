import type { Fault, FaultMatch } from './pve/http/faults';
import type { ClusterSpec } from './pve/model/spec';

/** How a lab shall be. Everything has a lively default. */
export interface LabOptions {
  /** How many ClusterOS clusters stand beside the others, at most two; none by default. */
  clusteros?: number;
  /** How many clusters; the first three are the ones of the tour. */
  clusters?: number;
  /** Nodes of every cluster. */
  nodes?: number;
  /** Guests of every cluster. */
  guests?: number;
  /** Clusters to build instead of the usual ones. */
  specs?: readonly ClusterSpec[];
  /** Milliseconds every answer takes longer. */
  apiDelayMs?: number;
  /** Same seed, same lab. */
  seed?: number;
  /** The present, in milliseconds since 1970. */
  clock?: () => number;
  /** Where the doors are; a loopback address. */
  host?: string;
  /** Port of the first node; the others follow. 0 takes any. */
  port?: number;
  /** Multiplies how long tasks take: 1 is lifelike, 0 is at once. */
  taskPace?: number;
  /** Whether people in the lab start and stop machines of their own accord. */
  ambient?: boolean;
  /** Milliseconds a 401 takes; the real server takes 3000. */
  unauthorizedDelayMs?: number;
  /** Milliseconds a silent sibling is waited for; the real server waits 30000. */
  peerTimeoutMs?: number;
  /** Faults that are in force from the start. */
  faults?: readonly { cluster: string; fault: Fault; match?: FaultMatch & { node?: string } }[];
}

/** A password login of a simulated cluster. */
export interface LabUser {
  userid: string;
  password: string;
  /** What the user is there for, in a few words. */
  purpose: string;
  /** Secret of the second factor in base32, where there is one. */
  totpSecret?: string;
  recoveryKeys?: string[];
}

/** An API token of a simulated cluster. */
export interface LabToken {
  /** `user@realm!name` */
  id: string;
  secret: string;
  privsep: boolean;
}

/** One door of a simulated cluster. */
export interface LabEndpoint {
  node: string;
  host: string;
  port: number;
  /** SHA-256 of its certificate, upper-case hex with colons. */
  fingerprint: string;
}

/** What every simulated cluster's card has. */
interface CardFace {
  clusterId: string;
  name: string;
  description: string;
  group: { name: string; colour: string };
  /** 0..100 */
  priority: number;
  isDefault: boolean;
  protected: boolean;
  /** Doors of the members that are there. */
  endpoints: LabEndpoint[];
}

/** What somebody needs to put a simulated Proxmox cluster on a deck. */
export interface LabCard extends CardFace {
  kind: 'proxmox';
  user: LabUser;
  token: LabToken;
}

/** What somebody needs to put a simulated ClusterOS cluster on a deck. */
export interface ClusterOsCard extends CardFace {
  kind: 'clusteros';
  /** an admin's token: people here may also merge clusters */
  secret: string;
}

export type DeckCard = LabCard | ClusterOsCard;
