import { z } from 'zod';

/**
 * Every expected failure has one of these codes; nobody parses a message.
 * The sentence beside each code is its default message.
 */
export const ERROR_MESSAGES = {
  INVALID_INPUT: 'The input is not valid.',
  NOT_FOUND: 'There is no such entry.',
  DUPLICATE_ID: 'Another cluster has this id.',
  LAST_CLUSTER: 'The last cluster cannot be removed.',
  CONFIRMATION_REQUIRED: 'This needs to be confirmed by typing the name.',
  REVISION_CHANGED: 'The entry was changed by somebody else in the meantime.',
  PLAN_STALE: 'What the plan rests on has changed since it was made.',
  CHECKS_FAILED: 'Not everything is ready for this.',
  VAULT_LOCKED: 'The vault is locked.',
  VAULT_UNAVAILABLE: 'The protection of the vault is not available.',
  PASSPHRASE_WRONG: 'The passphrase is wrong.',
  SECRET_MISSING: 'No password or token is stored for this cluster.',
  STORE_BUSY: 'Another Clusterdeck uses this data folder.',
  STORE_NEWER: 'The data folder was written by a newer Clusterdeck.',
  STORE_BROKEN: 'The store cannot be opened.',
  STORE_FULL: 'The disk is full; nothing was changed.',
  NAME_NOT_RESOLVED: 'The host name cannot be resolved.',
  CONNECTION_REFUSED: 'Nothing listens at this address.',
  UNREACHABLE: 'The host cannot be reached.',
  TIMEOUT: 'The server did not answer in time.',
  TLS_UNTRUSTED: 'The certificate is not trusted yet.',
  TLS_CHANGED: 'The certificate is not the pinned one.',
  TLS_INVALID: 'The certificate is not valid for this host.',
  TLS_FAILED: 'No secure connection could be made.',
  AUTH_FAILED: 'The server refused the credentials.',
  TFA_REQUIRED: 'The server asks for a second factor.',
  TFA_FAILED: 'The second factor was not accepted.',
  PERMISSION_DENIED: 'The account lacks a privilege.',
  PARAMETER_REFUSED: 'The server refused a parameter.',
  NO_QUORUM: 'The cluster has no quorum.',
  NODE_UNREACHABLE: 'The node does not answer its cluster.',
  GUEST_NOT_FOUND: 'The guest does not exist any more.',
  TASK_FAILED: 'The task failed.',
  NOT_PROXMOX: 'This is not a Proxmox VE API.',
  NOT_AGENT: 'This is not a node agent of ClusterOS.',
  BAD_RESPONSE: 'The server sent something that cannot be understood.',
  RESPONSE_TOO_LARGE: 'The answer of the server is too large.',
  SERVER_ERROR: 'The server reported an error.',
  UNSUPPORTED: 'The server does not offer this.',
  PASSPHRASE_NEEDED: 'The file is protected by a passphrase.',
  IDENTITY_NEEDED: 'The file is encrypted for others.',
  FILE_UNKNOWN: 'This is no file that can be imported.',
  FILE_DAMAGED: 'The file is damaged.',
  FILE_NEWER: 'The file was made by a newer Clusterdeck.',
  APP_LOCKED: 'Clusterdeck is locked.',
  READ_ONLY: 'Changes are switched off here.',
  ABORTED: 'Cancelled.',
} as const;

export type ErrorCode = keyof typeof ERROR_MESSAGES;

/** What an expected failure carries beside its code; `remedy` says in plain words what to do next. */
export const errorData = z.object({
  remedy: z.string(),
  /** cluster_id of the cluster concerned */
  cluster: z.string().optional(),
  endpoint: z.string().optional(),
  node: z.string().optional(),
  /** dotted path of the input field, as `endpoints.0.host` */
  field: z.string().optional(),
  /** HTTP status and text of the server */
  status: z.number().int().optional(),
  detail: z.string().optional(),
  privilege: z.string().optional(),
  path: z.string().optional(),
  /** SHA-256 fingerprints, `AA:BB:...` */
  pinned: z.string().optional(),
  offered: z.string().optional(),
  /** second factors the server accepts */
  factors: z.array(z.string()).optional(),
  /** a change was sent and its answer lost: it may have been done, so look before repeating it */
  outcome: z.literal('unknown').optional(),
  /** one entry per refused field: field -> sentence */
  fields: z.record(z.string(), z.string()).optional(),
});
export type ErrorData = z.infer<typeof errorData>;

/** What a screen or a record keeps of a failure. */
export const failureView = z.object({
  code: z.enum(Object.keys(ERROR_MESSAGES) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  data: errorData,
});
export type FailureView = z.infer<typeof failureView>;

/** An expected failure inside the core; routers hand it on as a typed error of the contract. */
export class Failure extends Error {
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, data: ErrorData, message: string = ERROR_MESSAGES[code]) {
    super(message);
    this.name = 'Failure';
    this.code = code;
    this.data = data;
  }

  /** The plain, cloneable form. */
  view(): FailureView {
    return { code: this.code, message: this.message, data: this.data };
  }
}

/** Makes a {@link Failure}: `throw fail('NOT_FOUND', { remedy: '...' })`. */
export function fail(code: ErrorCode, data: ErrorData, message?: string): Failure {
  return new Failure(code, data, message);
}
