import type { PlanCheck } from '#shared/contract/agent/operations';
import { doubtful, failed, fine } from '../../../departure/checks';
import type { MergeParams } from '../../types';
import { jobsOf } from '../blast';
import { ACCOUNTED } from '../look-slurm';
import type { ClusterLook } from '../order';
import type { Survey } from '../survey';
import { count, some } from './words';

type SlurmLook = NonNullable<ClusterLook['slurm']>;
interface Pair extends Survey {
  ours: SlurmLook;
  theirs: SlurmLook;
}

/** About SLURM of both; nothing where the losing cluster has none. */
export function slurmChecks(seen: Survey, leftJobs: MergeParams['leftJobs']): PlanCheck[] {
  const { gaining, losing } = seen;
  if (losing.slurm === null) return [];
  if (gaining.slurm === null) return [nowhere(seen)];
  const pair: Pair = { ...seen, ours: gaining.slurm, theirs: losing.slurm };
  return [
    controller(pair),
    version(pair),
    capacity(pair),
    jobIds(pair),
    ...partitions(pair),
    accounting(pair),
    running(seen),
    leftBehind(seen, leftJobs),
  ];
}

function nowhere({ gaining, losing }: Survey): PlanCheck {
  return failed({
    id: 'slurm',
    title: 'Jobs have a SLURM to go to',
    detail: `${losing.cluster.name} has SLURM, and ${gaining.cluster.name} has none.`,
    remedy: `Let ${losing.cluster.name} be the one that stays, or enable roles.slurm-controller on a node of ${gaining.cluster.name}.`,
  });
}

function controller({ gaining, ours }: Pair): PlanCheck {
  const found = { id: 'slurm', title: 'Jobs have a SLURM to go to' };
  const first = gaining.members.find(({ id }) => id === ours.controllers[0]);
  if (first?.alive === true) {
    const detail = `${first.name} controls SLURM of ${gaining.cluster.name}.`;
    return fine({ ...found, detail });
  }
  const name = first?.name ?? 'its node';
  const remedy = `Bring ${name} back, or hand the controller over: node-agent handoff --role slurm-controller`;
  return failed({ ...found, detail: `The controller's node does not answer.`, remedy });
}

const releaseOf = (version: string) => version.split('.').slice(0, 2).join('.');

/** A daemon takes no orders from an older controller, and one from a newer release only in part. */
function version({ ours, theirs, crossers, gaining }: Pair): PlanCheck {
  const found = { id: 'slurm-version', title: 'SLURM is of one version' };
  const versions = new Map(
    crossers.flatMap(({ node, look }) => {
      const its = look?.slurmVersion ?? '';
      return its === '' || !node.roles.includes('slurm-worker') ? [] : [[node.name, its]];
    }),
  );
  if (versions.size === 0 && theirs.version !== '') versions.set('its controller', theirs.version);
  const other = [...versions].filter(([, its]) => its !== ours.version);
  const [first] = other;
  if (first === undefined) return fine({ ...found, detail: `SLURM ${ours.version}.` });
  const names = some(other.map(([name]) => name));
  const detail = `${gaining.cluster.name} has SLURM ${ours.version}; ${names} ${other.length === 1 ? 'has' : 'have'} ${first[1]}.`;
  const remedy = `Install SLURM ${ours.version} there, or update all nodes first.`;
  const isFar = other.some(([, its]) => releaseOf(its) !== releaseOf(ours.version));
  const check = { ...found, ...(other.length === 1 && { node: first[0] }), detail, remedy };
  // within one release all understand each other
  return isFar ? failed(check) : doubtful(check);
}

function capacity({ ours, gaining, losing }: Pair): PlanCheck {
  const found = { id: 'capacity', title: `There is room for more nodes` };
  const workers = losing.members.filter(({ roles }) => roles.includes('slurm-worker')).length;
  const after = ours.nodes.length + workers;
  // an older SLURM does not say how many it takes
  if (ours.maxNodes === 0) {
    return fine({ ...found, detail: `${gaining.cluster.name} sets no limit.` });
  }
  const detail = `SLURM of ${gaining.cluster.name} takes ${ours.maxNodes} nodes, and would have ${after}.`;
  if (after <= ours.maxNodes) return fine({ ...found, detail });
  const remedy = `Write MaxNodeCount=${after} to roles.slurm-controller.extra on its controllers, and restart slurmctld.`;
  return failed({ ...found, detail, remedy });
}

/** Carried jobs get new numbers, so that nothing can clash; people just have to know. */
function jobIds({ ours, theirs, gaining, losing }: Pair): PlanCheck {
  const found = { id: 'jobids', title: 'Job numbers' };
  const carried = jobsOf(losing).carried.length;
  const get = carried === 1 ? 'gets a new number' : 'get new numbers';
  const renumbered =
    carried === 0 ? '' : ` ${count(carried, 'pending job')} ${get} of ${gaining.cluster.name}.`;
  const [from, to] = [
    Math.max(ours.firstJobId, theirs.firstJobId),
    Math.min(lastOf(ours), lastOf(theirs)),
  ];
  if (from > to) return fine({ ...found, detail: `None was given out twice.${renumbered}` });
  return doubtful({
    ...found,
    detail: `Both have given out numbers between ${from} and ${to}.${renumbered}`,
    remedy: `Nothing has to be done: no job keeps a number that the other cluster gave out. In old lists, tell them apart by the cluster.`,
  });
}

const lastOf = ({ firstJobId, lastJobId }: SlurmLook) =>
  lastJobId === 0 ? firstJobId - 1 : lastJobId;

/** A partition means what the gaining cluster says it means. */
function partitions({ ours, theirs, gaining, losing }: Pair): PlanCheck[] {
  const found = { id: 'partitions', title: 'Partitions mean the same' };
  const known = new Map(ours.extra.flatMap(partitionIn));
  const names = new Set(ours.partitions.map(({ name }) => name));
  const used = new Set(jobsOf(losing).carried.map(({ partition }) => partition));
  const other: string[] = [];
  const lost: string[] = [];
  for (const [name, line] of theirs.extra.flatMap(partitionIn)) {
    if (!names.has(name)) lost.push(name);
    else if (known.get(name) !== line) other.push(name);
  }
  // one that only the gaining cluster limits takes jobs in that were never meant to be limited
  for (const name of known.keys()) {
    const isPlain = theirs.partitions.some((one) => one.name === name);
    if (isPlain && !theirs.extra.flatMap(partitionIn).some(([one]) => one === name))
      other.push(name);
  }
  const closed = ours.partitions.filter(({ name, state }) => used.has(name) && state !== 'up');
  const lines = 'roles.slurm-controller.extra';
  const checks = [
    ...(other.length > 0
      ? [
          doubtful({
            ...found,
            detail: `${some(other)} ${other.length === 1 ? 'has' : 'have'} other settings in ${gaining.cluster.name}, which count from then on.`,
            remedy: `Make the lines of PartitionName in ${lines} the same on the controllers of both, or mean the change.`,
          }),
        ]
      : []),
    ...(lost.length > 0
      ? [
          doubtful({
            ...found,
            id: 'partitions-lost',
            detail: `${some(lost)} of ${losing.cluster.name} would lose ${lost.length === 1 ? 'its' : 'their'} settings.`,
            remedy: `Write the PartitionName lines of ${lost.length === 1 ? 'it' : 'them'} to ${lines} on the controllers of ${gaining.cluster.name} first.`,
          }),
        ]
      : []),
    ...(closed.length > 0
      ? [
          failed({
            ...found,
            id: 'partitions-closed',
            detail: `${some(closed.map(({ name }) => name))} of ${gaining.cluster.name} takes no jobs now.`,
            remedy: `Open it: scontrol update PartitionName=${closed[0]?.name} State=UP`,
          }),
        ]
      : []),
  ];
  if (checks.length > 0) return checks;
  const added = theirs.partitions.map(({ name }) => name).filter((name) => !names.has(name));
  const detail =
    added.length === 0
      ? 'Those of one name do.'
      : `${some(added)} ${added.length === 1 ? 'is' : 'are'} made in ${gaining.cluster.name} too.`;
  return [fine({ ...found, detail })];
}

/** Name and settings of a line of slurm.conf, in an order of its own. */
function partitionIn(line: string): [name: string, settings: string][] {
  const words = line.trim().split(/\s+/);
  const first = /^partitionname=(.+)$/i.exec(words[0] ?? '');
  if (first === null) return [];
  // which nodes there are differs between any two clusters
  const settings = words.slice(1).filter((word) => !/^nodes=/i.test(word));
  return [
    [
      first[1] ?? '',
      settings
        .map((word) => word.toLowerCase())
        .toSorted()
        .join(' '),
    ],
  ];
}

/** Where an accounting knows who may submit, it must know these too: it would refuse their jobs. */
function accounting({ ours, theirs, gaining, losing }: Pair): PlanCheck {
  const found = { id: 'accounts', title: 'Accounts are known' };
  if (ours.accounting !== ACCOUNTED) {
    const detail =
      theirs.accounting === ACCOUNTED
        ? `${gaining.cluster.name} asks no accounting, and takes jobs of every account.`
        : 'Neither asks an accounting who may submit.';
    if (theirs.accounting !== ACCOUNTED) return fine({ ...found, detail });
    const remedy = `Limits of accounts and shares of ${losing.cluster.name} no longer count. Let ${gaining.cluster.name} use slurmdbd first where they must.`;
    return doubtful({ ...found, detail, remedy });
  }
  const known = new Set(ours.accounts);
  const { carried, running: now } = jobsOf(losing);
  const needed = [...new Set(carried.map(({ account }) => account))].filter((one) => one !== '');
  const missing = needed.filter((account) => !known.has(account));
  const [first] = missing;
  if (first !== undefined) {
    const detail = `${gaining.cluster.name} does not know ${some(missing)}, and would refuse ${missing.length === 1 ? 'its' : 'their'} jobs.`;
    return failed({ ...found, detail, remedy: commandsFor(missing, ours.clusterName) });
  }
  const later = [...new Set([...theirs.accounts, ...now.map(({ account }) => account)])].filter(
    (account) => account !== '' && !known.has(account),
  );
  if (later.length === 0) return fine({ ...found, detail: 'All accounts with jobs are known.' });
  const detail = `${gaining.cluster.name} does not know ${some(later)}, which ${later.length === 1 ? 'has' : 'have'} no pending jobs now.`;
  return doubtful({ ...found, detail, remedy: commandsFor(later, ours.clusterName) });
}

const commandsFor = (accounts: readonly string[], cluster: string) =>
  `Add them there: sacctmgr -i add account ${accounts.join(',')} cluster=${cluster}; then their users: sacctmgr -i add user NAME account=ACCOUNT cluster=${cluster}`;

function running({ losing }: Survey): PlanCheck {
  const found = { id: 'running', title: `Running jobs of ${losing.cluster.name}` };
  const jobs = jobsOf(losing).running.length;
  if (jobs === 0) return fine({ ...found, detail: 'None runs.' });
  return doubtful({
    ...found,
    detail: `${count(jobs, 'job')} ${jobs === 1 ? 'runs' : 'run'}; no node crosses before its own have ended.`,
    remedy: 'Their end is waited for, however long that takes; none is cancelled.',
  });
}

function leftBehind({ losing }: Survey, leftJobs: MergeParams['leftJobs']): PlanCheck {
  const found = { id: 'left', title: 'Pending jobs can be carried over' };
  const { left, carried } = jobsOf(losing);
  const [first] = left;
  if (first === undefined) {
    return fine({
      ...found,
      detail: `${count(carried.length, 'job')} ${carried.length === 1 ? 'is' : 'are'}.`,
    });
  }
  const why = `${count(left.length, 'job')} cannot: ${some(left.map(({ id }) => id))}. ${first.id}: ${first.stays}`;
  return doubtful({
    ...found,
    detail: why,
    remedy:
      leftJobs === 'cancel'
        ? 'They are cancelled before the last node crosses, as you asked.'
        : 'They must have ended before the last node crosses. Ask their users, or plan with left_jobs: cancel.',
  });
}
