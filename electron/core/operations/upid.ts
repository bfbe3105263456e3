import type { TaskRow } from '#shared/contract/tasks';

/** The node a task runs on, the second part of `UPID:node:pid:pstart:start:type:id:user:`. */
export function nodeOf(upid: string): string {
  return upid.split(':')[1] ?? '';
}

/** Path of a task below /api2/json. */
export function taskPath(upid: string): string {
  return `/nodes/${nodeOf(upid)}/tasks/${upid}`;
}

/** A task that ended with warnings did what it should. */
export function endState(exitStatus: string | null): Exclude<TaskRow['state'], 'running'> {
  if (exitStatus === null || exitStatus === '') return 'unknown';
  if (exitStatus === 'OK') return 'ok';
  return exitStatus.startsWith('WARNINGS') ? 'warnings' : 'failed';
}
