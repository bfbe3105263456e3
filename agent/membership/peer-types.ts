/** One request under `/api/v1/peer/`, free of HTTP: the API takes it off its TLS socket. */
export interface PeerRequest {
  method: 'GET' | 'POST';
  /** without the query, as `/api/v1/peer/hello` */
  path: string;
  /** parsed JSON; undefined where there is none */
  body: unknown;
  /** the client's certificate in DER, as TLS proved it; null: it showed none */
  certificate: Uint8Array | null;
  /** for limits and the log only */
  remoteAddress: string;
}

export interface PeerReply {
  status: number;
  /** JSON; an `agentError` where the status is 400 or above */
  body: unknown;
}

/** One call that agents may make of each other. Other parts (as SLURM) contribute theirs. */
export interface PeerRoute {
  method: 'GET' | 'POST';
  path: string;
  /** `candidate`: anyone with a certificate, bounded and slowed down; `member`: proved the key */
  access: 'candidate' | 'member';
  /**
   * @param caller who asks; null for a candidate
   * @throws Failure told to the caller with a fitting status
   */
  handle(request: PeerRequest, caller: PeerCaller | null): Promise<PeerReply>;
}

/** A member that proved the cluster key and whose certificate this connection carries. */
export interface PeerCaller {
  id: string;
  name: string;
  fingerprint: string;
}

/** Answers every request under `/api/v1/peer/`, refusals too; it never throws. */
export type PeerGate = (request: PeerRequest) => Promise<PeerReply>;
