import type { OperationAnswer } from '#shared/contract/agent/operations';
import { elapsed } from '../../ui/elapsed';

/** What users felt of an operation, in a sentence; '' where nothing was measured. */
export function resultSentence({ pulse }: Pick<OperationAnswer, 'pulse'>): string {
  if (pulse === null) return '';
  const wait =
    pulse.points.length === 0
      ? ''
      : `The longest wait of a submission was ${elapsed(pulse.longest_ms)}. `;
  const failed =
    pulse.failed === 0
      ? 'No submission failed'
      : `${pulse.failed} submission${pulse.failed === 1 ? '' : 's'} failed`;
  const missing = pulse.jobs_known - pulse.jobs_found;
  const jobs =
    pulse.jobs_known === 0
      ? 'no job was there.'
      : missing > 0
        ? `${missing} of ${pulse.jobs_known} jobs are not accounted for.`
        : pulse.jobs_known === 1
          ? 'the one job is accounted for.'
          : `all ${pulse.jobs_known} jobs are accounted for.`;
  return `${wait}${failed}, ${jobs}`;
}
