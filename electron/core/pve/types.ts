import type { Proxmox } from 'proxmox-api';
import type { ConnectionDraft, TfaAnswer } from '#shared/contract/connection';
import type { Answer } from '../net/carrier';

/** How one call is made; every call has a deadline over its whole body. */
export interface CallOptions {
  signal?: AbortSignal;
  /** default 35 s: a call proxied to another node may take 30 s */
  deadlineMs?: number;
  /** largest body accepted, default 32 MiB */
  maxBytes?: number;
}

/**
 * One cluster's Proxmox VE API. Reads fail over between endpoints and may be repeated; a mutation
 * is sent at most once. Failures are {@link Failure}s with a remedy.
 */
export interface PveClient {
  /** the typed paths of proxmox-api on this transport; answers still need their schema */
  api(options?: CallOptions): Proxmox.Api;
  call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    params?: Record<string, string | number | boolean | undefined>,
    options?: CallOptions,
  ): Promise<Answer>; // `data` is what the API wraps in `{data}`
  /** calls sent in the last minute */
  callsPerMinute(): number;
  /** answers the second factor; the session then lives on by renewal */
  answerTfa(answer: TfaAnswer): Promise<void>;
  close(): Promise<void>;
}

/** Hands out one client per configured cluster and remakes it when the configuration changes. */
export interface PveClients {
  /** @throws Failure NOT_FOUND */
  get(uuid: string): PveClient;
  /** a client for a form's draft; the caller closes it */
  draft(draft: ConnectionDraft, tfa?: TfaAnswer): Promise<PveClient>;
  /** closes open connections of a cluster; the next get() starts anew */
  reset(uuid: string): Promise<void>;
  closeAll(): Promise<void>;
}
