import type { RoleName, RoleState } from '#shared/contract/agent/dashboard';
import { fail } from '#shared/contract/errors';
import { identify } from '../../host/supervisor/process-table';
import type { Clock, Commands } from '../../ports';
import { stepsHere } from '../../roles/slurm/steps-here';
import type { Slurm } from '../../roles/slurm/types';
import type { Role } from '../../roles/types';
import { handRoute } from '../hands/define';
import type { HandRoute } from '../hands/types';
import {
  drainWorker,
  lookAtNode,
  lookAtWork,
  resumeWorker,
  sayGoodbye,
  startRoles,
  stopRoles,
} from './hands';
import { workOn } from './work';

export interface LeaveHandsDeps {
  /** those that run on this node */
  roles: readonly Role[];
  slurm: Pick<Slurm, 'actOnNode'>;
  commands: Pick<Commands, 'run'>;
  clock: Clock;
  hostName(): string;
  /** where the process table is; `/proc` where it is left out */
  proc?: string;
  /** Says good-bye and ends the agent; comes back at once. */
  goodbye(): void;
}

/** The answer is on its way before this node goes. */
const GOODBYE_MS = 500;

/** What this node does and tells while it leaves. */
export function leaveRoutes(deps: LeaveHandsDeps): HandRoute[] {
  const { roles, slurm, commands, clock, hostName, proc } = deps;
  let isLeaving = false;
  const work = () => workOn(hostName(), commands, proc);
  return [
    handRoute(lookAtNode, async () => ({
      roles: roles.map((role) => shown(role.state())),
      boot: await bootOf(),
      isLeaving,
    })),
    handRoute(lookAtWork, work),
    handRoute(drainWorker, async ({ reason }, { log }) => {
      const { name, state } = await work();
      if (name === null) throw unknownNode(hostName());
      if (isDraining(state)) return {};
      log(`scontrol update NodeName=${name} State=DRAIN Reason="${reason}"`);
      log(`${name} is ${await slurm.actOnNode(name, 'drain', reason)}`);
      return {};
    }),
    handRoute(resumeWorker, async ({ reason }, { log }) => {
      const { name, state, reason: why } = await work();
      if (name === null || !isDraining(state) || why !== reason) return {};
      log(`scontrol update NodeName=${name} State=RESUME`);
      log(`${name} is ${await slurm.actOnNode(name, 'resume', '')}`);
      return {};
    }),
    handRoute(stopRoles, async ({ roles: names }, { log }) => {
      if (names.includes('slurm-worker')) refuseWithSteps(await stepsHere(proc));
      for (const role of named(roles, names)) await stopped(role, log);
      return {};
    }),
    handRoute(startRoles, async ({ roles: names }, { log }) => {
      for (const role of named(roles, names)) {
        await role.start();
        log(`${role.name} is started`);
      }
      return {};
    }),
    handRoute(sayGoodbye, async (_, { log }) => {
      if (isLeaving) return {};
      // a restart of the agent since they were stopped has started them again
      for (const role of roles) if (role.state().running) await stopped(role, log);
      isLeaving = true;
      log('This node says good-bye, and its agent ends');
      void clock.sleep(GOODBYE_MS).then(deps.goodbye);
      return {};
    }),
  ];
}

async function stopped(role: Role, log: (line: string) => void): Promise<void> {
  await role.stop();
  const { running, error } = role.state();
  if (running) throw stillRuns(role.name, error);
  log(`${role.name} is stopped`);
}

const shown = ({ name, running, healthy }: RoleState) => ({ name, running, healthy });

const named = (roles: readonly Role[], names: readonly RoleName[]) =>
  names.flatMap((name) => roles.find((role) => role.name === name) ?? []);

/** The first process of a machine is another one after each start. */
export async function bootOf(): Promise<string> {
  const first = await identify(1);
  return first === null ? '' : `${first.bootId} ${first.startTicks}`;
}

export const isDraining = (state: string): boolean => state.includes('drain');

function refuseWithSteps(steps: readonly string[]): void {
  if (steps.length === 0) return;
  const remedy = 'Wait for their end, or cancel them.';
  throw fail('REVISION_CHANGED', { remedy }, `Steps run still: ${steps.slice(0, 5).join(', ')}.`);
}

const stillRuns = (role: RoleName, why: string) =>
  fail('TIMEOUT', { remedy: 'Look at its log on this node.', detail: why }, `${role} runs still.`);

const unknownNode = (name: string) =>
  fail('NOT_FOUND', { remedy: 'Look at: sinfo -N', node: name }, `SLURM knows no node ${name}.`);
