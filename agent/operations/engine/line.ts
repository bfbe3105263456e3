import { type ErrorCode, Failure } from '#shared/contract/errors';

const SILENT: readonly ErrorCode[] = ['NODE_UNREACHABLE', 'TIMEOUT'];

/** Whether it says nothing of what was asked for. */
export const isOfTheLine = (cause: unknown): cause is Failure =>
  cause instanceof Failure && SILENT.includes(cause.code);

/** Whether the agent itself was not there, or ended just then; a hand may tell of a time-out too. */
export const isSilent = (cause: unknown): cause is Failure =>
  cause instanceof Failure &&
  (['NODE_UNREACHABLE', 'ABORTED'].includes(cause.code) ||
    (cause.code === 'TIMEOUT' && cause.data.endpoint !== undefined));

/** What is waited for after a failure, as `b2 to answer`. */
export function awaited(cause: unknown): string {
  const node = isSilent(cause) ? (cause.data.node ?? '') : '';
  return node === '' ? sentenceOf(cause) : `${node} to answer`;
}

export function sentenceOf(cause: unknown): string {
  if (cause instanceof Failure) return `${cause.message} ${cause.data.remedy}`.trim();
  return cause instanceof Error ? cause.message : 'It failed.';
}
