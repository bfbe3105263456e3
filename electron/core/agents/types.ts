import type { Endpoint } from '#shared/contract/clusters';
import type { ConnectionDraft } from '#shared/contract/connection';
import type { Answer } from '../net/carrier';

/** How one call is made; every call has a deadline over its whole body. */
export interface AgentCall {
  signal?: AbortSignal;
  /** default 15 s: an agent answers from what it knows */
  deadlineMs?: number;
  /** largest body accepted, default 32 MiB */
  maxBytes?: number;
  /** the agent changes nothing for it: it goes on to the next endpoint as a read does */
  onlyLooks?: boolean;
}

/** What is listened to, and how patiently. */
export interface AgentEvents {
  /** default `/api/v1/events` */
  path?: string;
  /** after so long without a word the connection is dead; default 50 s */
  silenceMs?: number;
  /** largest event accepted, default 64 Ki characters */
  maxChars?: number;
}

/**
 * The API of one ClusterOS cluster's node agents. Reads fail over between endpoints; a change is
 * sent at most once. Failures are {@link Failure}s with a remedy.
 */
export interface AgentClient {
  /** @param path with its query, as `/api/v1/overview` */
  get(path: string, options?: AgentCall): Promise<Answer>;
  post(path: string, body: object, options?: AgentCall): Promise<Answer>;
  delete(path: string, options?: AgentCall): Promise<Answer>;
  /**
   * Listens to events of the endpoint that answered last, until the signal aborts or the connection
   * ends.
   * @param onEvent the data of each event, unchecked
   */
  events(
    onEvent: (data: unknown) => void,
    signal: AbortSignal,
    options?: AgentEvents,
  ): Promise<void>;
  /** calls sent in the last minute */
  callsPerMinute(): number;
  close(): Promise<void>;
}

/** Hands out one client per ClusterOS cluster and remakes it when the configuration changes. */
export interface AgentClients {
  /** @throws Failure NOT_FOUND | UNSUPPORTED for another kind */
  get(uuid: string): AgentClient;
  /** a client of its own for a form's draft; the caller closes it */
  draft(draft: ConnectionDraft, endpoints: Endpoint[]): AgentClient;
  reset(uuid: string): Promise<void>;
}
