import type { MergeParties } from '#shared/contract/agent/merge';
import type { AgentOperation, OperationStep } from '#shared/contract/agent/operations';
import type { Tone } from '../../ui/tone';

/** Where one node of the losing cluster is on its way. */
export interface Crossing {
  id: string;
  name: string;
  /** which cluster it is in, or `between` the two */
  place: 'losing' | 'between' | 'gaining';
  tone: Tone;
  word: string;
  /** what it waits for or why it failed; '' where there is nothing to say */
  note: string;
  /** it is tried before any other follows, or it goes last and takes the cluster's services along */
  mark: 'canary' | 'anchor' | null;
}

type Running = Pick<AgentOperation, 'state' | 'steps'>;

/** Each node in the order in which they cross. */
export function crossingsOf(
  operation: Running,
  { nodes, anchor }: Pick<MergeParties, 'nodes' | 'anchor'>,
): Crossing[] {
  return nodes.map((node, index) => {
    const own = operation.steps.filter((step) => isOf(step, node));
    const step = (kind: string) => own.find(({ id }) => id.startsWith(`${kind}-`));
    const mark = node.id === anchor ? 'anchor' : index === 0 && nodes.length > 1 ? 'canary' : null;
    const where = standing(operation.state, step('empty'), step('cross'));
    return { id: node.id, name: node.name, mark, ...where };
  });
}

const isOf = ({ id }: OperationStep, { id: node, name }: MergeParties['nodes'][number]): boolean =>
  [`empty-${name}`, `cross-${name}`, `empty-${node}`, `cross-${node}`].includes(id);

type Standing = Pick<Crossing, 'place' | 'tone' | 'word' | 'note'>;

function standing(
  state: AgentOperation['state'],
  empty: OperationStep | undefined,
  cross: OperationStep | undefined,
): Standing {
  const at = (place: Crossing['place'], tone: Tone, word: string, step = cross): Standing => ({
    place,
    tone,
    word,
    note: noteOf(step),
  });
  switch (cross?.state) {
    case 'done':
      return at('gaining', 'ok', 'crossed over');
    case 'intent':
      return state === 'stuck'
        ? at('between', 'bad', 'needs a decision')
        : at('between', 'busy', 'crosses over');
    case 'undoing':
    case 'skipping':
      return state === 'stuck'
        ? at('between', 'bad', 'needs a decision')
        : at('between', 'warning', 'goes back');
    case 'undone':
      return at('losing', 'idle', 'back');
    case 'skipped':
      return at('losing', 'warning', 'left out');
    case 'pending':
    case undefined:
      break;
  }
  switch (empty?.state) {
    case 'intent':
      return state === 'stuck'
        ? at('losing', 'bad', 'does not empty', empty)
        : at('losing', 'busy', 'is being emptied', empty);
    case 'done':
      return at('losing', 'busy', 'is empty', empty);
    case 'skipped':
      return at('losing', 'warning', 'left out', empty);
    default:
      return at('losing', 'idle', 'waits', undefined);
  }
}

function noteOf(step: OperationStep | undefined): string {
  if (step === undefined || step.state === 'done') return '';
  if (step.error !== '') return step.error;
  return step.waiting_on === null || step.waiting_on === '' ? '' : `waits for ${step.waiting_on}`;
}

/** How many have crossed, of how many. */
export const crossedCount = (crossings: readonly Crossing[]): number =>
  crossings.filter(({ place }) => place === 'gaining').length;
