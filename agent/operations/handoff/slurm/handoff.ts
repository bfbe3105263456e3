import type { BlastItem, Candidate } from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import type { Member } from '../../../membership/types';
import type { SlurmConfig } from '../../../roles/slurm/config';
import type { Json } from '../../engine/types';
import type { HandContext } from '../../hands/types';
import type { Draft, PlannedStep, RoleHandoff } from '../../types';
import { checksOf } from './checks';
import { type HandoffJob, slurmPulse } from './hands';
import { type Procedure, type SlurmMove, slurmMove } from './move';
import { readRecord } from './record';
import { SLURM_STEPS_VERSION, slurmHandoffSteps } from './steps';
import { type Asked, look, type Survey, survey } from './survey';
import { type SlurmStepDeps, slurmNodes } from './tools';

export interface SlurmHandoffDeps extends SlurmStepDeps {
  /** as this node last knew it; null: SLURM is not set up */
  config(): SlurmConfig | null;
}

const ROLLBACK_MS = 24 * 3_600_000;
const MAX_ITEMS = 200;
/** what a disk and a network of a lab carry in a second, at least */
const COPY_BYTES_PER_S = 40 * 1024 * 1024;
const PULSE_MS = 25_000;

/** SLURM's controller as a role that changes hands. */
export function slurmHandoff(deps: SlurmHandoffDeps): RoleHandoff {
  return new SlurmHandoff(deps);
}

class SlurmHandoff implements RoleHandoff {
  readonly role = 'slurm-controller';
  readonly version = SLURM_STEPS_VERSION;
  readonly #deps: SlurmHandoffDeps;

  constructor(deps: SlurmHandoffDeps) {
    this.#deps = deps;
  }

  isThere(): boolean {
    return this.#deps.config() !== null;
  }

  draft(to: string, context: HandContext): Promise<Draft> {
    return draftOf(this.#deps, to, context);
  }

  steps(params: Readonly<Record<string, Json>>): PlannedStep[] {
    return slurmHandoffSteps(slurmMove.parse(params), this.#deps);
  }

  async pulse(signal: AbortSignal): Promise<number | null> {
    const { hands, membership } = this.#deps;
    const able = slurmNodes(this.#deps);
    // a node without SLURM's commands can measure nothing
    const here = able.find(({ id }) => id === membership.self.id) ?? able[0] ?? membership.self;
    const options = { deadlineMs: PULSE_MS };
    return (await hands.call(here.id, slurmPulse, {}, looking(signal), options)).ms;
  }

  async candidates(): Promise<Candidate[]> {
    const config = await readRecord(this.#deps.state);
    const able = everybody(this.#deps).filter(({ roles }) => roles.includes('slurm-controller'));
    const context = looking(AbortSignal.timeout(PULSE_MS));
    const asked = await Promise.all(able.map((one) => look(this.#deps, context, one, true)));
    const first = asked.find(({ member }) => member.id === config.controllers[0]);
    const isLost = first === undefined || first.look === null;
    return asked.map((one) => candidateOf(one, config, isLost));
  }
}

/**
 * Plans the move to a node by name; `leave` plans with it as well.
 * @throws Failure NOT_FOUND | INVALID_INPUT
 */
export async function draftOf(
  deps: SlurmStepDeps,
  to: string,
  context: HandContext,
): Promise<Draft & { params: SlurmMove }> {
  const config = await readRecord(deps.state);
  const target = everybody(deps).find(({ name }) => name === to);
  if (target === undefined) {
    const remedy = 'Choose one of the nodes of this cluster.';
    throw fail('NOT_FOUND', { remedy, node: to }, `This cluster has no node ${to}.`);
  }
  const old = everybody(deps).find(({ id }) => id === config.controllers[0]);
  if (old === undefined) {
    const remedy = 'Wait until this node has heard of all members.';
    throw fail('NOT_FOUND', { remedy }, 'The node with the controller is no member.');
  }
  if (old.id === target.id) {
    const remedy = 'Choose another node.';
    throw fail('INVALID_INPUT', { remedy, node: to }, `${to} has the controller already.`);
  }
  const seen = await survey(deps, context, { from: old, to: target });
  const { procedure, reason } = procedureOf(seen);
  const bytes = seen.from.look?.depth?.bytes ?? 0;
  return {
    title: `SLURM controller: ${old.name} to ${target.name}`,
    params: { procedure, from: old.id, fromName: old.name, to: target.id, toName: target.name },
    facts: factsOf(seen, procedure),
    procedure,
    reason,
    checks: checksOf(seen, procedure),
    expectedPauseMs: pauseMs(procedure, bytes, config.slurmctldTimeoutMs),
    blast: blastOf(seen.jobs),
    irreversible: [],
    confirm: target.name,
    rollbackMs: ROLLBACK_MS,
  };
}

/** What the plan rests on: what changes by itself, as jobs and free space, is not part of it. */
function factsOf({ config, from, to }: Survey, procedure: Procedure): Json {
  return {
    procedure,
    controllers: config.controllers,
    stateId: config.stateId,
    stateSaveLocation: config.stateSaveLocation,
    shared: config.shared,
    extra: config.extra,
    versions: [from, to].map(({ look: one }) => one?.depth?.version ?? ''),
    next: to.look?.depth?.extra ?? [],
  };
}

function procedureOf({ config, from, to }: Survey): { procedure: Procedure; reason: string } {
  const [old, next] = [from.member.name, to.member.name];
  if (config.shared && from.look === null) {
    const reason = `${old} does not answer, and ${next} sees its jobs: the standby there takes over. Whoever submits meanwhile waits for SLURM's own time-outs.`;
    return { procedure: 'takeover', reason };
  }
  if (config.shared) {
    const reason = `Both see the jobs in one folder, so that only the order of the controllers changes. Submissions wait a moment and none fails.`;
    return { procedure: 'A', reason };
  }
  const reason = `The jobs lie on ${old} alone, so that they are copied to ${next}: ahead while ${old} works, and what changed since once it is stopped. Submissions wait for that and none fails.`;
  return { procedure: 'B', reason };
}

function pauseMs(procedure: Procedure, bytes: number, timeoutMs: number): number {
  if (procedure === 'A') return 600;
  if (procedure === 'takeover') return timeoutMs / 2 + 3_000;
  // most of it was copied ahead
  return 900 + (bytes / 4 / COPY_BYTES_PER_S) * 1000;
}

/** Nothing is touched that runs; what waits begins a moment later. */
export function blastOf(jobs: readonly HandoffJob[]): Draft['blast'] {
  const item = (job: HandoffJob, note: string): BlastItem => ({ ...job, note });
  const list = (some: readonly HandoffJob[], note: string) => ({
    count: some.length,
    items: some.slice(0, MAX_ITEMS).map((job) => item(job, note)),
  });
  return {
    goesOn: list(
      jobs.filter(({ state }) => state !== 'PENDING'),
      '',
    ),
    waits: list(
      jobs.filter(({ state }) => state === 'PENDING'),
      'It begins when the other controller works.',
    ),
    cannot: { count: 0, items: [] },
  };
}

/** @param isLost whether the node with the controller does not answer */
function candidateOf(
  { member, look: seen }: Asked,
  config: SlurmConfig,
  isLost: boolean,
): Candidate {
  const { name: node, id } = member;
  const holds = config.controllers[0] === id;
  const no = (...reasons: string[]): Candidate => ({ node, holds, fit: false, reasons });
  if (holds) return no('It has the controller now.');
  if (seen === null) return no('Its agent does not answer.');
  if (seen.depth?.version === '') return no('slurmctld is not installed there.');
  const isSame = seen.depth?.shared === true && seen.folder.stateId === config.stateId;
  const yes = (reason: string): Candidate => ({ node, holds, fit: true, reasons: [reason] });
  if (config.shared && !isSame) {
    return no(`It does not see the jobs at ${config.stateSaveLocation}.`);
  }
  if (isLost && !config.shared) return no('The jobs lie on a node that does not answer.');
  if (!config.shared) return yes('The jobs are copied to it.');
  if (seen.daemon === 'running') return yes('It sees the same jobs, and its standby runs.');
  if (isLost) return no('Its standby does not run, so that it cannot take over.');
  return yes('It sees the same jobs.');
}

function everybody({ membership }: Pick<SlurmStepDeps, 'membership'>): Member[] {
  const all = new Map(membership.members().map((one) => [one.id, one]));
  return [...all.set(membership.self.id, membership.self).values()];
}

/** For looks outside of any operation. */
const looking = (signal: AbortSignal): HandContext => ({
  operation: '',
  epoch: 0,
  signal,
  log: () => undefined,
});
