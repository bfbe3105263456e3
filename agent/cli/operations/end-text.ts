import type { OperationAnswer, OperationPulse } from '#shared/contract/agent/operations';
import { partOf } from '../../operations/engine/wishes';
import { dayTime, duration } from './words';

/** How it stands at its end, and what can be done now. */
export function endText({ operation, pulse }: OperationAnswer): string {
  const { id, state, reason, created_at: from, ended_at: to, rollback_until: until } = operation;
  const because = reason === '' ? '' : ` ${reason}`;
  switch (state) {
    case 'done':
      return [
        `Done${to === null ? '' : ` in ${duration(to - from)}`}: ${operation.title}.${because}`,
        ...(pulse === null ? [] : [pulseText(pulse)]),
        ...(until === null
          ? []
          : [
              `It can be rolled back until ${dayTime(until)}: node-agent operation rollback ${id}`,
              `To keep it for good: node-agent operation commit ${id}`,
            ]),
      ].join('\n');
    case 'undone':
      return `Undone: what was before is there again.${because}`;
    case 'stuck':
      return [`Stuck.${because}`, ...waiting(operation), ...remedies(operation)].join('\n');
    case 'paused':
      return `Paused. To go on: node-agent operation resume ${id}`;
    case 'running':
    case 'undoing':
      return `Under way. To follow it: node-agent operation follow ${id}`;
  }
}

/** What those felt who submitted meanwhile. */
export function pulseText(pulse: OperationPulse): string {
  const jobs =
    pulse.jobs_known === 0
      ? ''
      : ` ${pulse.jobs_found} of ${pulse.jobs_known} jobs are accounted for.`;
  const longest = `The longest submission took ${duration(pulse.longest_ms)}`;
  return `${longest}, ${pulse.failed} failed.${jobs}`;
}

const waiting = ({ steps }: OperationAnswer['operation']) =>
  steps.flatMap(({ title, state, waiting_on: on }) =>
    on !== null && state !== 'done' ? [`${title} waits for: ${on}`] : [],
  );

function remedies(operation: OperationAnswer['operation']): string[] {
  const { id, pivot_passed: isPast } = operation;
  const part = partOf(operation);
  return [
    `When it is mended: node-agent operation retry ${id}`,
    ...(part === null ? [] : [`To go on without ${part}: node-agent operation skip ${id}`]),
    isPast
      ? `To go back to what was before: node-agent operation rollback ${id}`
      : `To undo what was done so far: node-agent operation abort ${id}`,
  ];
}
