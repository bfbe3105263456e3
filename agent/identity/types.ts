import type { ClusterIdentity } from '../membership/types';
import type { ClusterKeys } from './cluster-keys';

/** What this node is known by, for ever. */
export interface NodeIdentity {
  /** UUID from the SHA-256 of its Ed25519 public key */
  id: string;
  /** the certificate of its API; it names the id, see `nodeIdOf` */
  certPem: string;
  keyPem: string;
  /** SHA-256 of the certificate, `AA:BB:...` */
  fingerprint: string;
}

/** What the enrolment file says: which cluster, how to find it, and the proof of belonging to it. */
export interface Enrolment {
  cluster: ClusterIdentity;
  keys: ClusterKeys;
  /** `host:port` of gossip */
  seeds: string[];
  /** name of the node that may found the cluster; null: nobody may, it is there already */
  founder: string | null;
}
