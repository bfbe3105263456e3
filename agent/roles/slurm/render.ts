import { partitionFeature, type SlurmConfig } from './config';

export interface ControllerHost {
  name: string;
  address: string;
}

/** First line of what we write; a file without it belongs to somebody else and is kept aside. */
export const OURS = '# Written by the Clusterdeck node agent.';

/** What the cluster's shared state decides alone. */
const PROTECTED = new Set([
  'clustername',
  'slurmctldhost',
  'controlmachine',
  'backupcontroller',
  'statesavelocation',
  'slurmuser',
  'authtype',
  'credtype',
  'include',
  'nodename',
  'firstjobid',
]);

/** May stand more than once; a further line adds and does not replace. */
const REPEATED = new Set(['partitionname', 'nodeset', 'downnodes', 'switchname', 'frontendname']);

const keyOf = (line: string) => (line.trim().split(/[=\s]/)[0] ?? '').toLowerCase();
const nameOf = (line: string) => (line.split('=')[1] ?? '').trim().split(/\s/)[0] ?? '';

/** One that goes on with the next line would swallow that. */
const isRefused = (line: string) => PROTECTED.has(keyOf(line)) || line.trimEnd().endsWith('\\');

/** Lines of `extra` that must not be there. */
export function refusedLines(extra: readonly string[]): string[] {
  return extra.filter(isRefused);
}

/**
 * slurm.conf, the same on every node, byte by byte. Workers are not in it: they register as dynamic
 * nodes, so that one more or less changes no file and restarts nothing.
 * @param controllers in the order of `config.controllers`
 */
export function renderSlurmConf(
  config: SlurmConfig,
  controllers: readonly ControllerHost[],
): string {
  const extra = config.extra.filter((line) => !isRefused(line));
  const taken = new Set(extra.map(keyOf).filter((key) => !REPEATED.has(key)));
  const fixed: [string, string | number][] = [
    ['ClusterName', config.clusterName],
    ...controllers.map(({ name, address }): [string, string] => [
      'SlurmctldHost',
      `${name}(${address})`,
    ]),
    ['SlurmUser', config.slurmUser],
    ['StateSaveLocation', config.stateSaveLocation],
    ['FirstJobId', config.firstJobId],
    ['AuthType', 'auth/munge'],
    ['CredType', 'cred/munge'],
  ];
  const ours = [...defaults(config), ...(isAccounted(taken) ? [] : endedJobs(config))].filter(
    ([key]) => !taken.has(key.toLowerCase()),
  );
  return [
    OURS,
    '# It comes from the shared state and is written anew when that changes. Lines of your own',
    '# belong under roles.slurm-controller.extra in /etc/clusterdeck/node-agent.yaml.',
    ...[...fixed, ...ours].map(([key, value]) => `${key}=${value}`),
    ...[...partitionLines(config.partitions, extra), ...extra].map((line) =>
      config.closed === true && keyOf(line) === 'partitionname' ? closedLine(line) : line,
    ),
    '',
  ].join('\n');
}

function defaults(config: SlurmConfig): [string, string | number][] {
  return [
    ['SlurmctldTimeout', Math.ceil(config.slurmctldTimeoutMs / 1000)],
    // long: a controller that cannot see a node for a while must not requeue what runs there
    ['SlurmdTimeout', Math.ceil(config.slurmdTimeoutMs / 1000)],
    ['SlurmdSpoolDir', '/var/spool/slurmd'],
    ['SlurmctldPidFile', '/run/slurmctld.pid'],
    ['SlurmdPidFile', '/run/slurmd.pid'],
    ...containment(config.containment),
    ['SelectType', 'select/cons_tres'],
    ['SelectTypeParameters', 'CR_Core'],
    ['MaxNodeCount', 2048],
    // nodes that joined by themselves know no others, so that the controller talks to each
    ['TreeWidth', 65_533],
    ['GresTypes', 'gpu'],
    ['MpiDefault', 'none'],
    ['ReturnToService', 2],
    ['PropagateResourceLimits', 'NONE'],
    // jobs that wait begin soon after a controller came up, and not half a minute later
    [
      'SchedulerParameters',
      'sched_interval=2,batch_sched_delay=1,bf_interval=2,sched_min_interval=100000',
    ],
  ];
}

const isAccounted = (taken: ReadonlySet<string>) =>
  ['jobcomptype', 'jobcomploc', 'accountingstoragetype'].some((key) => taken.has(key));

/** A list of ended jobs beside the jobs themselves, so that it goes wherever they go. */
const endedJobs = ({ stateSaveLocation }: SlurmConfig): [string, string][] => [
  ['JobCompType', 'jobcomp/filetxt'],
  ['JobCompLoc', `${stateSaveLocation}/ended_jobs`],
];

function containment(kind: SlurmConfig['containment']): [string, string][] {
  return kind === 'cgroup'
    ? [
        ['ProctrackType', 'proctrack/cgroup'],
        ['TaskPlugin', 'task/affinity,task/cgroup'],
        ['JobAcctGatherType', 'jobacct_gather/cgroup'],
      ]
    : [
        ['ProctrackType', 'proctrack/linuxproc'],
        ['TaskPlugin', 'task/none'],
        ['JobAcctGatherType', 'jobacct_gather/none'],
      ];
}

function partitionLines(partitions: readonly string[], extra: readonly string[]): string[] {
  const own = extra.filter((line) => keyOf(line) === 'partitionname');
  const ownNames = new Set(own.map(nameOf));
  const hasDefault = own.some((line) => /\bdefault=yes\b/i.test(line));
  const all = `PartitionName=batch Nodes=ALL MaxTime=INFINITE State=UP${hasDefault ? '' : ' Default=YES'}`;
  return [
    ...(ownNames.has('batch') ? [] : [all]),
    ...partitions
      .filter((name) => !ownNames.has(name))
      .toSorted()
      .flatMap((name) => [
        `NodeSet=nodes_${name} Feature=${partitionFeature(name)}`,
        `PartitionName=${name} Nodes=nodes_${name} MaxTime=INFINITE State=UP`,
      ]),
  ];
}

const closedLine = (line: string) => `${line.replace(/\s+State=\S+/gi, '')} State=INACTIVE`;

/** cgroup.conf. Without it slurmd of 22.05 ends at once where no cgroups are mounted. */
export function renderCgroupConf(kind: SlurmConfig['containment']): string {
  const lines =
    kind === 'cgroup'
      ? [
          'CgroupPlugin=autodetect',
          'ConstrainCores=yes',
          'ConstrainRAMSpace=yes',
          'ConstrainDevices=yes',
        ]
      : ['CgroupPlugin=cgroup/v1'];
  return [OURS, ...lines, ''].join('\n');
}

/** gres.conf of a node with these devices, as `/dev/nvidia0`. */
export function renderGresConf(gpuDevices: readonly string[]): string {
  return [OURS, ...gpuDevices.map((file) => `Name=gpu File=${file}`), ''].join('\n');
}
