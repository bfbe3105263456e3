import type {
  AgentOperation,
  HandoffRole,
  OperationPlan,
  OperationStep,
  PlanCheck,
  PlanStep,
  StepClass,
} from '#shared/contract/agent/operations';
import type { Tone } from '../../ui/tone';

interface Words {
  tone: Tone;
  word: string;
}

/** What is handed over, as people say it. */
export const ROLE_WORDS: Record<HandoffRole, { name: string; means: string }> = {
  'slurm-controller': {
    name: 'SLURM controller',
    means: 'The node that takes submissions and starts jobs.',
  },
  'k3s-server': {
    name: 'k3s server',
    means: 'The lead of the Kubernetes control plane. Pods stay where they are.',
  },
  etcd: {
    name: 'Shared state',
    means: 'The lead of etcd, in which the cluster keeps what its nodes agree on.',
  },
};

/** How an operation fares; one that is stuck waits for a person. */
export const OPERATION_STATES: Record<AgentOperation['state'], Words> = {
  running: { tone: 'busy', word: 'running' },
  paused: { tone: 'warning', word: 'paused' },
  stuck: { tone: 'bad', word: 'needs a decision' },
  undoing: { tone: 'warning', word: 'being undone' },
  done: { tone: 'ok', word: 'done' },
  undone: { tone: 'idle', word: 'undone' },
};

export const CHECK_STATES: Record<PlanCheck['state'], Words> = {
  ok: { tone: 'ok', word: 'ok' },
  warning: { tone: 'warning', word: 'warning' },
  failed: { tone: 'bad', word: 'failed' },
};

/** What can be said of a step beforehand; the usual one needs no word. */
export const CLASS_WORDS: Record<StepClass, { word: string; means: string } | null> = {
  idempotent: null,
  pivot: {
    word: 'turning point',
    means: 'Once it is done, the operation goes forward. A rollback can still be asked for.',
  },
  irreversible: {
    word: 'irreversible',
    means: 'Nothing brings back what was before.',
  },
};

interface FateWords {
  /** after a number: `3 go on` */
  brief: string;
  /** below a number on the plan */
  figure: string;
  /** after a number, in a sentence */
  sentence: string;
}
type Fate = keyof OperationPlan['blast'];

const FATES: Record<Fate, FateWords> = {
  goes_on: { brief: 'go on', figure: 'go on running', sentence: 'that run go on running.' },
  waits: { brief: 'wait', figure: 'wait and are kept', sentence: 'that wait keep their place.' },
  cannot: { brief: 'cannot go on', figure: 'cannot go on', sentence: 'cannot go on.' },
};
const MERGE_FATES: Record<Fate, FateWords> = {
  goes_on: FATES.goes_on,
  waits: {
    brief: 'are carried over',
    figure: 'wait and are carried over',
    sentence: 'that wait are carried over.',
  },
  cannot: {
    brief: 'cannot be carried over',
    figure: 'cannot be carried over',
    sentence: 'that wait cannot be carried over.',
  },
};

/** What an operation of a kind means for jobs and pods. */
export const fateWords = ({ kind }: Pick<OperationPlan, 'kind'>, fate: Fate): FateWords =>
  (kind === 'merge' ? MERGE_FATES : FATES)[fate];

/** Index of the step after which one only goes forward; -1 where every step can be undone. */
export const turningPoint = (steps: readonly Pick<PlanStep | OperationStep, 'class'>[]): number =>
  steps.findIndex((step) => step.class !== 'idempotent');

/** How long something is expected to take: `about 2 s`, `at once`. `ms` is a guess. */
export function about(ms: number): string {
  if (ms < 50) return 'at once';
  if (ms < 950) return `about ${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `about ${seconds} s`;
  return `about ${Math.round(seconds / 60)} min`;
}

/** The beginning and the end of a hash, enough to compare by eye. */
export const shortHash = (hash: string): string => `${hash.slice(0, 4)}…${hash.slice(-4)}`;

/** Where a job or pod is found: a job's number, a pod's namespace, for its name stands beside it. */
export const placeWord = ({ id, name }: { id: string; name: string }): string =>
  isPod({ id, name }) ? id.slice(0, -name.length - 1) : id;

/** Whether it is a pod: these are named with their namespace. */
export const isPod = ({ id, name }: { id: string; name: string }): boolean =>
  name !== '' && id.endsWith(`/${name}`);

/** `1 job`, `12 jobs`, `no jobs` */
export const countWords = (count: number, noun: string): string =>
  count === 0 ? `no ${noun}s` : `${count} ${noun}${count === 1 ? '' : 's'}`;
