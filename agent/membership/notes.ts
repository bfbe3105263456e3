import type { AgentProblem } from '#shared/contract/agent/dashboard';
import { Failure, fail } from '#shared/contract/errors';
import type { Admission } from './doorkeeper';
import type { ClusterRecord } from './records';
import type { ClusterIdentity } from './types';

/** The sentences of membership that are shown as problems, or end a start. */
export const waitingNote = (message: { title: string; remedy: string }): AgentProblem => ({
  severity: 'warning',
  code: 'waiting-for-cluster',
  title: message.title,
  detail: 'This node does not belong to the cluster yet. It goes on trying.',
  remedy: message.remedy,
});

export function admissionNote(admission: Admission & { ok: false }, name: string): AgentProblem {
  if (admission.why === 'held') return heldNote(admission.by, name);
  const isName = admission.why === 'name-used';
  return {
    severity: 'bad',
    code: admission.why,
    title: isName
      ? `Another node of this cluster has the name ${name}`
      : `This node has the identity of ${admission.by}`,
    detail: 'The cluster does not take this node up as long as that is so.',
    remedy: isName
      ? `Give this node another name in identity.name; or, if the other one is gone for good, run on any node: node-agent forget ${name}`
      : 'Do not copy the state folder of one node to another; empty it on this one.',
    node: name,
  };
}

const heldNote = (by: string, name: string): AgentProblem => ({
  severity: 'warning',
  code: 'held-for-merge',
  title: `The cluster takes ${name} up after its merge`,
  detail: `It is held for a merge that ${by} carries out.`,
  remedy: 'Nothing to do: it is tried again by itself.',
  node: name,
});

export const foundingNote = (standing: ClusterRecord): AgentProblem => ({
  severity: 'bad',
  code: 'two-foundings',
  title: `The cluster ${standing.name} was founded twice`,
  detail: 'The shared state that this node reaches belongs to another founding than its own.',
  remedy: 'Empty the state folder on the nodes of the smaller one, so that they join the other.',
});

export const fileNote = (path: string, error: unknown): AgentProblem => ({
  severity: 'warning',
  code: 'membership-not-saved',
  title: 'What this node knows of its cluster cannot be saved',
  detail: error instanceof Error ? error.message : path,
  remedy: error instanceof Failure ? error.data.remedy : `Look why ${path} cannot be written.`,
});

export const foreignState = (own: ClusterIdentity, wanted: ClusterIdentity, folder: string) =>
  fail(
    'INVALID_INPUT',
    {
      field: 'cluster.uuid',
      remedy: `Install the enrolment file of ${own.name}; or, to give this node to ${wanted.name}, stop the agent and move ${folder} away.`,
    },
    `This node belongs to the cluster ${own.name} (${own.uuid}), and the enrolment file is of ${wanted.name} (${wanted.uuid}).`,
  );
