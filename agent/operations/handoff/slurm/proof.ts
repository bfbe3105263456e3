import { fail } from '#shared/contract/errors';
import type { PlannedStep } from '../../types';
import { slurmAsk, slurmEnded, slurmLook, slurmMunge, slurmStart } from './hands';
import { jobBase, jobsBefore, keepJobs, lastSeenJobs } from './jobs';
import { readRecord } from './record';
import { call, START_MS, type StepParts, slurmNodes } from './tools';

const SHOWN = 5;

/** Writes down which jobs there are, to find each of them again. */
export function jobsStep({ move, deps }: StepParts): PlannedStep {
  return {
    id: 'jobs',
    title: 'Write the jobs down',
    detail: 'Every job that runs or waits now is looked for again when the other controller works.',
    class: 'idempotent',
    expectedMs: 100,
    deadlineMs: 30_000,
    async probe({ operation }) {
      return (await jobsBefore(deps.state, operation)) === null ? 'absent' : 'done';
    },
    async do(context) {
      if (move.procedure === 'takeover') {
        // nobody can be asked; what the agents saw last is what there is
        await keepJobs(deps.state, context.operation, await lastSeenJobs(deps.state));
        return;
      }
      const { jobs } = await call(deps, context, move.from, slurmAsk, {});
      if (jobs === null) {
        const remedy = 'Look at the controller: scontrol ping.';
        throw fail(
          'SERVER_ERROR',
          { remedy, node: move.fromName },
          'SLURM does not list its jobs.',
        );
      }
      await keepJobs(deps.state, context.operation, jobs);
    },
    async verify(context) {
      const known = await jobsBefore(deps.state, context.operation);
      if (known === null) return 'the list to be written';
      context.keep('jobsKnown', known.length);
      return null;
    },
  };
}

/** Success is what is seen, from several sides. */
export function proveStep({ move, deps }: StepParts): PlannedStep {
  return {
    id: 'prove',
    title: 'Prove it',
    detail: `${move.toName} answers as the controller, ${move.fromName} does not run one, munge works across, and each job from before is there or has ended in the accounting.`,
    class: 'idempotent',
    expectedMs: 500,
    deadlineMs: 60_000,
    probe: async () => 'absent',
    async do(context) {
      const { daemon } = await call(deps, context, move.to, slurmLook, {});
      if (daemon === 'running') return;
      // its machine was away meanwhile, and as long as it is held nobody else starts it
      const config = await readRecord(deps.state);
      await call(deps, context, move.to, slurmStart, { config, as: 'primary' }, START_MS);
    },
    async verify(context) {
      const { controllers, jobs } = await call(deps, context, move.to, slurmAsk, {});
      if (controllers.find(({ up }) => up)?.name !== move.toName || jobs === null) {
        return `${move.toName} to be in control`;
      }
      if (move.procedure !== 'takeover') {
        const old = await call(deps, context, move.from, slurmLook, {});
        if (old.daemon !== 'stopped') return `slurmctld on ${move.fromName} to be stopped`;
      }
      const other = slurmNodes(deps).find(({ id }) => id !== move.to);
      if (other !== undefined) {
        const { ok, why } = await call(deps, context, move.to, slurmMunge, { at: other.id });
        if (!ok) return `${other.name} to accept munge of ${move.toName}: ${why}`;
      }
      const known = (await jobsBefore(deps.state, context.operation)) ?? [];
      const present = new Set(jobs.map(({ id }) => jobBase(id)));
      const absent = known.filter((id) => !present.has(id));
      const { ended } =
        absent.length === 0
          ? { ended: [] }
          : await call(deps, context, move.to, slurmEnded, { ids: absent });
      const lost = absent.filter((id) => !ended.includes(id));
      context.keep('jobsKnown', known.length);
      context.keep('jobsFound', known.length - lost.length);
      if (lost.length === 0) return null;
      return `${lost.length} of ${known.length} jobs: ${lost.slice(0, SHOWN).join(', ')}`;
    },
  };
}
