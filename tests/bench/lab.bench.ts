import { setTimeout as sleep } from 'node:timers/promises';
import type { LabHost } from '#tests/lab/host';
import { type Lab, startLab } from '#tests/lab/lab';
import { until } from '#tests/lab/process';
import { enrolHost } from '#tests/lab/setup';
import { memberStatuses, ready, workerStates } from '#tests/lab/views';
import { amount, type BenchRow, median } from './row';

const HOSTS = 5;
const MANY = 30;
const IDLE_S = 20;
/** how often the rival looks, and we too */
const LOOK_S = 5;
const TICKS_PER_S = 100;
const BUDGET = { rssMB: 120, cpu: 0.02, workerS: 5, deadS: 10 };

/** Whole clusters on real SLURM, serf and etcd, in the lab's namespaces. Needs root. */
export async function bench(): Promise<BenchRow[]> {
  const few = await startLab({
    clusters: { a: HOSTS, z: 1 },
    configure: (config, host) => {
      if (host.name === 'z1') return null;
      const controller = { ...config.roles['slurm-controller'], slurmd_timeout: 10 };
      return { ...config, roles: { ...config.roles, 'slurm-controller': controller } };
    },
  });
  const rows: BenchRow[] = [];
  let workerS: number;
  try {
    await ready(members(few));
    rows.push(await idle(few));
    const added = await newWorker(few);
    workerS = added.seconds;
    rows.push(added.row, await deadNode(few));
  } finally {
    await few.down();
  }
  rows.push(await manyHosts(workerS));
  return rows;
}

const members = (lab: Lab) => lab.hosts.filter(({ cluster }) => cluster === 'a');
const secondsSince = (start: number) => (performance.now() - start) / 1000;

interface Usage {
  rssMB: number;
  ticks: number;
}

async function usageOf(host: LabHost): Promise<Usage> {
  const text = await host.sh(
    'pid=$(cat /run/lab/agent.pid); cat /proc/$pid/stat /proc/$pid/status',
  );
  const fields = text.slice(text.indexOf(') ') + 2).split(' ');
  const [, rssKiB = 'NaN'] = /VmRSS:\s*(\d+)/.exec(text) ?? [];
  return {
    rssMB: (Number(rssKiB) * 1024) / 1e6,
    ticks: Number(fields[11]) + Number(fields[12]),
  };
}

async function idle(lab: Lab): Promise<BenchRow> {
  const before = await Promise.all(members(lab).map(usageOf));
  await sleep(IDLE_S * 1000);
  const after = await Promise.all(members(lab).map(usageOf));
  const cpus = after.map(
    ({ ticks }, n) => (ticks - (before[n]?.ticks ?? 0)) / TICKS_PER_S / IDLE_S,
  );
  const cpu = Math.max(...cpus);
  const rssMB = Math.max(...after.map((one) => one.rssMB));
  const rivalCpu = await forkingCpu(lab.host('a1'));
  return {
    what: `agent when idle, the busiest of ${HOSTS} hosts`,
    budget: `< ${BUDGET.rssMB} MB, < ${BUDGET.cpu * 100} % of a core`,
    ours: `${amount(rssMB, 'MB')}, ${amount(cpu * 100, '%')}`,
    rival: `forks every ${LOOK_S} s on each: ${amount(rivalCpu * 100, '%')}`,
    ratio: rivalCpu / cpu,
    within: rssMB < BUDGET.rssMB && cpu < BUDGET.cpu,
  };
}

/** CPU of asking SLURM's commands for what a dashboard shows, once every LOOK_S. */
async function forkingCpu(host: LabHost): Promise<number> {
  const looks = 5;
  const look = 'sinfo --json >/dev/null; squeue --json >/dev/null; scontrol ping >/dev/null';
  const text = await host.sh(`for n in $(seq ${looks}); do ${look}; done; times`);
  // the shell's second line is of its children: user and system time
  const times = (text.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g);
  const seconds = [...times].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0);
  return seconds / looks / LOOK_S;
}

async function newWorker(lab: Lab): Promise<{ seconds: number; row: BenchRow }> {
  const z1 = lab.host('z1');
  const enrolment = await lab.host('a1').sh('cat /etc/clusterdeck/enrolment.yaml');
  const isIdle = async () => (await lab.host('a1').sh('sinfo -h -n z1 -o %T')).includes('idle');
  const start = performance.now();
  await enrolHost(z1, enrolment, {
    networking: { address: z1.address },
    roles: { 'slurm-worker': { enabled: true } },
  });
  await until(isIdle, 'the new worker to be idle', { withinMs: 60_000 });
  const seconds = secondsSince(start);

  const restarts: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    const begun = performance.now();
    await lab
      .host('a1')
      .sh('kill $(pidof slurmctld) && while pidof slurmctld >/dev/null; do sleep 0.02; done');
    const all = members(lab).map(({ name }) => name);
    await until(
      async () => {
        const states = await lab.host('a1').sh('sinfo -h -N -o "%N %T"');
        return all.every((name) => states.includes(`${name} idle`));
      },
      'the restarted controller to have its workers',
      { withinMs: 60_000 },
    );
    restarts.push(secondsSince(begun));
  }
  const rivalS = median(restarts);
  return {
    seconds,
    row: {
      what: 'a new machine, from its enrolment until SLURM has it idle',
      budget: `< ${BUDGET.workerS} s`,
      ours: `${amount(seconds, 's')}, controller untouched`,
      rival: `controller restarted for it: ${amount(rivalS, 's')}`,
      ratio: rivalS / seconds,
      within: seconds < BUDGET.workerS,
    },
  };
}

async function deadNode(lab: Lab): Promise<BenchRow> {
  const from = lab.host('a1');
  const begun = performance.now();
  await lab.host(`a${HOSTS}`).poweroff();
  const name = `a${HOSTS}`;
  const slurm = until(
    async () => (await from.sh(`sinfo -h -n ${name} -o %T`)).includes('down'),
    'SLURM to see it',
    { withinMs: 120_000 },
  ).then(() => secondsSince(begun));
  await until(async () => (await memberStatuses(from))[name] === 'failed', 'it to be shown', {
    withinMs: 60_000,
  });
  const seconds = secondsSince(begun);
  const rivalS = await slurm;
  return {
    what: 'a node loses power, until it is shown as failed',
    budget: `< ${BUDGET.deadS} s`,
    ours: amount(seconds, 's'),
    rival: `SLURM with SlurmdTimeout=10: ${amount(rivalS, 's')}`,
    ratio: rivalS / seconds,
    within: seconds < BUDGET.deadS,
  };
}

async function manyHosts(oneS: number): Promise<BenchRow> {
  const begun = performance.now();
  const lab = await startLab({ clusters: { a: MANY } });
  try {
    await ready(lab.hosts, 300_000);
    const seconds = secondsSince(begun);
    const states = Object.values(await workerStates(lab.host('a30')));
    const rss = await Promise.all(lab.hosts.map(async (host) => (await usageOf(host)).rssMB));
    return {
      what: `${MANY} hosts of one cluster at once, until all work`,
      budget: `${MANY} hosts`,
      ours: `${amount(seconds, 's')}, ${amount(median(rss), 'MB')} an agent`,
      rival: `one after another: ${amount(oneS * MANY, 's')}`,
      ratio: (oneS * MANY) / seconds,
      within: states.length === MANY && states.every((state) => state === 'idle'),
    };
  } finally {
    await lab.down();
  }
}
