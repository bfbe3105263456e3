import {
  actionAnswer,
  drainRequest,
  emptyRequest,
  JOB_ACTIONS,
  type JobAction,
} from '#shared/contract/agent/actions';
import { fail } from '#shared/contract/errors';
import type { Slurm } from '../roles/slurm/types';
import { type Answer, json } from './answer';
import type { Audit } from './audit';
import { parseRequest } from './read-body';
import type { Call, Route } from './routes';

interface Deps {
  slurm: Pick<Slurm, 'actOnNode' | 'actOnJob'> | null;
  audit: Audit;
}

const NODE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** also of an array or of a heterogeneous job, as `12_3`, `12_[4-9]` and `12+1` */
const JOB = /^\d{1,10}([_+](\d{1,10}|\[[\d,%-]{1,200}\]))?$/;

/** What operators may do to SLURM. */
export function slurmRoutes({ slurm, audit }: Deps): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/slurm/nodes/{name}/drain',
      role: 'operator',
      summary: 'Gives the node no new jobs; running ones go on',
      request: drainRequest,
      answer: actionAnswer,
      async handle(call) {
        const name = nodeOf(call);
        const { reason } = parseRequest(drainRequest, call);
        return act(audit, call, { action: 'slurm.drain', subject: name, detail: reason }, () =>
          reached(slurm).actOnNode(name, 'drain', reason),
        );
      },
    },
    {
      method: 'POST',
      path: '/api/v1/slurm/nodes/{name}/resume',
      role: 'operator',
      summary: 'Gives the node jobs again',
      request: emptyRequest,
      answer: actionAnswer,
      async handle(call) {
        const name = nodeOf(call);
        parseRequest(emptyRequest, call);
        return act(audit, call, { action: 'slurm.resume', subject: name, detail: '' }, () =>
          reached(slurm).actOnNode(name, 'resume', ''),
        );
      },
    },
    ...JOB_ACTIONS.map(
      (action): Route => ({
        method: 'POST',
        path: `/api/v1/slurm/jobs/{id}/${action}`,
        role: 'operator',
        summary: JOB_SUMMARY[action],
        request: emptyRequest,
        answer: actionAnswer,
        async handle(call) {
          const id = call.params['id'] ?? '';
          if (!JOB.test(id)) {
            const remedy = 'Give its number as squeue shows it, as 123 or 123_4.';
            throw fail('INVALID_INPUT', { remedy, field: 'id' }, 'This is no job id.');
          }
          parseRequest(emptyRequest, call);
          return act(audit, call, { action: `slurm.${action}`, subject: id, detail: '' }, () =>
            reached(slurm).actOnJob(id, action),
          );
        },
      }),
    ),
  ];
}

const JOB_SUMMARY: Record<JobAction, string> = {
  hold: 'Keeps a waiting job from starting',
  release: 'Lets a held job start',
  cancel: 'Ends the job',
};

/** @throws Failure INVALID_INPUT */
function nodeOf({ params }: Call): string {
  const name = params['name'] ?? '';
  if (NODE.test(name)) return name;
  const remedy = 'Give the name as `sinfo -N` shows it.';
  throw fail('INVALID_INPUT', { remedy, field: 'name' }, 'This is no name of a node.');
}

function reached(slurm: Deps['slurm']): NonNullable<Deps['slurm']> {
  if (slurm !== null) return slurm;
  const remedy = 'Ask a node which has a SLURM role.';
  throw fail('UNSUPPORTED', { remedy }, 'This node cannot reach SLURM.');
}

function act(
  audit: Audit,
  call: Call,
  what: { action: string; subject: string; detail: string },
  work: () => Promise<string>,
): Promise<Answer> {
  return audit.during(call, what, async () => {
    const state = await work();
    const message = `${what.subject} is ${state}.`;
    return { message, answer: json(200, { ok: true, state, message }) };
  });
}
