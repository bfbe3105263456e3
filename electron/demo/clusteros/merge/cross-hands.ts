import { z } from 'zod';
import { handRoute } from '#agent/operations/hands/define';
import type { HandRoute } from '#agent/operations/hands/types';
import * as hands from '#agent/operations/merge/hands';
import { lock, unlock } from '#agent/operations/merge/node/lock';
import { releaseMember, releaseSeat, welcome } from '#agent/operations/merge/node/release';
import type { State } from '#agent/state/types';
import { PREFIX as TOKENS } from '#agent/tokens/record';
import { fail } from '#shared/contract/errors';
import { noRoom, sizeOf } from '../slurm/hands';
import type { MergeLookDeps } from './look';

export interface CrossDeps extends MergeLookDeps {
  state: MergeLookDeps['state'] & Pick<State, 'get' | 'list' | 'commit'>;
  /** uuid of the cluster that this node is on its way to; null: it stays */
  crossingTo(): string | null;
  /** Leaves for the cluster of this uuid, after the answer is out. */
  cross(to: string): void;
}

/** What a simulated node needs to join its lab's other cluster; there is no secret in it. */
export const simulatedEnrolment = (cluster: { uuid: string; name: string }): string =>
  JSON.stringify({ cluster: { uuid: cluster.uuid, name: cluster.name } });

const enrolment = z.object({ cluster: z.object({ uuid: z.uuid(), name: z.string() }) });

const KEEP_MS = 300;
const KEEP_FILES = 9;
const PROVE_MS = 400;

/** How one simulated node is held, kept, and crosses between two clusters. */
export function simulatedCrossHands(deps: CrossDeps): HandRoute[] {
  const { ground, spec, membership, state, seats, kept } = deps;
  const { clock, faults, world, look } = ground;
  return [
    handRoute(hands.lockCluster, async ({ by, operation, allows }) => {
      await lock(state, { by, operation, allows, at: clock.now() });
      return {};
    }),
    handRoute(hands.unlockCluster, async ({ operation }) => {
      await unlock(state, operation);
      return {};
    }),
    handRoute(hands.keepNode, async ({ operation, whole }, { log, signal }) => {
      const size = whole ? sizeOf(world.jobs().length) : { bytes: 0, files: 0 };
      const [bytes, files] = [24_000 + size.bytes, KEEP_FILES + size.files];
      if (faults.has(spec.name, 'disk-full')) throw noRoom(spec.name, bytes);
      await clock.sleep(KEEP_MS, signal);
      const { uuid, name } = membership.cluster;
      const done = kept.keep({ operation, cluster: { uuid, name }, at: clock.now(), bytes, files });
      log(`kept ${done.files} files, ${done.bytes} bytes`);
      return done;
    }),
    handRoute(hands.dropKept, async ({ operation }) => ({ files: kept.drop(operation) })),
    handRoute(hands.releaseNode, async ({ node, what }, call) => {
      if (what === 'seat') return releaseSeat({ ...released(deps), seats }, node, call.operation);
      const name = membership.members().find(({ id }) => id === node)?.name;
      if (name !== undefined) world.forget(name);
      const done = await releaseMember({ ...released(deps), seats }, node, call);
      look();
      return done;
    }),
    handRoute(hands.welcomeNode, async ({ node }) => {
      await welcome({ ...released(deps), seats }, node);
      return {};
    }),
    handRoute(hands.stageNode, async ({ operation, enrolment: text }) => {
      kept.stage(operation, enrolment.parse(JSON.parse(text)).cluster.uuid);
      return {};
    }),
    handRoute(hands.crossOver, async (wish, { log }) => {
      const standing = standingOf(deps, wish);
      if (standing !== null) return { state: standing };
      if (kept.staged(wish.operation) !== wish.to) throw notYet('Nothing is staged here.');
      await go(deps, wish);
      log('This node leaves its cluster for the other one');
      return { state: 'begun' as const };
    }),
    handRoute(hands.crossBack, async (wish, { log }) => {
      const standing = standingOf(deps, wish);
      if (standing !== null) return { state: standing };
      await go(deps, wish);
      log('This node goes back to its cluster');
      return { state: 'begun' as const };
    }),
    handRoute(hands.proveNode, async ({ node }, { log, signal }) => {
      await clock.sleep(PROVE_MS, signal);
      const member = membership.members().find(({ id }) => id === node);
      if (member === undefined) return lacking(false, 'It is no member of this cluster yet.');
      if (!member.roles.includes('slurm-worker')) return PROVED;
      if (faults.has(member.name, 'munge-fails')) {
        return lacking(false, 'It does not accept our munge: Invalid credential.');
      }
      const seen = world.nodes.find((one) => one.spec.name === member.name);
      if (seen?.isUp !== true) return lacking(true, 'SLURM does not know it yet.');
      log(`srun -w ${member.name} munge -n`);
      return PROVED;
    }),
    handRoute(hands.exportTokens, async () => {
      const entries = await state.list(TOKENS);
      return { tokens: entries.map(({ value }) => z.json().parse(value)) };
    }),
  ];
}

const PROVED = { munge: true, srun: true, why: '' };
const lacking = (munge: boolean, why: string) => ({ munge, srun: false, why });

interface Wish {
  operation: string;
  from: string;
  to: string;
}

/** What there is to answer at once; null where it is still to be begun. */
function standingOf({ membership, crossingTo }: CrossDeps, wish: Wish): 'begun' | 'there' | null {
  const goal = crossingTo();
  if (goal === wish.to) return 'begun';
  if (goal !== null) throw notYet('This node is on its way already.');
  const { uuid, name } = membership.cluster;
  if (uuid === wish.to) return 'there';
  if (uuid !== wish.from) throw notYet(`This node belongs to ${name}.`);
  return null;
}

/** Goes, where nothing here needs its cluster any more. @throws Failure REVISION_CHANGED */
async function go(deps: CrossDeps, { operation, to }: Wish): Promise<void> {
  const { ground, spec, membership, seats, kept, slurm } = deps;
  const { self } = membership;
  const isDamaged = ground.faults.has(spec.name, 'kept-damaged');
  if (!kept.has(operation) || isDamaged) throw notKept(spec.name);
  ground.world.advance(ground.clock.now());
  const jobs = ground.world
    .jobs()
    .filter(({ node, endedAt }) => node === spec.name && endedAt === null);
  if (jobs.length > 0) throw notYet(`Work is here still: ${jobs.map(({ id }) => id).join(', ')}.`);
  const others = membership.members().some(({ id, status }) => id !== self.id && status !== 'left');
  const first = (await slurm.record())?.config.controllers[0];
  if (first === self.id && others) throw notYet('It is the SLURM controller of its cluster.');
  const { members } = await seats.seats();
  const isSeated = members.some(({ node }) => node === self.id);
  if (isSeated && members.length > 1) throw notYet('It keeps a copy of the shared state.');
  deps.cross(to);
}

/** A machine that is gone from SLURM's list is listed by no command either. */
const released = ({ ground, state, membership }: CrossDeps) => ({
  state,
  membership: {
    members: () => membership.members(),
    release: async (id: string) => ground.local.remove(id),
  },
  commands: { run: async () => ({ code: 0, stdout: '', stderr: '' }) },
});

const notYet = (message: string) =>
  fail('REVISION_CHANGED', { remedy: 'Look again in a moment.' }, message);

const notKept = (node: string) =>
  fail(
    'STORE_BROKEN',
    { node, remedy: `Look at the disk of ${node}, then try again.` },
    `What a return of ${node} needs is not there, or not whole.`,
  );
