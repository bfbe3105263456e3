import { type ErrorCode, Failure, fail } from '#shared/contract/errors';
import { lost, noQuorum, refusedInput, storeFull, tooOld } from '../failures';

/** Why a call to one member has no answer, and whether it surely did nothing there. */
export class MemberError extends Error {
  readonly failure: Failure;
  /** surely nothing was done: another member may be asked, also for a change */
  readonly isUndone: boolean;
  /** the cluster itself refused: no other member would answer otherwise */
  readonly isFinal: boolean;

  constructor(failure: Failure, kind: 'undone' | 'unknown' | 'final') {
    super(failure.message);
    this.name = 'MemberError';
    this.failure = failure;
    this.isUndone = kind === 'undone';
    this.isFinal = kind === 'final';
  }
}

const unreachable = (endpoint: string, detail: string) =>
  fail('UNREACHABLE', { remedy: 'Check the network, and that etcd runs there.', endpoint, detail });
const slow = (endpoint: string, detail: string) =>
  fail('TIMEOUT', { remedy: 'Check the load and disks of the nodes.', endpoint, detail });

/**
 * What etcd's own sentences mean; its status codes are too coarse to tell
 * (https://github.com/etcd-io/etcd/blob/v3.4.23/etcdserver/api/v3rpc/rpctypes/error.go).
 */
const SENTENCES: [string, (endpoint: string, text: string) => MemberError][] = [
  ['no leader', (_, text) => new MemberError(noQuorum(text), 'undone')],
  ['not supported for learner', (at, text) => new MemberError(unreachable(at, text), 'undone')],
  ['too many requests', (at, text) => new MemberError(slow(at, text), 'undone')],
  ['request timed out', (_, text) => new MemberError(noQuorum(text), 'unknown')],
  ['leader changed', (_, text) => new MemberError(noQuorum(text), 'unknown')],
  ['requested lease not found', () => new MemberError(lost('The lease is over.'), 'final')],
  ['database space exceeded', (_, text) => new MemberError(storeFull(text), 'final')],
  ['duplicate key', (_, text) => new MemberError(refusedInput(text), 'final')],
  ['request is too large', (_, text) => new MemberError(refusedInput(text), 'final')],
  ['too many operations', (_, text) => new MemberError(refusedInput(text), 'final')],
  ['revision has been compacted', () => new MemberError(tooOld(0), 'final')],
  ['server stopped', (at, text) => new MemberError(unreachable(at, text), 'unknown')],
];

/** @param text etcd's own sentence, as `etcdserver: no leader` */
export function refusalError(endpoint: string, status: number, text: string): MemberError {
  const known = SENTENCES.find(([part]) => text.includes(part));
  if (known !== undefined) return known[1](endpoint, text);
  const code: ErrorCode = status >= 500 ? 'SERVER_ERROR' : 'PARAMETER_REFUSED';
  const remedy = 'Look into the log of etcd on this node.';
  const failure = fail(code, { remedy, endpoint, status, detail: text });
  return new MemberError(failure, status >= 500 ? 'unknown' : 'final');
}

/** An answer that is no answer of etcd. */
export function garbageError(endpoint: string): MemberError {
  const remedy = 'Check what listens there; it should be etcd 3.4 or newer.';
  return new MemberError(fail('BAD_RESPONSE', { remedy, endpoint }), 'unknown');
}

const REFUSED = new Set(['ECONNREFUSED', 'ENOENT']);

/** @param isUndone whether no byte of the request was sent */
export function networkError(endpoint: string, error: unknown, isUndone: boolean): MemberError {
  if (error instanceof MemberError) return error;
  const kind = isUndone ? 'undone' : 'unknown';
  const code = errorCode(error);
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof Failure) return new MemberError(error, kind);
  if (REFUSED.has(code)) {
    const remedy = 'Check that etcd runs there.';
    return new MemberError(fail('CONNECTION_REFUSED', { remedy, endpoint, detail }), kind);
  }
  if (/TIMEOUT|ETIMEDOUT/.test(code) || (error instanceof Error && error.name === 'TimeoutError')) {
    return new MemberError(slow(endpoint, detail), kind);
  }
  if (/CERT|TLS|SSL|SELF_SIGNED|ISSUER|VERIFY/.test(code)) {
    const remedy = 'Check that both nodes were enrolled with the same file, and their clocks.';
    return new MemberError(fail('TLS_FAILED', { remedy, endpoint, detail }), kind);
  }
  return new MemberError(unreachable(endpoint, detail), kind);
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? '' : errorCode(error.cause);
}
