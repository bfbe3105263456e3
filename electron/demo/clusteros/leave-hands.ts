import { handRoute } from '#agent/operations/hands/define';
import type { HandRoute } from '#agent/operations/hands/types';
import * as hands from '#agent/operations/leave/hands';
import type { Clock } from '#agent/ports';
import type { RoleName, RoleState } from '#shared/contract/agent/dashboard';
import { fail } from '#shared/contract/errors';
import { type SimJob, shown } from './slurm/jobs';
import { nodeState, type SlurmWorld } from './slurm/world';
import type { AgentNodeSpec } from './specs';

interface Deps {
  spec: AgentNodeSpec;
  world: SlurmWorld;
  clock: Clock;
  roles(): RoleState[];
  /** names this start of the machine */
  boot(): string;
  isLeaving(): boolean;
  /** @throws Failure TIMEOUT */
  setRunning(role: RoleName, runs: boolean): Promise<void>;
  /** Says good-bye and switches off, after the answer is out. */
  goodbye(): void;
  /** Lets everybody see at once what has changed. */
  look(): void;
}

/** What one simulated node does and tells while it leaves. */
export function simulatedLeaveHands(deps: Deps): HandRoute[] {
  const { spec, world, clock, look } = deps;
  const { name } = spec;
  const worker = () => {
    world.advance(clock.now());
    return world.nodes.find((one) => one.spec.name === name) ?? null;
  };
  const own = () => world.jobs().filter(({ node, endedAt }) => node === name && endedAt === null);
  return [
    handRoute(hands.lookAtNode, async () => ({
      roles: deps
        .roles()
        .map(({ name: role, running, healthy }) => ({ name: role, running, healthy })),
      boot: deps.boot(),
      isLeaving: deps.isLeaving(),
    })),
    handRoute(hands.lookAtWork, async () => {
      const seen = worker();
      return {
        name: seen === null ? null : name,
        state: seen === null ? '' : nodeState(seen),
        reason: seen?.drainReason ?? '',
        jobs: own().map(listed(clock)),
        steps: own().map(({ id }) => `${id}.batch`),
      };
    }),
    handRoute(hands.drainWorker, async ({ reason }, { log }) => {
      if (worker()?.drainReason !== null) return {};
      world.actOnNode(name, 'drain', reason);
      log(`scontrol update NodeName=${name} State=DRAIN Reason="${reason}"`);
      look();
      return {};
    }),
    handRoute(hands.resumeWorker, async ({ reason }, { log }) => {
      if (worker()?.drainReason === reason) {
        world.actOnNode(name, 'resume', '');
        log(`scontrol update NodeName=${name} State=RESUME`);
        look();
      }
      return {};
    }),
    handRoute(hands.stopRoles, async ({ roles }, { log }) => {
      worker();
      if (roles.includes('slurm-worker') && own().length > 0) throw notEmpty(name, own().length);
      for (const role of roles) {
        await deps.setRunning(role, false);
        log(`${role} was stopped`);
      }
      look();
      return {};
    }),
    handRoute(hands.startRoles, async ({ roles }, { log }) => {
      for (const role of roles) {
        await deps.setRunning(role, true);
        log(`${role} was started`);
      }
      look();
      return {};
    }),
    handRoute(hands.sayGoodbye, async (_, { log }) => {
      deps.goodbye();
      log('serf leave');
      return {};
    }),
  ];
}

const listed = (clock: Clock) => (job: SimJob) => {
  const { id, name, user, state } = shown(job, clock.now());
  return { id, name, user, state };
};

const notEmpty = (node: string, jobs: number) =>
  fail(
    'INVALID_INPUT',
    { node, remedy: 'Wait for their ends, or cancel them.' },
    `${jobs === 1 ? 'A job runs' : `${jobs} jobs run`} on ${node} still.`,
  );
