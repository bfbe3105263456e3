import type { RoleName } from '#shared/contract/agent/dashboard';
import type { PeerRoute } from '../../membership/peer-types';
import type { Membership, Peers } from '../../membership/types';
import type { Clock, Commands, Logger, Supervisor } from '../../ports';
import type { State } from '../../state/types';
import type { Role } from '../types';
import { SlurmActions } from './actions';
import { Aftercare } from './aftercare';
import { CONFIG_KEY, type SlurmConfig, type SlurmSettings, slurmConfig } from './config';
import { Controller } from './controller';
import type { ControllerDoor } from './door';
import { ControllerElection } from './election';
import { OrderlyEnd } from './ending';
import { SlurmFiles } from './files';
import { SlurmHanding } from './handing';
import { SlurmKeeper } from './keeper';
import { LifeSign } from './life-sign';
import { LostJobs } from './lost-jobs';
import type { SlurmFolders, SlurmMachine } from './machine';
import { Munge } from './munge';
import { SharedMungeKey } from './munge-key';
import { Observer } from './observer';
import { Partitions } from './partitions';
import type { Listens } from './port';
import type { ControllerRelay } from './relay';
import { SlurmView } from './slurm';
import { StateSource } from './state-source';
import { stepsHere } from './steps-here';
import { StuckNodes } from './stuck-nodes';
import { ToldFiles } from './told-files';
import type { Slurm } from './types';
import { Worker } from './worker';

export interface SlurmDeps {
  state: State;
  membership: Membership;
  peers: Peers;
  supervisor: Supervisor;
  commands: Commands;
  clock: Clock;
  logger: Logger;
  machine: SlurmMachine;
  folders: SlurmFolders;
  settings: SlurmSettings;
  relay: ControllerRelay;
  listens: Listens;
  door: ControllerDoor;
}

/** All of SLURM on this node. */
export interface SlurmParts {
  slurm: Slurm;
  /** those that the configuration enables */
  roles: Role[];
  /** for operations that move the controller */
  handing: SlurmHanding;
  /** as this node last knew it; null: SLURM is not set up */
  config(): SlurmConfig | null;
  /** what the API mounts for the other nodes */
  routes: PeerRoute[];
  /** Begins to look; also where this node has no role, for what others tell. */
  start(): void;
  /** Ends the looking; daemons and jobs run on. */
  close(): Promise<void>;
}

/** Builds SLURM's parts, by hand. Nothing is started yet. */
export function createSlurm(deps: SlurmDeps): SlurmParts {
  const { state, membership, commands, clock, logger, settings } = deps;
  const munge = new SharedMungeKey({ ...deps, munge: new Munge(deps) });
  const election = new ControllerElection({
    state,
    logger,
    value: () => {
      const { id, name, address } = membership.self;
      return { nodeId: id, name, address };
    },
  });
  const observer = new Observer({
    commands,
    state,
    membership,
    clock,
    logger,
    isReady: () => keeper.isReady,
  });
  const controller = new Controller(deps);
  const partitions = new Partitions(deps);
  const ending = new OrderlyEnd({ ...deps, controller, partitions });
  const files = new SlurmFiles(deps);
  const told = new ToldFiles({ state, clock, self: () => membership.self.id });
  const worker = new Worker(deps);
  const register = () => worker.takeOver('reread');
  const keeper: SlurmKeeper = new SlurmKeeper({
    ...deps,
    munge,
    election,
    observer,
    controller,
    worker,
    sign: new LifeSign({ ...deps, controller }),
    stuck: new StuckNodes(deps),
    lost: new LostJobs({ ...deps, told, steps: () => stepsHere(), register }),
    files,
    partitions,
    told,
    aftercare: new Aftercare({ ...deps, told }),
  });
  const source = new StateSource(membership.self.id, async () => {
    const entry = await state.get(CONFIG_KEY);
    return entry === null ? null : slurmConfig.parse(entry.value);
  });
  const actions = new SlurmActions({
    commands,
    clock,
    acted: () => void observer.lookNow().catch(() => undefined),
  });
  const slurm = new SlurmView(clock, observer, actions, {
    worker: () => keeper.worker(),
    isSetUp: () => keeper.config !== null || observer.look !== null,
  });
  return {
    slurm,
    roles: rolesOf(keeper, settings),
    handing: new SlurmHanding({
      ...deps,
      keeper,
      controller,
      ending,
      partitions,
      files,
      munge,
      observer,
    }),
    config: () => keeper.config,
    routes: [...munge.routes(), source.route()],
    start: () => observer.start(),
    async close() {
      await keeper.close();
      await observer.close();
    },
  };
}

function rolesOf(keeper: SlurmKeeper, settings: SlurmSettings): Role[] {
  const problems = () => keeper.problems();
  const role = (name: RoleName, part: 'controller' | 'worker', state: Role['state']): Role => ({
    name,
    start: async () => keeper.want(part),
    stop: () => keeper.unwant(part),
    state,
    // told once, by the first of the two
    problems: () => (part === 'controller' || !settings.controller.enabled ? problems() : []),
  });
  return [
    ...(settings.controller.enabled
      ? [role('slurm-controller', 'controller', () => keeper.controllerState())]
      : []),
    ...(settings.worker.enabled
      ? [role('slurm-worker', 'worker', () => keeper.workerState())]
      : []),
  ];
}
