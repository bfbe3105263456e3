import {
  isOver,
  type OperationAnswer,
  type OperationLogLine,
  type OperationStep,
} from '#shared/contract/agent/operations';
import { clockTime, duration, STEP_WORDS } from './words';

/** Whether there is nothing more to follow: it has ended, or a person has to decide. */
export const isAtRest = ({ operation, wish }: OperationAnswer): boolean =>
  isOver(operation) || (operation.state === 'stuck' && wish === null);

/**
 * What is new since the last look, one line each.
 * @param before null: nothing was seen yet
 * @param withLog also what the nodes ran and answered
 */
export function changeLines(
  before: OperationAnswer | null,
  now: OperationAnswer,
  withLog: boolean,
): string[] {
  const { operation } = now;
  const { title, id, coordinator, state, steps } = operation;
  const was = before?.operation;
  const lines: string[] = [];
  if (was === undefined) lines.push(`${title} (operation ${id})`);
  if (coordinator !== '' && coordinator !== was?.coordinator) {
    lines.push(`${was === undefined ? 'Carried out' : 'Now carried out'} by ${coordinator}.`);
  }
  if (now.wish !== null && now.wish !== before?.wish) lines.push(`Asked for: ${now.wish}.`);
  if (state !== was?.state) lines.push(...stateLines(operation));
  if (withLog) lines.push(...newLines(before?.log ?? [], now.log).map(logText));
  steps.forEach((step, at) => {
    lines.push(...stepLines(was?.steps[at], step, `${at + 1}/${steps.length}`));
  });
  return lines;
}

export const logText = ({ at, node, text }: OperationLogLine) =>
  `${clockTime(at)}  ${node === '' ? '' : `${node}: `}${text}`;

function stateLines({ state, reason }: OperationAnswer['operation']): string[] {
  if (state === 'paused') return ['Paused: it goes on when asked to resume.'];
  if (state === 'undoing') return [`What was done is being undone. ${reason}`.trimEnd()];
  // the rest is told by the steps, or at the end
  return [];
}

function stepLines(was: OperationStep | undefined, now: OperationStep, place: string): string[] {
  const { state, title, attempts, error, waiting_on: waitingOn } = now;
  const lines: string[] = [];
  const isAgain = state === 'intent' && attempts > (was?.attempts ?? 0);
  const isNew = isAgain || state !== (was?.state ?? 'pending');
  if (isNew) {
    const at = (state === 'intent' || state === 'undoing' ? now.started_at : now.ended_at) ?? 0;
    const time = at === 0 ? '--:--:--' : clockTime(at);
    lines.push(`${time}  ${place.padStart(5)}  ${title}: ${progressWords(now)}`);
  }
  if (error !== '' && error !== was?.error) lines.push(`                 ${error}`);
  if (waitingOn !== null && waitingOn !== was?.waiting_on) {
    lines.push(`                 waits for: ${waitingOn}`);
  }
  return lines;
}

function progressWords({ state, found, started_at: from, ended_at: to }: OperationStep): string {
  if (state !== 'done') return STEP_WORDS[state];
  if (found) return 'was so already';
  return from === null || to === null ? 'done' : `done in ${duration(to - from)}`;
}

/** The log may have lost its oldest lines meanwhile. */
function newLines(before: readonly OperationLogLine[], now: readonly OperationLogLine[]) {
  const last = before.at(-1);
  if (last === undefined) return now;
  const seen = now.findLastIndex(
    ({ at, node, text }) => at === last.at && node === last.node && text === last.text,
  );
  return now.slice(seen + 1);
}
