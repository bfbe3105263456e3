import { fail } from '#shared/contract/errors';
import type { StepContext } from '../../engine/types';
import type { PlannedStep } from '../../types';
import {
  bringStateBack,
  fetchState,
  hasWorked,
  isProvedLost,
  knownBefore,
  STOP_MS,
  turnBack,
} from './back';
import { slurmDropCopy, slurmFiles, slurmLook, slurmNotice, slurmStart, slurmStop } from './hands';
import { forgetJobs } from './jobs';
import {
  held,
  isHeldBy,
  ordered,
  orderedBack,
  released,
  releasedBack,
  type SlurmMove,
} from './move';
import { jobsStep, proveStep } from './proof';
import { changeRecord, readRecord } from './record';
import { goneStep, takeoverStep } from './takeover';
import {
  call,
  copyId,
  isInControl,
  isUnreached,
  type SlurmStepDeps,
  START_MS,
  type StepParts,
  slurmNodes,
  spreadFiles,
} from './tools';

/** grows when what the steps do changes */
export const SLURM_STEPS_VERSION = 1;

const NOTICE_MS = 20_000;
/** An agent that is there answers at once. */
const THERE_MS = 3_000;

/**
 * Moves SLURM's controller from one node to another. Before the pivot each step can be undone; what
 * undoes them works hours later too, and looks first.
 */
export function slurmHandoffSteps(move: SlurmMove, deps: SlurmStepDeps): PlannedStep[] {
  const parts = { move, deps };
  const end = [spreadStep(parts), proveStep(parts), releaseStep(parts)];
  switch (move.procedure) {
    case 'A':
      return [
        holdStep(parts),
        jobsStep(parts),
        standbyStep(parts),
        stopStep(parts),
        orderStep(parts),
        startStep(parts),
        ...end,
      ];
    case 'B':
      return [
        holdStep(parts),
        jobsStep(parts),
        aheadStep(parts),
        stopStep(parts),
        orderStep(parts),
        copyStep(parts),
        startStep(parts),
        ...end,
      ];
    case 'takeover':
      return [
        holdStep(parts),
        jobsStep(parts),
        goneStep(parts),
        takeoverStep(parts),
        orderStep(parts),
        ...end,
      ];
  }
}

function holdStep({ move, deps }: StepParts): PlannedStep {
  const isTakeover = move.procedure === 'takeover';
  const concerned = isTakeover ? [move.to] : [move.from, move.to];
  const noticed = async (context: StepContext) => {
    const { revision } = await readRecord(deps.state);
    await Promise.all(
      concerned.map((id) => call(deps, context, id, slurmNotice, { revision }, NOTICE_MS)),
    );
  };
  return {
    id: 'hold',
    title: 'Hold both controllers',
    detail: `It is written first that nothing but this operation starts or stops slurmctld on ${move.fromName} and ${move.toName}: no agent and no supervisor.`,
    class: 'idempotent',
    expectedMs: 150,
    deadlineMs: 30_000,
    async probe({ operation }) {
      return isHeldBy(await readRecord(deps.state), operation) ? 'done' : 'absent';
    },
    async do(context) {
      const { operation, epoch } = context;
      const now = deps.clock.now();
      await changeRecord(deps.state, epoch, (one) =>
        isHeldBy(one, operation) ? one : held(one, move, operation, now),
      );
      await noticed(context);
    },
    async verify(context) {
      await noticed(context);
      const { moving } = await readRecord(deps.state);
      if (moving?.operation !== context.operation) return 'the record to be held';
      context.keep('before', moving.before);
      return null;
    },
    async undo(context) {
      const known = await knownBefore(deps, context);
      const { revision } = await changeRecord(deps.state, context.epoch, (one) =>
        isHeldBy(one, context.operation) ? releasedBack(one, move, known) : one,
      );
      await forgetJobs(deps.state);
      for (const id of concerned) {
        // one that is gone reads it when it is back
        await call(deps, context, id, slurmNotice, { revision }, NOTICE_MS).catch(() => undefined);
      }
    },
  };
}

function standbyStep({ move, deps }: StepParts): PlannedStep {
  return {
    id: 'standby',
    title: `Stop the standby on ${move.toName}`,
    detail: `slurmctld on ${move.toName} ends as a standby, to begin anew as the controller.`,
    class: 'idempotent',
    expectedMs: 300,
    deadlineMs: 90_000,
    async probe(context) {
      const { daemon, relayTo } = await call(deps, context, move.to, slurmLook, {});
      return daemon === 'stopped' && relayTo === null ? 'done' : 'absent';
    },
    async do(context) {
      await call(deps, context, move.to, slurmStop, { relayTo: null }, STOP_MS);
    },
    async verify(context) {
      const { daemon, isPortOpen } = await call(deps, context, move.to, slurmLook, {});
      return daemon === 'stopped' && !isPortOpen ? null : 'the standby to stop';
    },
    // no undo: let go of again, its agent starts it by itself, as often as that takes
  };
}

function aheadStep({ move, deps }: StepParts): PlannedStep {
  return {
    id: 'ahead',
    title: `Copy the jobs ahead to ${move.toName}`,
    detail: `What is in the folder of ${move.fromName} is fetched while it works on, so that only what changes must be copied while submissions wait.`,
    class: 'idempotent',
    expectedMs: 500,
    deadlineMs: 3_600_000,
    probe: async () => 'absent',
    async do(context) {
      const stateId = copyId(context.operation, 'there');
      try {
        await fetchState(deps, context, move, { stateId, last: false });
      } catch (error) {
        // what failed must leave nothing, for it counts as not done
        await call(deps, context, move.to, slurmDropCopy, { stateId }).catch(() => undefined);
        throw error;
      }
    },
    verify: async () => null,
    async undo(context) {
      if (await hasWorked(deps, move)) return;
      const stateId = copyId(context.operation, 'there');
      await call(deps, context, move.to, slurmDropCopy, { stateId });
    },
  };
}

function stopStep({ move, deps }: StepParts): PlannedStep {
  return {
    id: 'stop',
    title: `Stop the controller on ${move.fromName}`,
    detail: `First no job begins any more, and the partitions take jobs and hold them. Then new calls are kept away until all others are answered. slurmctld on ${move.fromName} saves what it knows and ends; its port is proved closed. From then on ${move.fromName} holds whoever calls there and hands them on to ${move.toName}.`,
    class: 'idempotent',
    expectedMs: 250,
    deadlineMs: 90_000,
    async probe(context) {
      const { daemon, relayTo } = await call(deps, context, move.from, slurmLook, {});
      return daemon === 'stopped' && relayTo === move.to ? 'done' : 'absent';
    },
    async do(context) {
      // from here on everybody waits for the target: it may have gone since it was looked at
      await call(deps, context, move.to, slurmLook, {}, THERE_MS);
      await call(deps, context, move.from, slurmStop, { relayTo: move.to }, STOP_MS);
    },
    async verify(context) {
      const { daemon, relayTo } = await call(deps, context, move.from, slurmLook, {});
      if (daemon !== 'stopped') return 'slurmctld to stop';
      return relayTo === move.to ? null : 'the relay to stand';
    },
    async undo(context) {
      const config = await readRecord(deps.state);
      await call(deps, context, move.from, slurmStart, { config, as: 'primary' }, START_MS);
      await spreadFiles(deps, context, config, move.from);
    },
  };
}

function orderStep({ move, deps }: StepParts): PlannedStep {
  return {
    id: 'order',
    title: `Write that ${move.toName} is the controller`,
    detail: `The cluster's record of SLURM names ${move.toName} first; no node takes it over yet.`,
    class: 'idempotent',
    expectedMs: 30,
    deadlineMs: 20_000,
    ...(move.procedure !== 'takeover' && { urgent: true }),
    async probe() {
      return (await readRecord(deps.state)).controllers[0] === move.to ? 'done' : 'absent';
    },
    async do({ operation, epoch }) {
      await changeRecord(deps.state, epoch, (one) => {
        const stateId = move.procedure === 'B' ? copyId(operation, 'there') : one.stateId;
        return ordered(one, move, stateId);
      });
    },
    async verify() {
      const isSo = (await readRecord(deps.state)).controllers[0] === move.to;
      return isSo ? null : 'the record to be written';
    },
    async undo(context) {
      const known = await knownBefore(deps, context);
      const isBack = (await hasWorked(deps, move)) && move.procedure === 'B';
      const stateId = isBack ? copyId(context.operation, 'back') : known.stateId;
      await changeRecord(deps.state, context.epoch, (one) =>
        orderedBack(one, move, known, stateId),
      );
    },
  };
}

function copyStep({ move, deps }: StepParts): PlannedStep {
  return {
    id: 'copy',
    title: `Copy what changed to ${move.toName}`,
    detail: `The folder of the stopped controller is compared file by file, fetched, checked as a whole and put in place under a new mark; the one on ${move.fromName} stays as it is, and nothing starts on it.`,
    class: 'idempotent',
    expectedMs: 300,
    deadlineMs: 600_000,
    urgent: true,
    async probe(context) {
      const { folder } = await call(deps, context, move.to, slurmLook, {});
      return folder.stateId === copyId(context.operation, 'there') ? 'done' : 'absent';
    },
    async do(context) {
      const stateId = copyId(context.operation, 'there');
      try {
        await fetchState(deps, context, move, { stateId, last: true });
      } catch (error) {
        await call(deps, context, move.to, slurmDropCopy, { stateId }).catch(() => undefined);
        throw error;
      }
    },
    async verify(context) {
      const { folder } = await call(deps, context, move.to, slurmLook, {});
      const isThere = folder.stateId === copyId(context.operation, 'there');
      return isThere ? null : 'the folder to be in place';
    },
    async undo(context) {
      if (await hasWorked(deps, move)) return bringStateBack(deps, context, move);
      const stateId = copyId(context.operation, 'there');
      await call(deps, context, move.to, slurmDropCopy, { stateId });
    },
  };
}

function startStep({ move, deps }: StepParts): PlannedStep {
  // known to this coordinator alone, who saw that it did not run: another one asks until somebody answers
  let wasNotSent = false;
  return {
    id: 'start',
    title: `Start the controller on ${move.toName}`,
    detail: `slurmctld on ${move.toName} reads the jobs and answers; whoever waited gets through. From here on one goes forward.`,
    class: 'pivot',
    expectedMs: 400,
    deadlineMs: 45_000,
    urgent: true,
    async probe(context) {
      if (wasNotSent) return 'absent';
      try {
        const { daemon } = await call(deps, context, move.to, slurmLook, {}, THERE_MS);
        if (daemon === 'stopped') return 'absent';
        return (await isInControl(deps, context, move)) ? 'done' : 'unknown';
      } catch (error) {
        if (context.signal.aborted || move.procedure === 'B') throw error;
        return (await isProvedLost(deps, context, move)) ? 'absent' : 'unknown';
      }
    },
    async do(context) {
      const config = await readRecord(deps.state);
      wasNotSent = true;
      try {
        // one that is gone meanwhile is not waited for: the old one is started again
        await call(deps, context, move.to, slurmLook, {}, THERE_MS);
        wasNotSent = false;
        await call(deps, context, move.to, slurmStart, { config, as: 'primary' }, START_MS);
      } catch (error) {
        wasNotSent ||= isUnreached(error);
        throw error;
      }
    },
    async verify(context) {
      return (await isInControl(deps, context, move)) ? null : `${move.toName} to be in control`;
    },
    undo: (context) => turnBack(deps, context, move),
  };
}

function spreadStep({ move, deps }: StepParts): PlannedStep {
  const lacking = async (context: StepContext): Promise<string[]> => {
    const { conf } = await call(deps, context, move.to, slurmLook, {});
    const config = await readRecord(deps.state);
    const rest = slurmNodes(deps).filter(({ id }) => id !== move.to);
    const lacks = await Promise.all(
      rest.map(async ({ id, name }) => {
        const seen = await call(deps, context, id, slurmLook, {}).catch(() => null);
        // one that does not answer takes the files over when it is back
        if (seen === null || seen.conf === conf) return [];
        // one that came back meanwhile was not told
        await call(deps, context, id, slurmFiles, { config }).catch(() => undefined);
        return [name];
      }),
    );
    return lacks.flat();
  };
  return {
    id: 'spread',
    title: 'Tell all nodes',
    detail: `Every node writes slurm.conf with ${move.toName} first, and its slurmd reads it anew. Jobs go on.`,
    class: 'idempotent',
    expectedMs: 600,
    deadlineMs: 60_000,
    probe: async () => 'absent',
    async do(context) {
      const config = await readRecord(deps.state);
      await spreadFiles(deps, context, config, move.to);
    },
    async verify(context) {
      const names = await lacking(context);
      return names.length === 0 ? null : `${names.join(', ')} to take slurm.conf over`;
    },
  };
}

function releaseStep({ move, deps }: StepParts): PlannedStep {
  return {
    id: 'release',
    title: `Let ${move.toName} go`,
    detail: `The agents look after SLURM again. ${move.fromName} stays without a controller and hands on what comes there until no job from before runs; what becomes of it then needs nobody.`,
    class: 'idempotent',
    expectedMs: 100,
    deadlineMs: 30_000,
    async probe() {
      const { moving, held: ids } = await readRecord(deps.state);
      return moving === null && !ids.includes(move.to) ? 'done' : 'absent';
    },
    async do(context) {
      const { revision } = await changeRecord(deps.state, context.epoch, (one) =>
        isHeldBy(one, context.operation) ? released(one, move) : one,
      );
      await forgetJobs(deps.state);
      await call(deps, context, move.to, slurmNotice, { revision }, NOTICE_MS);
    },
    async verify() {
      const { moving } = await readRecord(deps.state);
      if (moving === null) return null;
      throw fail(
        'REVISION_CHANGED',
        { remedy: 'Look at the operations of this cluster.' },
        "Something else holds SLURM's controllers.",
      );
    },
  };
}
