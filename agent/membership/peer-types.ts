import type { PeerRequest, PeerResponse } from '../api/types';

/** One call that agents may make of each other. Other parts (as SLURM) contribute theirs. */
export interface PeerRoute {
  method: 'GET' | 'POST';
  /** as `/api/v1/peer/hello` */
  path: string;
  /**
   * `candidate`: anyone with a certificate, bounded; `member`: who proved the cluster key; `guest`: a
   * node of another cluster that a pact names
   */
  access: 'candidate' | 'member' | 'guest';
  /**
   * @param caller who asks; null for a candidate
   * @throws Failure, which the API turns into an `agentError` of a fitting status
   */
  handle(request: PeerRequest, caller: PeerCaller | null): Promise<PeerResponse>;
}

/** A member that proved the cluster key, or a guest, whose certificate this connection carries. */
export interface PeerCaller {
  id: string;
  name: string;
  fingerprint: string;
  /** uuid of the other cluster that it is a guest from; members have none */
  guestOf?: string;
}
