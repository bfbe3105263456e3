import { handRoute } from '#agent/operations/hands/define';
import type { HandRoute } from '#agent/operations/hands/types';
import * as hands from '#agent/operations/merge/carry-hands';
import { drainCluster, lookAtDrain, undrainCluster } from '#agent/operations/merge/hands';
import type { Clock } from '#agent/ports';
import { fail } from '#shared/contract/errors';
import type { SimControllers } from '../slurm/controllers';
import { shown } from '../slurm/jobs';
import type { SlurmWorld } from '../slurm/world';
import { mergeJob, packed, unpacked } from './jobs';

interface Deps {
  /** uuid of the cluster that this node is in */
  cluster(): string;
  world: SlurmWorld;
  controllers: Pick<SimControllers, 'primary'>;
  clock: Clock;
  /** Lets everybody see at once what has changed. */
  look(): void;
}

/** How the simulated SLURM lets pending jobs go to another one, and takes such jobs in. */
export function simulatedCarryHands({
  cluster,
  world,
  controllers,
  clock,
  look,
}: Deps): HandRoute[] {
  /** @throws Failure SERVER_ERROR where no controller answers */
  const served = () => {
    if (controllers.primary === null) throw silent();
    world.advance(clock.now());
    return world;
  };
  const shownOf = (isPending: boolean) =>
    served()
      .jobs()
      .filter(({ startedAt, endedAt }) => endedAt === null && (startedAt === null) === isPending)
      .map((job) => mergeJob(world, job, clock.now()));
  return [
    handRoute(drainCluster, async (_, { log }) => {
      const names = served()
        .partitions()
        .map(({ name }) => name);
      world.close(true);
      for (const name of names) log(`scontrol update PartitionName=${name} State=INACTIVE`);
      look();
      return { before: Object.fromEntries(names.map((name) => [name, 'UP'])) };
    }),
    handRoute(undrainCluster, async ({ before }, { log }) => {
      served().close(false);
      for (const name of Object.keys(before)) {
        log(`scontrol update PartitionName=${name} State=UP`);
      }
      look();
      return {};
    }),
    handRoute(lookAtDrain, async () => ({
      drained: served().isClosed,
      running: shownOf(false),
      pending: shownOf(true),
    })),
    handRoute(hands.holdJob, async ({ id, operation }, { log }) => {
      const job = served().pending(id);
      if (job === null) return { state: 'gone' as const, wasHeld: false };
      const wasHeld = job.heldFor?.wasHeld ?? job.held;
      world.hold(job, { held: true, heldFor: { operation, wasHeld } });
      log(`scontrol hold ${id}`);
      return { state: 'held' as const, wasHeld };
    }),
    handRoute(hands.unholdJob, async ({ id }, { log }) => {
      const job = served().pending(id);
      if (job === null) return {};
      // a carried one came held for nobody
      const held = job.heldFor?.wasHeld ?? (job.held && job.key === '');
      world.hold(job, { held, heldFor: null });
      if (!held) log(`scontrol release ${id}`);
      look();
      return {};
    }),
    handRoute(hands.packJob, async ({ id, wasHeld }) => {
      const job = served().pending(id);
      if (job === null) return { parcel: null, why: 'It waits no more.' };
      const waits = world.waits(job);
      return { parcel: packed(job, { cluster: cluster(), wasHeld, waits }), why: '' };
    }),
    handRoute(hands.unpackJob, async ({ parcel, dependency }, { log }) => {
      const { key } = parcel;
      const known = served()
        .jobs()
        .find((job) => job.key === key && job.endedAt === null);
      if (known !== undefined) return { id: String(known.id), found: true };
      if (world.isClosed) throw closed();
      const id = String(unpacked(world, parcel, dependency));
      log(`sbatch --hold: job ${id} of ${parcel.user}`);
      look();
      return { id, found: false };
    }),
    handRoute(hands.findCarried, async ({ from }) => ({
      jobs: served()
        .jobs()
        .filter(({ key }) => key.startsWith(`${from}/`))
        .map((job) => {
          const { id, state } = shown(job, clock.now());
          return { key: job.key, id, state, held: job.held };
        }),
    })),
    handRoute(hands.cancelCarried, async ({ id }, { log }) => {
      const job = served().pending(id);
      if (job === null) return {};
      if (!job.held) throw notHeld(id);
      world.lift(job);
      log(`scancel ${id}`);
      look();
      return {};
    }),
  ];
}

const silent = () =>
  fail('SERVER_ERROR', { remedy: 'Look at the controller: scontrol ping.' }, 'squeue failed.');

const closed = () =>
  fail(
    'PARAMETER_REFUSED',
    { remedy: 'Open the partition first.' },
    'sbatch failed: Required partition not available (inactive or drain).',
  );

const notHeld = (id: string) =>
  fail('INVALID_INPUT', { remedy: 'Hold it first.' }, `Job ${id} is not held, and may begin.`);
