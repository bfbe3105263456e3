import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemCommands } from '#agent/host/commands';
import type { Commands } from '#agent/ports';
import { eventually, freePorts } from './etcd';
import { tempFolder } from './temp-folder';

export interface RealSlurm {
  /** programs of this machine, which speak to this cluster */
  commands: Commands;
  /** where slurmctld keeps its jobs */
  state: string;
  /** Runs one of SLURM's programs to its end. @throws Error where its code is not 0 */
  must(...argv: [string, ...string[]]): Promise<string>;
  /** Ends its jobs and daemons. */
  close(): Promise<void>;
}

/**
 * A SLURM of its own on loopback with one worker, munge and all. As root, for jobs of other
 * users.
 * @param lines further ones of slurm.conf
 */
export async function startSlurm(name: string, lines: readonly string[] = []): Promise<RealSlurm> {
  const { path: folder, remove } = tempFolder();
  const state = join(folder, 'state');
  for (const path of [state, join(folder, 'spool')]) mkdirSync(path, { mode: 0o755 });
  const [controllerPort, workerPort] = await freePorts(2);
  const [key, socket] = [join(folder, 'munge.key'), join(folder, 'munge.sock')];
  const conf = join(folder, 'slurm.conf');
  writeFileSync(key, randomBytes(128), { mode: 0o400 });
  writeFileSync(join(folder, 'cgroup.conf'), 'CgroupPlugin=cgroup/v1\n');
  const host = hostname().split('.')[0];
  writeFileSync(
    conf,
    [
      `ClusterName=${name}`,
      `SlurmctldHost=${host}(127.0.0.1)`,
      `SlurmctldPort=${controllerPort}`,
      `SlurmdPort=${workerPort}`,
      'SlurmUser=root',
      `StateSaveLocation=${state}`,
      `SlurmdSpoolDir=${folder}/spool`,
      `SlurmctldPidFile=${folder}/slurmctld.pid`,
      `SlurmdPidFile=${folder}/slurmd.pid`,
      'AuthType=auth/munge',
      'CredType=cred/munge',
      `AuthInfo=socket=${socket}`,
      ...PLAIN,
      `NodeName=n1 NodeHostname=${host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=1000 Features=fast`,
      'PartitionName=batch Nodes=ALL Default=YES MaxTime=INFINITE State=UP',
      ...lines,
      '',
    ].join('\n'),
  );
  const files = ['pid', 'log', 'seed'].map((kind) => `--${kind}-file=${folder}/munged.${kind}`);
  const where = [`--key-file=${key}`, `--socket=${socket}`, ...files];
  const daemons: ChildProcess[] = [];
  const log = openSync(join(folder, 'daemons.log'), 'a');
  const begin = (program: string, ...args: string[]) => {
    const stdio = ['ignore', log, log] as const;
    daemons.push(
      spawn(program, args, { stdio: [...stdio], env: { ...process.env, SLURM_CONF: conf } }),
    );
  };
  begin('munged', '--foreground', '--force', ...where);
  const commands: Commands = {
    run: (argv, options) =>
      systemCommands.run(argv, { ...options, env: { ...options.env, SLURM_CONF: conf } }),
  };
  const ask = async (...argv: [string, ...string[]]) => {
    const { code, stdout, stderr } = await commands.run(argv, { deadlineMs: 30_000 });
    if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
    return stdout.trim();
  };
  const close = async () => {
    const jobs = await ask('squeue', '-h', '-a', '-o', '%A').catch(() => '');
    if (jobs !== '') await ask('scancel', ...jobs.split('\n')).catch(() => '');
    await eventually(
      async () => (await ask('squeue', '-h', '-a').catch(() => '')) === '',
      'the queue to be empty',
      30_000,
    );
    for (const daemon of daemons.toReversed()) await ended(daemon);
    remove();
  };
  try {
    await eventually(() => works(ask('munge', '-n', '-S', socket)), 'munged', 30_000);
    begin('slurmctld', '-D', '-f', conf);
    begin('slurmd', '-D', '-N', 'n1', '-f', conf);
    await eventually(
      async () => (await ask('sinfo', '-h', '-o', '%T').catch(() => '')).includes('idle'),
      'an idle node',
      60_000,
    );
  } catch (error) {
    await close();
    throw error;
  }
  return { commands, state, must: ask, close };
}

const works = (asked: Promise<unknown>) =>
  asked.then(
    () => true,
    () => false,
  );

const PLAIN = [
  'ProctrackType=proctrack/linuxproc',
  'TaskPlugin=task/none',
  'JobAcctGatherType=jobacct_gather/none',
  'SelectType=select/cons_tres',
  'SelectTypeParameters=CR_Core',
  'MpiDefault=none',
  'ReturnToService=2',
  'SlurmdParameters=config_overrides',
  'PropagateResourceLimits=NONE',
  'SchedulerParameters=sched_interval=1,batch_sched_delay=1,bf_interval=1,sched_min_interval=100000',
];

async function ended(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const over = once(daemon, 'exit');
  daemon.kill('SIGTERM');
  await over;
}
