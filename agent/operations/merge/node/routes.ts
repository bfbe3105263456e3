import { z } from 'zod';
import type { NodeMembership } from '../../../membership/types';
import type { Clock, Commands } from '../../../ports';
import { CONFIG_KEY, slurmConfig } from '../../../roles/slurm/config';
import type { EtcdNode } from '../../../state/etcd/node';
import type { State } from '../../../state/types';
import { PREFIX as TOKENS } from '../../../tokens/record';
import { handRoute } from '../../hands/define';
import type { HandRoute } from '../../hands/types';
import { listMergeJobs } from '../carry/queue';
import * as hands from '../hands';
import type { KeptFolders } from '../plan/look-node';
import { type CrossDeps, crossBack, crossOver } from './cross';
import { drain, isDrained, undrain } from './drain';
import { lock, unlock } from './lock';
import { type ProveDeps, prove } from './prove';
import { releaseMember, releaseSeat, welcome } from './release';

export interface CrossingRouteDeps extends Omit<CrossDeps, 'clock'>, ProveDeps {
  state: Pick<State, 'get' | 'list' | 'commit'>;
  membership: Pick<NodeMembership, 'cluster' | 'self' | 'members' | 'release'>;
  seats: Pick<EtcdNode, 'seats' | 'snapshot'> | null;
  commands: Commands;
  clock: Clock;
}

/** What this node does for a merge beside looking and carrying jobs. */
export function crossingRoutes(deps: CrossingRouteDeps): HandRoute[] {
  const { crossing, state, membership, seats, commands, clock } = deps;
  const { kept } = crossing;
  return [
    handRoute(hands.lockCluster, async ({ by, operation, allows }) => {
      const known = membership.members().filter(({ id }) => allows.includes(id));
      const names = Object.fromEntries(known.map(({ id, name }) => [id, name]));
      await lock(state, { by, operation, allows, names, at: clock.now() });
      return {};
    }),
    handRoute(hands.unlockCluster, async ({ operation }) => {
      await unlock(state, operation);
      return {};
    }),
    handRoute(hands.keepNode, async ({ operation, whole }, { log, signal }) => {
      const { uuid, name } = membership.cluster;
      const snapshot = async (path: string) => seats?.snapshot(path, signal);
      const done = await kept.keep({
        operation,
        cluster: { uuid, name },
        jobs: whole ? await jobsHere(deps) : null,
        snapshot: whole ? snapshot : null,
      });
      log(`kept ${done.files} files in ${kept.folder(operation)}`);
      return done;
    }),
    handRoute(hands.drainCluster, async ({ operation }, call) => ({
      before: (await hasSlurm(deps)) ? await drain(deps, operation, call) : {},
    })),
    handRoute(hands.undrainCluster, async ({ before }, call) => {
      if (await hasSlurm(deps)) await undrain(deps, before, call);
      return {};
    }),
    handRoute(hands.lookAtDrain, async (_, { signal }) => {
      if (!(await hasSlurm(deps))) return { drained: true, running: [], pending: [] };
      const [drained, jobs] = await Promise.all([
        isDrained(deps, signal),
        listMergeJobs(commands, signal),
      ]);
      const [pending, running] = [true, false].map((isPending) =>
        jobs.filter(({ state: word }) => (word === 'PENDING') === isPending),
      );
      return { drained, running: running ?? [], pending: pending ?? [] };
    }),
    handRoute(hands.releaseNode, ({ node, what }, call) =>
      what === 'seat' ? releaseSeat(deps, node, call.operation) : releaseMember(deps, node, call),
    ),
    handRoute(hands.welcomeNode, async ({ node }) => {
      await welcome(deps, node);
      return {};
    }),
    handRoute(hands.stageNode, async ({ operation, enrolment }) => {
      await kept.stage(operation, enrolment);
      return {};
    }),
    handRoute(hands.crossOver, async (wish, { log }) => {
      const done = await crossOver(deps, wish);
      if (done === 'begun') log('This node leaves its cluster for the other one');
      return { state: done };
    }),
    handRoute(hands.crossBack, async (wish, { log }) => {
      const done = await crossBack(deps, wish);
      if (done === 'begun') log('This node goes back to its cluster');
      return { state: done };
    }),
    handRoute(hands.dropKept, async ({ operation }, { log }) => {
      await deps.crossing.needOver(operation);
      const files = await kept.drop(operation);
      if (files > 0) log(`deleted ${files} files that were kept`);
      return { files };
    }),
    handRoute(hands.proveNode, ({ node }, { signal }) => prove(deps, node, signal)),
    handRoute(hands.exportTokens, async () => {
      const entries = await state.list(TOKENS);
      return { tokens: entries.map(({ value }) => z.json().parse(value)) };
    }),
  ];
}

/** What lies put aside here, for the plan of a merge. */
export const keptFolders = (deps: Pick<CrossingRouteDeps, 'crossing' | 'state' | 'membership'>) =>
  ({
    list: () => deps.crossing.kept.list(),
    bytes: async () => deps.crossing.kept.bytes(await jobsHere(deps)),
  }) satisfies KeptFolders;

async function hasSlurm({ state }: Pick<CrossingRouteDeps, 'state'>): Promise<boolean> {
  return (await state.get(CONFIG_KEY)) !== null;
}

/** The folder of SLURM's jobs, where this node has it as the one in control; else null. */
async function jobsHere({
  state,
  membership,
}: Pick<CrossingRouteDeps, 'state' | 'membership'>): Promise<string | null> {
  const entry = await state.get(CONFIG_KEY);
  if (entry === null) return null;
  const { controllers, stateSaveLocation } = slurmConfig.parse(entry.value);
  return controllers[0] === membership.self.id ? stateSaveLocation : null;
}
