import type { AgentProblem } from '#shared/contract/agent/dashboard';
import type { Failure } from '#shared/contract/errors';

/** What of SLURM on this node can be in trouble by itself. */
export type Part = 'setup' | 'controller' | 'worker' | 'munge' | 'files' | 'relay';

const TITLES: Record<Part, string> = {
  setup: 'SLURM could not be set up',
  controller: 'The SLURM controller is not as it should be',
  worker: 'The SLURM worker is not as it should be',
  munge: 'munge does not work as it should',
  files: "SLURM's configuration could not be written",
  relay: 'Jobs from before the move of the SLURM controller cannot be led to it',
};

const CODES: Record<Exclude<Part, 'munge'>, string> = {
  setup: 'slurm-setup',
  controller: 'slurm-controller',
  worker: 'slurm-worker',
  files: 'slurm-conf',
  relay: 'slurm-relay',
};

/** @param node name of the node that has it */
export function slurmProblem(
  part: Exclude<Part, 'munge'>,
  failure: Failure,
  node: string,
): AgentProblem {
  const isStateGone = part !== 'files' && failure.code === 'NOT_FOUND' && failure.data.path;
  return {
    severity: 'bad',
    code: isStateGone ? 'slurm-state-missing' : CODES[part],
    title: TITLES[part],
    detail: failure.message,
    remedy: failure.data.remedy,
    node,
  };
}

export function mungeProblem(failure: Failure, node: string): AgentProblem {
  const codes: Partial<Record<Failure['code'], string>> = {
    AUTH_FAILED: 'munge-mismatch',
    PARAMETER_REFUSED: 'munge-clock',
    NOT_FOUND: 'munge-key-missing',
    UNREACHABLE: 'munge-key-missing',
  };
  return {
    severity: 'bad',
    code: codes[failure.code] ?? 'munge-failed',
    title: TITLES.munge,
    detail: failure.message,
    remedy: failure.data.remedy,
    node,
  };
}

export const refusedLine = (line: string, node: string): AgentProblem => ({
  severity: 'warning',
  code: 'slurm-line-refused',
  title: 'A line for slurm.conf was left out',
  detail: `"${line}" is for the cluster to decide.`,
  remedy: 'Remove it from roles.slurm-controller.extra.',
  node,
});

/** The cluster works without it, as after its node came from another one. */
export const noStandby = (folder: string, node: string): AgentProblem => ({
  severity: 'warning',
  code: 'slurm-no-standby',
  title: `${node} does not stand by for the SLURM controller`,
  detail: `${folder} on ${node} is not the folder with the jobs of this cluster.`,
  remedy: `Mount there what the controller has at ${folder}. If ${node} is not to stand by, disable roles.slurm-controller there.`,
  node,
});

export const primaryLost = (primary: string, folder: string, node: string): AgentProblem => ({
  severity: 'bad',
  code: 'slurm-primary-lost',
  title: `The SLURM controller ${primary} is gone`,
  detail: `The jobs lie on ${primary} in ${folder}, and a controller without them would forget all. Running jobs go on.`,
  remedy: `Bring ${primary} back. For a takeover without it, keep ${folder} on storage that all controllers share.`,
  node,
});
