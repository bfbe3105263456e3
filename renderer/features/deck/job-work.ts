import type { ClusterosLive } from '#shared/contract/inventory';
import type { BarPart } from '../../ui/bar-part';
import type { CardWork } from './guest-work';

/** A cluster's jobs as a bar and a sentence; past tense where the data are old. */
export function jobWork(
  { running, waiting, other, total }: ClusterosLive['jobs'],
  stale: boolean,
): CardWork {
  const parts: BarPart[] = [
    { name: 'running', count: running, look: 'running' },
    { name: 'waiting', count: waiting, look: 'waiting' },
    { name: 'ended or stopped', count: other, look: 'stopped' },
  ];
  if (total === 0) return { parts, figure: '', words: stale ? 'had no jobs' : 'no jobs' };
  const runs = stale ? 'ran' : running === 1 ? 'runs' : 'run';
  const waits = stale ? 'waited' : waiting === 1 ? 'waits' : 'wait';
  const tail = waiting === 0 ? '' : `, ${waiting} ${waits}`;
  return {
    parts,
    figure: `${running}`,
    words: ` ${running === 1 ? 'job' : 'jobs'} ${runs}${tail}`,
  };
}
