import { fail } from '#shared/contract/errors';
import type { PlannedStep } from '../../types';
import { hasWorked, turnBack } from './back';
import { slurmLook, slurmReach, slurmStart, slurmTakeover } from './hands';
import { readRecord } from './record';
import { call, isInControl, START_MS, type StepParts, spreadFiles } from './tools';

const TAKEOVER_MS = 120_000;

/** Proves that the old controller, which nobody reaches, does not work on the folder. */
export function goneStep({ move, deps }: StepParts): PlannedStep {
  return {
    id: 'gone',
    title: `Prove that ${move.fromName} does not work`,
    detail: `The folder that both see shows the last sign of the controller on ${move.fromName}; where it moves, nothing is done.`,
    class: 'idempotent',
    expectedMs: 10_000,
    deadlineMs: 120_000,
    probe: async () => 'absent',
    async do(context) {
      // it took over by itself already, and what moves in the folder is its own
      if (await isInControl(deps, context, move)) return;
      const { slurmctldTimeoutMs } = await readRecord(deps.state);
      const look = () => call(deps, context, move.to, slurmLook, {});
      const { controller } = await call(deps, context, move.to, slurmReach, { node: move.from });
      const { heartbeat } = (await look()).folder;
      context.waiting(`the folder to show whether ${move.fromName} works`);
      await deps.clock.sleep(slurmctldTimeoutMs / 2 + 2_000, context.signal);
      const isSame = (await look()).folder.heartbeat === heartbeat;
      if (isSame && !controller) return;
      throw fail(
        'CHECKS_FAILED',
        { remedy: `Cut the power of ${move.fromName}, then try again.`, node: move.fromName },
        `The controller on ${move.fromName} still works: two at once would run jobs twice.`,
      );
    },
    verify: async () => null,
    async undo(context) {
      if (!(await hasWorked(deps, move))) return;
      const config = await readRecord(deps.state);
      await call(deps, context, move.from, slurmStart, { config, as: 'primary' }, START_MS);
      await spreadFiles(deps, context, config, move.from);
    },
  };
}

/** The standby takes over by SLURM's own way. */
export function takeoverStep({ move, deps }: StepParts): PlannedStep {
  return {
    id: 'takeover',
    title: `Let ${move.toName} take over`,
    detail: `scontrol takeover makes the standby on ${move.toName} the controller. From here on one goes forward.`,
    class: 'pivot',
    expectedMs: 5_000,
    deadlineMs: 150_000,
    async probe(context) {
      const { daemon } = await call(deps, context, move.to, slurmLook, {});
      if (daemon !== 'running') return 'unknown';
      return (await isInControl(deps, context, move)) ? 'done' : 'absent';
    },
    async do(context) {
      await call(deps, context, move.to, slurmTakeover, {}, TAKEOVER_MS);
    },
    async verify(context) {
      return (await isInControl(deps, context, move)) ? null : `${move.toName} to be in control`;
    },
    undo: (context) => turnBack(deps, context, move),
  };
}
