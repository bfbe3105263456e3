import { createHash } from 'node:crypto';
import type { Member } from '#agent/membership/types';
import * as hands from '#agent/operations/handoff/slurm/hands';
import { handRoute } from '#agent/operations/hands/define';
import type { HandRoute } from '#agent/operations/hands/types';
import type { Clock } from '#agent/ports';
import { fail } from '#shared/contract/errors';
import type { NodeFaults } from '../faults';
import type { AgentNodeSpec, ClusterOsSpec } from '../specs';
import type { SimControllers } from './controllers';
import { type SimJob, shown } from './jobs';
import type { SimSlurm } from './sim-slurm';
import type { SlurmWorld } from './world';

interface Deps {
  cluster: ClusterOsSpec;
  spec: AgentNodeSpec;
  slurm: SimSlurm;
  controllers: SimControllers;
  world: SlurmWorld;
  faults: NodeFaults;
  clock: Clock;
  members(): readonly Member[];
  /** Lets everybody see at once what has changed. */
  look(): void;
}

export const VERSION = '22.05.8';
export const SLURM_ID = 64_030;
export const CLOCK_AHEAD_MS = 42_000;
const GIB = 1024 ** 3;
/** each job's record and script, and what SLURM writes for itself */
const BYTES = { base: 190_000, job: 14_500 };
const FILES = { base: 22, job: 2 };
const COPY_MS = 320;
const FILE_MS = 240;
const LOOK_MS = 20;
const ANSWER_MS = 5_000;

/** What one simulated node does and tells while SLURM's controller changes hands. */
export function simulatedSlurmHands(deps: Deps): HandRoute[] {
  const { slurm, controllers, world, faults, clock, members, look } = deps;
  const { name } = deps.spec;
  const nameOf = (id: string) => members().find((one) => one.id === id)?.name ?? id;
  const idOf = (node: string | null) => members().find((one) => one.name === node)?.id ?? null;
  const jobs = () => {
    world.advance(clock.now());
    return world.jobs();
  };
  return [
    handRoute(hands.slurmLook, async ({ deep }) => {
      const runs = controllers.isRunning(name);
      const relayTo = controllers.relayOf(name);
      const folder = controllers.folderOf(name);
      const daemon: 'running' | 'stopped' = runs ? 'running' : 'stopped';
      return {
        daemon,
        message: runs ? `slurmctld version ${VERSION}` : '',
        isPortOpen: controllers.isUp(name) || relayTo !== null,
        relayTo: idOf(relayTo),
        revision: (await slurm.record())?.config.revision ?? 0,
        conf: slurm.confSum,
        folder: {
          stateId: folder?.stateId ?? null,
          hasRun: folder?.hasRun ?? false,
          heartbeat: controllers.heartbeatOf(name),
        },
        depth: deep ? depthOf(deps, jobs().length) : null,
      };
    }),
    handRoute(hands.slurmAsk, async () => {
      const all = jobs();
      const answers = controllers.primary !== null;
      return {
        controllers: slurm.order.map((one) => ({ name: one, up: controllers.isUp(one) })),
        jobs: answers ? all.filter(({ endedAt }) => endedAt === null).map(listed(clock)) : null,
        ended: answers ? all.flatMap(({ id, endedAt }) => (endedAt ? [String(id)] : [])) : [],
      };
    }),
    handRoute(hands.slurmEnded, async ({ ids }) => {
      jobs();
      return { ended: ids.filter((id) => world.hasEnded(Number(id))) };
    }),
    handRoute(hands.slurmPulse, async (_, { signal }) => {
      return { ms: await controllers.submission(signal) };
    }),
    handRoute(hands.slurmMunge, async ({ at }) => {
      const ok = ![name, nameOf(at)].some((one) => faults.has(one, 'munge-fails'));
      return { ok, why: ok ? '' : 'Invalid credential' };
    }),
    handRoute(hands.slurmReach, async ({ node }) => {
      const member = members().find(({ id }) => id === node);
      const isCut = faults.has(member?.name ?? '', 'link-cut');
      const isOn = member?.status === 'alive';
      return {
        agent: isOn && !isCut,
        controller: isOn && member !== undefined && controllers.isUp(member.name),
      };
    }),
    handRoute(hands.slurmNotice, async ({ revision }) => {
      const { config } = (await slurm.record()) ?? {};
      if (config === undefined || config.revision < revision) throw notHeard(name);
      return { revision: config.revision, isHeld: config.held.includes(idOf(name) ?? '') };
    }),
    handRoute(hands.slurmStop, async ({ relayTo }, { log, signal }) => {
      const begun = clock.monotonic();
      const ran = controllers.isRunning(name);
      if (ran) log('SIGTERM to slurmctld');
      if (controllers.has(name)) await controllers.stop(name, signal);
      if (ran) log('slurmctld: Terminate signal (SIGINT or SIGTERM) received; all state saved');
      controllers.relay(name, relayTo === null ? null : nameOf(relayTo));
      if (relayTo !== null) log(`port 6817 leads to ${nameOf(relayTo)} from now on`);
      look();
      return { tookMs: clock.monotonic() - begun };
    }),
    handRoute(hands.slurmStart, async ({ config, as }, { log, signal }) => {
      const begun = clock.monotonic();
      if (controllers.folderOf(name)?.stateId !== config.stateId) throw notTheFolder(name, config);
      controllers.relay(name, null);
      slurm.write(config, false);
      log('slurmctld -D');
      await controllers.start(name);
      await answering(deps, as, signal);
      log(
        as === 'primary' ? `Running as primary controller on ${name}` : 'Running in standby mode',
      );
      look();
      return { tookMs: clock.monotonic() - begun };
    }),
    handRoute(hands.slurmTakeover, async (_, { log }) => {
      const begun = clock.monotonic();
      log('scontrol takeover');
      await controllers.takeOver(name);
      look();
      return { tookMs: clock.monotonic() - begun };
    }),
    handRoute(hands.slurmFiles, async ({ config }, { log, signal }) => {
      await clock.sleep(FILE_MS, signal);
      slurm.write(config, !config.held.includes(idOf(name) ?? ''));
      log(`slurm.conf: SlurmctldHost=${slurm.order.join(', ')}`);
      look();
      return { conf: slurm.confSum };
    }),
    handRoute(hands.slurmCopy, async ({ from, stateId, last }, { log, signal }) => {
      const size = sizeOf(jobs().length);
      if (faults.has(name, 'disk-full')) throw noRoom(name, size.bytes);
      await clock.sleep(COPY_MS, signal);
      const sum = createHash('sha256').update(`${stateId} ${size.bytes}`).digest('hex');
      if (last) controllers.putFolder(name, stateId);
      log(`${size.files} files, ${size.bytes} bytes from ${nameOf(from)}`);
      if (last) log(`SHA-256 over all of them: ${sum}`);
      return { isDone: true, bytes: size.bytes, ofBytes: size.bytes, files: size.files, sum };
    }),
    handRoute(hands.slurmDropCopy, async ({ stateId }) => {
      const begun = clock.monotonic();
      if (controllers.folderOf(name)?.stateId === stateId) controllers.dropFolder(name);
      return { tookMs: clock.monotonic() - begun };
    }),
  ];
}

const listed = (clock: Clock) => (job: SimJob) => {
  const { id, name, user, state, nodes } = shown(job, clock.now());
  return { id, name, user, state, nodes };
};

export const sizeOf = (jobs: number) => ({
  bytes: BYTES.base + jobs * BYTES.job,
  files: FILES.base + jobs * FILES.job,
});

function depthOf({ spec, cluster, slurm, controllers, faults, clock }: Deps, jobs: number) {
  const isHere = controllers.folderOf(spec.name)?.hasRun === true;
  return {
    version: VERSION,
    now: clock.now() + (faults.has(spec.name, 'clock-ahead') ? CLOCK_AHEAD_MS : 0),
    uid: SLURM_ID,
    gid: SLURM_ID,
    enabled: spec.roles.includes('slurm-controller'),
    shared: cluster.sharedJobs,
    extra: [...(slurm.config?.extra ?? [])],
    ...(isHere ? sizeOf(jobs) : { bytes: 0, files: 0 }),
    isOwned: true,
    refused: '',
    freeBytes: faults.has(spec.name, 'disk-full') ? 4_096 : spec.diskGiB * 0.5 * GIB,
  };
}

/** @throws Failure TIMEOUT where it does not come up; it is stopped again then */
async function answering({ controllers, clock, spec }: Deps, as: string, signal: AbortSignal) {
  const end = clock.monotonic() + ANSWER_MS;
  const answers = () =>
    as === 'primary' ? controllers.primary === spec.name : controllers.isUp(spec.name);
  while (!answers()) {
    if (clock.monotonic() > end) {
      await controllers.stop(spec.name);
      const remedy = `Look at the log of slurmctld on ${spec.name}.`;
      throw fail('TIMEOUT', { node: spec.name, remedy }, 'slurmctld did not come up.');
    }
    await clock.sleep(LOOK_MS, signal);
  }
}

const notHeard = (node: string) =>
  fail('TIMEOUT', { node, remedy: 'It is asked again.' }, `${node} goes by an older agreement.`);

const notTheFolder = (node: string, { stateSaveLocation: path }: { stateSaveLocation: string }) =>
  fail(
    'NOT_FOUND',
    { node, path, remedy: `Look at ${path} on ${node}.` },
    `${path} does not hold this cluster's jobs, so that the controller was not started.`,
  );

export const noRoom = (node: string, bytes: number) =>
  fail(
    'STORE_FULL',
    { node, remedy: `Free ${Math.ceil(bytes / 1024 ** 2)} MiB on ${node}, then try again.` },
    `There is no room for the jobs on ${node}; nothing was changed.`,
  );
