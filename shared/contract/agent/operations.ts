import { z } from 'zod';

/** Long work that the agents carry out by themselves, as the API tells of it. Times are unix ms. */
const timeMs = z.number().int().nonnegative();

const stepClass = z.enum(['idempotent', 'pivot', 'irreversible']);
/**
 * `idempotent`: can be undone. `pivot`: from here one goes forward, until a rollback is asked for.
 * `irreversible`: nothing brings back what was before.
 */
export type StepClass = z.infer<typeof stepClass>;

/** `intent`: it was about to act; whether it did is known only by looking. */
const stepState = z.enum(['pending', 'intent', 'done', 'undoing', 'undone']);

const operationStep = z.object({
  id: z.string(),
  title: z.string(),
  class: stepClass,
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
  /** why it failed; '' where it did not */
  error: z.string(),
});
export type OperationStep = z.infer<typeof operationStep>;

const operationState = z.enum([
  'running',
  'paused',
  /** after the pivot a step could not be finished: a person decides */
  'stuck',
  'undoing',
  'done',
  'undone',
]);

const OPERATION_WISHES = ['pause', 'resume', 'retry', 'abort', 'rollback'] as const;
export const operationWish = z.enum(OPERATION_WISHES);
export type OperationWish = z.infer<typeof operationWish>;

export const agentOperation = z.object({
  id: z.uuid(),
  kind: z.string(),
  /** of the definition it was planned with; another one never goes on with it */
  version: z.number().int().positive(),
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
  created_by: z.string(),
  created_at: timeMs,
  ended_at: timeMs.nullable(),
  /** why it was undone or is stuck; '' where nothing went wrong */
  reason: z.string(),
});
export type AgentOperation = z.infer<typeof agentOperation>;

/** Whether it has ended, one way or the other. */
export const isOver = ({ state }: Pick<AgentOperation, 'state'>): boolean =>
  state === 'done' || state === 'undone';
