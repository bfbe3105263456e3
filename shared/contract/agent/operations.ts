import { z } from 'zod';

/** Long work that the agents carry out by themselves, as the API tells of it. Times are unix ms. */
const timeMs = z.number().int().nonnegative();

const stepClass = z.enum(['idempotent', 'pivot', 'irreversible']);
/**
 * `idempotent`: can be undone. `pivot`: from here one goes forward, until a rollback is asked for.
 * `irreversible`: nothing brings back what was before.
 */
export type StepClass = z.infer<typeof stepClass>;

/**
 * `intent`: it was about to act; whether it did is known only by looking. `skipping`: it is undone
 * alone, then it is `skipped` and the others go on without it.
 */
const stepState = z.enum(['pending', 'intent', 'done', 'undoing', 'undone', 'skipping', 'skipped']);

const operationStep = z.object({
  id: z.string(),
  title: z.string(),
  class: stepClass,
  /**
   * what a person may leave out as a whole while one of its steps is stuck, as a node's name; absent
   * where nothing may be left out
   */
  part: z.string().optional(),
  state: stepState,
  /** it was so already and nothing was done */
  found: z.boolean(),
  expected_ms: z.number().nonnegative(),
  deadline_ms: z.number().positive(),
  /** how often it acted */
  attempts: z.number().int().nonnegative(),
  started_at: timeMs.nullable(),
  ended_at: timeMs.nullable(),
  /** what it waits for, in a few words; null where it does not wait */
  waiting_on: z.string().nullable(),
  /** fraction 0..1 of what it has to do; null where that cannot be told */
  progress: z.number().min(0).max(1).nullable(),
  /** why it failed; '' where it did not */
  error: z.string(),
});
export type OperationStep = z.infer<typeof operationStep>;

const operationState = z.enum([
  'running',
  'paused',
  /** a person decides: a step after the pivot could not be finished, or one waited to its deadline */
  'stuck',
  'undoing',
  'done',
  'undone',
]);

/**
 * `retry`: a stuck step is looked at and tried again. `skip`: the part of a stuck step is undone alone
 * and left out. `commit`: ends the time for a rollback.
 */
export const OPERATION_WISHES = [
  'pause',
  'resume',
  'retry',
  'skip',
  'abort',
  'rollback',
  'commit',
] as const;
export const operationWish = z.enum(OPERATION_WISHES);
export type OperationWish = z.infer<typeof operationWish>;

export const agentOperation = z.object({
  id: z.uuid(),
  kind: z.string(),
  /** of the definition it was planned with; another one never goes on with it */
  version: z.number().int().positive(),
  /** as `SLURM controller: a1 to a2` */
  title: z.string(),
  plan_hash: z.string(),
  params: z.record(z.string(), z.json()),
  state: operationState,
  steps: z.array(operationStep),
  /** whether it can only go forward, until a rollback is asked for */
  pivot_passed: z.boolean(),
  /** leadership under which it was last written */
  epoch: z.number().int().nonnegative(),
  /** grows with every write */
  serial: z.number().int().nonnegative(),
  /** name of the node that carries it out */
  coordinator: z.string(),
  /** what steps found out for later ones */
  notes: z.record(z.string(), z.json()),
  /** name of the token or user that approved it */
  created_by: z.string(),
  created_at: timeMs,
  ended_at: timeMs.nullable(),
  /** until when it can be rolled back after its end; null where it cannot, or where it was committed */
  rollback_until: timeMs.nullable(),
  /** why it was undone or is stuck; '' where nothing went wrong */
  reason: z.string(),
});
export type AgentOperation = z.infer<typeof agentOperation>;

/** Whether it has ended, one way or the other. */
export const isOver = ({ state }: Pick<AgentOperation, 'state'>): boolean =>
  state === 'done' || state === 'undone';

/** Something looked at before the plan is carried out. A failed one refuses the start. */
export const planCheck = z.object({
  /** stable word for programs, as `clocks` */
  id: z.string(),
  title: z.string(),
  state: z.enum(['ok', 'warning', 'failed']),
  /** what was found, in a sentence */
  detail: z.string(),
  /** '' where it is ok */
  remedy: z.string(),
  /** name of the node concerned */
  node: z.string().optional(),
});
export type PlanCheck = z.infer<typeof planCheck>;

const planStep = z.object({
  id: z.string(),
  title: z.string(),
  /** what happens in it, in a sentence */
  detail: z.string(),
  class: stepClass,
  /** as the operation's steps have it */
  part: z.string().optional(),
  expected_ms: z.number().nonnegative(),
  deadline_ms: z.number().positive(),
});
export type PlanStep = z.infer<typeof planStep>;

/** A job or pod that an operation may touch. */
const blastItem = z.object({
  id: z.string(),
  name: z.string(),
  user: z.string(),
  /** SLURM's or Kubernetes' own word, as `RUNNING` */
  state: z.string(),
  nodes: z.array(z.string()),
  /** why it is in this list, '' where that goes without saying */
  note: z.string(),
});
export type BlastItem = z.infer<typeof blastItem>;
/** `count` counts all; `items` holds at most 200 of them */
const blastList = z.object({ count: z.number().int().nonnegative(), items: z.array(blastItem) });

/** What an operation would do. It is approved by its hash, which covers the facts it rests on. */
export const operationPlan = z.object({
  /** SHA-256 in hex over kind, version, params and facts */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  kind: z.string(),
  version: z.number().int().positive(),
  title: z.string(),
  params: z.record(z.string(), z.json()),
  /** a word for the way that was chosen, as `A`; '' where there is only one */
  procedure: z.string(),
  /** why this way, in sentences */
  reason: z.string(),
  checks: z.array(planCheck),
  steps: z.array(planStep),
  /** how long submissions are expected to wait; 0 where they do not */
  expected_pause_ms: z.number().nonnegative(),
  expected_ms: z.number().nonnegative(),
  blast: z.object({ goes_on: blastList, waits: blastList, cannot: blastList }),
  /** what nothing brings back, in sentences */
  irreversible: z.array(z.string()),
  /** what must be typed to approve it */
  confirm: z.string(),
  /** how long it can be rolled back after its end; 0: not at all */
  rollback_ms: z.number().nonnegative(),
  made_at: timeMs,
  made_by: z.string(),
});
export type OperationPlan = z.infer<typeof operationPlan>;

/** `POST /api/v1/operations/plan`; changes nothing */
export const planRequest = z.strictObject({
  kind: z.string().regex(/^[a-z][a-z-]{0,31}$/),
  params: z.record(z.string().max(64), z.json()).default({}),
});
export type PlanRequest = z.infer<typeof planRequest>;

/** `POST /api/v1/operations`; a plan whose facts have changed is refused with PLAN_STALE */
export const startRequest = z.strictObject({
  plan_hash: z.string().regex(/^[0-9a-f]{64}$/),
  confirm: z.string().max(200).default(''),
});

/** `POST /api/v1/operations/{id}/{wish}` */
export const wishAnswer = z.object({ ok: z.literal(true), message: z.string() });

export const operationLogLine = z.object({
  at: timeMs,
  /** id of the step; '' for the engine itself */
  step: z.string(),
  /** name of the node it comes from; '' for the coordinator's own words */
  node: z.string(),
  text: z.string(),
});
export type OperationLogLine = z.infer<typeof operationLogLine>;

/** What those feel who submit meanwhile: one harmless submission a moment (`sbatch --test-only`). */
export const operationPulse = z.object({
  /** [unix ms, ms it took or null where it failed], oldest first, at most 240 */
  points: z.array(z.tuple([timeMs, z.number().nonnegative().nullable()])),
  longest_ms: z.number().nonnegative(),
  failed: z.number().int().nonnegative(),
  /** how many jobs of those known at the start are accounted for, and how many there were */
  jobs_found: z.number().int().nonnegative(),
  jobs_known: z.number().int().nonnegative(),
});
export type OperationPulse = z.infer<typeof operationPulse>;

/** `GET /api/v1/operations`: newest first, at most 100 */
export const operationsAnswer = z.object({ operations: z.array(agentOperation) });

/** `GET /api/v1/operations/{id}`; each item of its `/events` (SSE) is one as well, whole */
export const operationAnswer = z.object({
  operation: agentOperation,
  plan: operationPlan,
  /** the last 500 lines, oldest first */
  log: z.array(operationLogLine),
  /** null where nothing is measured */
  pulse: operationPulse.nullable(),
  /** asked for and not yet carried out */
  wish: operationWish.nullable(),
});
export type OperationAnswer = z.infer<typeof operationAnswer>;

/** One node that could take a role, or why not. */
export const candidate = z.object({
  node: z.string(),
  /** whether it has the role now */
  holds: z.boolean(),
  fit: z.boolean(),
  /** in sentences; for a fit one what speaks for it */
  reasons: z.array(z.string()),
});
export type Candidate = z.infer<typeof candidate>;

export const HANDOFF_ROLES = ['slurm-controller', 'k3s-server', 'etcd'] as const;
export const handoffRole = z.enum(HANDOFF_ROLES);
export type HandoffRole = z.infer<typeof handoffRole>;

/** `GET /api/v1/operations/candidates`: for each role that this cluster has, and for leaving */
export const candidatesAnswer = z.object({
  handoff: z.array(z.object({ role: handoffRole, candidates: z.array(candidate) })),
  /** nodes that could leave */
  leave: z.array(candidate),
});
export type CandidatesAnswer = z.infer<typeof candidatesAnswer>;

/** Params of the kinds; nodes by name. */
export const handoffParams = z.strictObject({ role: handoffRole, to: z.string().min(1).max(64) });
export const leaveParams = z.strictObject({
  node: z.string().min(1).max(64),
  /** it comes back: seats and state are kept, and it is made ready again after its start */
  reboot: z.boolean().default(false),
});
