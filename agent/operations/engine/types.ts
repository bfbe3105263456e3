import type { AgentOperation, StepClass } from '#shared/contract/agent/operations';
import { Failure } from '#shared/contract/errors';
import type { Condition } from '../../state/types';

export type Json = AgentOperation['params'][string];

/** What a step sees while it looks, acts or undoes. */
export interface StepContext {
  readonly operation: string;
  /** goes with every request, also with looks: whoever has seen a higher one refuses */
  readonly epoch: number;
  /** holds as long as this coordinator leads; it belongs to every write to the shared state */
  readonly leads: Condition;
  readonly params: Readonly<Record<string, Json>>;
  /** ids of steps that a person had left out */
  readonly skipped: readonly string[];
  /** what earlier steps kept */
  readonly notes: Readonly<Record<string, Json>>;
  /** Kept with the step's end, for later steps. */
  keep(name: string, value: Json): void;
  /** @param node name of the node the line comes from; left out for the coordinator's own words */
  log(line: string, node?: string): void;
  /**
   * Tells what is waited for, as often as it changes.
   * @param progress fraction 0..1 of what there is to do, where that can be told
   */
  waiting(on: string | null, progress?: number): void;
  /** aborted by the step's deadline, by a person who aborts it, and when the lead is lost */
  readonly signal: AbortSignal;
}

/** What a look tells: it was done, it was not, or nobody can say now. */
export type Seen = 'done' | 'absent' | 'unknown';

/**
 * One step of an operation. `probe` looks and changes nothing; `do` acts, and may be cut off at any
 * moment; `verify` says what is still waited for, or null when the effect is proved.
 */
export interface StepDefinition {
  readonly id: string;
  readonly title: string;
  readonly class: StepClass;
  readonly expectedMs: number;
  readonly deadlineMs: number;
  /** at its deadline a person is asked: nothing is undone or forced */
  readonly asks?: boolean;
  /** whatever goes wrong in it, a person decides: what came before it is never undone by itself */
  readonly halts?: boolean;
  /** made of several effects: where it is not done, a part of it may have happened all the same */
  readonly gradual?: boolean;
  /** what a person may leave out with all steps of the same part, as a node's name */
  readonly part?: string;
  /** left out by itself where another part was */
  readonly wholeOnly?: boolean;
  /** of the way back, where that waits for more than the way there */
  readonly undoDeadlineMs?: number;
  /** users wait since the step before it, so that no pause comes before its end */
  readonly urgent?: boolean;
  probe(context: StepContext): Promise<Seen>;
  do(context: StepContext): Promise<void>;
  verify(context: StepContext): Promise<string | null>;
  /** brings back what was before; absent where nothing needs it or nothing can */
  undo?(context: StepContext): Promise<void>;
}

export interface OperationDefinition {
  readonly kind: string;
  /** grows when the steps change */
  readonly version: number | ((params: Readonly<Record<string, Json>>) => number);
  steps(params: Readonly<Record<string, Json>>): readonly StepDefinition[];
  /**
   * What is left to be done once an operation can be neither carried on nor rolled back, as deleting
   * what was kept for that. It may be called again, also after it was done.
   * @throws whatever keeps it from being whole: it is tried again later
   */
  tidy?(operation: AgentOperation, context: TidyContext): Promise<void>;
}

/** For the calls of tidying up: they come under the coordinator's epoch, as those of steps. */
export type TidyContext = Pick<StepContext, 'operation' | 'epoch' | 'leads' | 'log' | 'signal'>;

/** The version of its steps that an operation with these params has. */
export const versionOf = (
  { version }: Pick<OperationDefinition, 'version'>,
  params: Readonly<Record<string, Json>>,
): number => (typeof version === 'number' ? version : version(params));

/** Whether these steps are those that it was planned with: others mean something else. */
export function fits(
  definition: Pick<OperationDefinition, 'version'> | undefined,
  { params, version }: Pick<AgentOperation, 'params' | 'version'>,
): boolean {
  if (definition === undefined) return false;
  try {
    return versionOf(definition, params) === version;
  } catch (error) {
    // as of a role that this version of the agent does not know
    if (error instanceof Failure) return false;
    throw error;
  }
}
