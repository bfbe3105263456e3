import { type Failure, fail } from '#shared/contract/errors';
import type { Crossing } from '../../../crossing/crossing';
import type { Membership } from '../../../membership/types';
import type { Clock, Commands } from '../../../ports';
import { CONFIG_KEY, type SlurmConfig, slurmConfig } from '../../../roles/slurm/config';
import { StateSave } from '../../../roles/slurm/state-save';
import { stepsHere } from '../../../roles/slurm/steps-here';
import type { EtcdSeats } from '../../../state/etcd/seats';
import type { State } from '../../../state/types';
import { workOn } from '../../leave/work';

/** A member that was removed notices it a moment later. */
const SEAT_MS = 5_000;
const POLL_MS = 100;

export interface CrossDeps {
  crossing: Crossing;
  state: Pick<State, 'get'>;
  membership: Pick<Membership, 'cluster' | 'self' | 'members'>;
  /** null where the state is this node's alone */
  seats: { seats(): Promise<EtcdSeats> } | null;
  commands: Pick<Commands, 'run'>;
  clock: Pick<Clock, 'monotonic' | 'sleep'>;
  hostName(): string;
  /** where the process table is; `/proc` where it is left out */
  proc?: string;
}

export interface CrossWish {
  operation: string;
  /** uuids of the clusters */
  from: string;
  to: string;
}

/**
 * Has this node cross into the cluster whose enrolment lies ready.
 * @returns `there` where it belongs to it already
 * @throws Failure REVISION_CHANGED while something here still needs the old cluster, NOT_FOUND or
 * STORE_BROKEN where what it takes does not lie here
 */
export async function crossOver(deps: CrossDeps, wish: CrossWish): Promise<'begun' | 'there'> {
  const { crossing, membership } = deps;
  const { operation } = wish;
  const begun = await standing(deps, wish, 'over');
  if (begun !== null) return begun;
  const staged = await crossing.kept.staged(operation);
  if (staged?.cluster.uuid !== wish.to) throw notStaged();
  await needKept(deps, operation);
  const config = await slurmOf(deps);
  const { self } = membership;
  const isPrimary = config?.controllers[0] === self.id;
  if (isPrimary && othersIn(deps)) throw inControl();
  await needFree(deps, config);
  const kept = await crossing.kept.jobs(operation);
  if (isPrimary && kept !== config.stateSaveLocation) throw jobsNotKept();
  const { uuid, name } = staged.cluster;
  const from = { uuid: membership.cluster.uuid, name: membership.cluster.name };
  const jobs = isPrimary ? kept : null;
  await crossing.begin({ operation, from, to: { uuid, name }, direction: 'over', jobs });
  return 'begun';
}

/** The way back, from what was kept. @returns and throws as {@link crossOver} */
export async function crossBack(deps: CrossDeps, wish: CrossWish): Promise<'begun' | 'there'> {
  const { crossing, membership } = deps;
  const { operation } = wish;
  const begun = await standing(deps, wish, 'back');
  if (begun !== null) return begun;
  const losing = await crossing.kept.losing(operation);
  if (losing?.cluster.uuid !== wish.to) throw notKept();
  await needKept(deps, operation);
  const config = await slurmOf(deps);
  if (config?.controllers[0] === membership.self.id) throw inControl();
  await needFree(deps, config);
  const jobs = await crossing.kept.jobs(operation);
  if (jobs !== null) await needOwnFolder(jobs, membership.cluster.uuid);
  const { uuid, name } = losing.cluster;
  const from = { uuid: membership.cluster.uuid, name: membership.cluster.name };
  await crossing.begin({ operation, from, to: { uuid, name }, direction: 'back', jobs });
  return 'begun';
}

/** What there is to answer at once; null where it is still to be begun. */
async function standing(
  { crossing, membership }: CrossDeps,
  { operation, from, to }: CrossWish,
  direction: 'over' | 'back',
): Promise<'begun' | 'there' | null> {
  const pending = await crossing.pending();
  const { uuid } = membership.cluster;
  // one that arrives belongs to its new cluster; only its agent has not noted it yet
  if (pending !== null && pending.phase !== 'arriving') {
    if (pending.operation === operation && pending.direction === direction) return 'begun';
    throw onItsWay();
  }
  if (uuid === to) return 'there';
  if (uuid !== from) throw elsewhere(membership.cluster.name);
  return null;
}

/** Nothing on this node may need its cluster any more. @throws Failure REVISION_CHANGED */
async function needFree(deps: CrossDeps, config: SlurmConfig | null): Promise<void> {
  const { membership, commands, hostName, proc } = deps;
  const { id, roles } = membership.self;
  if (config?.relays.some(({ from }) => from === id) === true) throw relaying();
  const steps = await stepsHere(proc);
  if (steps.length > 0) throw atWork(steps);
  if (config !== null && roles.includes('slurm-worker')) {
    const { jobs } = await workOn(hostName(), commands, proc);
    if (jobs.length > 0) throw atWork(jobs.map((job) => job.id));
  }
  await needNoSeat(deps);
}

/** Whoever keeps one of several copies of the state takes a vote away when it goes. */
async function needNoSeat({ seats, membership, clock }: CrossDeps): Promise<void> {
  if (seats === null) return;
  const until = clock.monotonic() + SEAT_MS;
  for (;;) {
    const { members } = await seats.seats();
    const isSeated = members.some(({ node }) => node === membership.self.id);
    if (!isSeated || members.length === 1) return;
    if (clock.monotonic() > until) throw seated();
    await clock.sleep(POLL_MS);
  }
}

async function needKept({ crossing }: CrossDeps, operation: string): Promise<void> {
  if (!(await crossing.kept.isIntact(operation))) throw notKept();
}

/** Another cluster's jobs may be mounted where this node's lay. */
async function needOwnFolder(jobs: string, gaining: string): Promise<void> {
  if ((await new StateSave(jobs, gaining).seen()) === null) return;
  throw fail(
    'REVISION_CHANGED',
    { remedy: `Unmount it there first.`, path: jobs },
    `${jobs} holds the jobs of the cluster that this node is to leave.`,
  );
}

async function slurmOf({ state }: CrossDeps): Promise<SlurmConfig | null> {
  const entry = await state.get(CONFIG_KEY);
  return entry === null ? null : slurmConfig.parse(entry.value);
}

const othersIn = ({ membership }: CrossDeps) =>
  membership.members().some(({ id, authenticated }) => authenticated && id !== membership.self.id);

const notYet = (remedy: string, message: string): Failure =>
  fail('REVISION_CHANGED', { remedy }, message);

const onItsWay = () => notYet('Look again in a moment.', 'This node is on its way already.');
const elsewhere = (name: string) => notYet('Plan again.', `This node belongs to ${name}.`);
const inControl = () =>
  notYet('Make another node the controller first.', 'It is the SLURM controller of its cluster.');
const relaying = () =>
  notYet('Wait for their end.', 'Jobs that began under the old controller still report here.');
const seated = () =>
  notYet('It is taken back first; try again.', 'It still keeps a copy of the shared state.');
const atWork = (what: readonly string[]) =>
  notYet(
    'Wait for their end, or cancel them.',
    `Work is here still: ${what.slice(0, 5).join(', ')}.`,
  );
const jobsNotKept = () =>
  notYet('Keep this node whole first.', 'What SLURM knows of its jobs was not kept here.');

const notStaged = (): Failure =>
  fail(
    'NOT_FOUND',
    { remedy: 'It is staged again.' },
    'The enrolment of the gaining cluster does not lie ready here.',
  );

const notKept = (): Failure =>
  fail(
    'STORE_BROKEN',
    {
      remedy: 'Look at the disk of this node; what is kept lies in the folder "kept" of the agent.',
    },
    'What a return of this node needs is not here, or not whole.',
  );
