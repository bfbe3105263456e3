import { LoadedCluster, type Parts } from '#tests/lab/load/cluster';
import { handOver } from '#tests/lab/load/handoffs';
import { complaints } from '#tests/lab/load/ledger';
import { type Soak, soak } from '#tests/lab/load/soak';
import { Submitter } from '#tests/lab/load/submitter';
import { amount, type BenchRow, median } from './row';

const RUNS = 5;
const RIVAL_RUNS = 3;
const SOAK_ROUNDS = 50;
const BUDGET = { gapS: 1.5, wholeS: 15 };

/** Handing SLURM's controller over on running jobs, in the lab. Needs root. */
export async function bench(): Promise<BenchRow[]> {
  const shared = await LoadedCluster.start('A');
  const rows: BenchRow[] = [];
  let rivals: Rivals;
  try {
    const measured = await measure(shared);
    const soaked = await soak(shared, SOAK_ROUNDS);
    // last: a killed controller forgets its last seconds, and jobs stay that have ended
    rivals = await rivalsOf(shared);
    rows.push(
      gapRow('A', measured, { how: 'scontrol takeover', gapS: rivals.takeoverS }),
      gapRow('A', measured, { how: 'kill it and wait for the standby', gapS: rivals.killedS }),
      wholeRow('A', measured, rivals),
      soakRow(soaked, rivals),
    );
  } finally {
    await shared.lab.down();
  }
  const apart = await LoadedCluster.start('B');
  try {
    const measured = await measure(apart);
    // the last thing done to this cluster: what is copied by hand, no agent agreed on
    const byHand = { how: 'stop, copy and start by hand', gapS: await copiedByHand(apart) };
    rows.push(gapRow('B', measured, byHand), wholeRow('B', measured, rivals));
  } finally {
    await apart.lab.down();
  }
  return rows;
}

/** What SLURM has of its own; with SlurmctldTimeout=10. */
interface Rivals {
  takeoverS: number;
  killedS: number;
}
interface Measured {
  gapS: number;
  wholeS: number;
  refused: number;
  wrong: string[];
}

async function measure(cluster: LoadedCluster): Promise<Measured> {
  const { other } = await cluster.parts();
  const load = new Submitter(other);
  load.start();
  const gaps: number[] = [];
  const wholes: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const { gapMs, tookMs } = await handOver(cluster, load);
    gaps.push(gapMs / 1000);
    wholes.push(tookMs / 1000);
  }
  await load.stop();
  await load.settled(other);
  const found = await load.audit(other);
  return {
    gapS: median(gaps),
    wholeS: median(wholes),
    refused: found.refused.length,
    wrong: complaints(found),
  };
}

function gapRow(
  name: string,
  { gapS, refused, wrong }: Measured,
  rival: { how: string; gapS: number },
): BenchRow {
  const jobs = wrong.length === 0 ? 'each job once' : wrong.join('; ');
  return {
    what: `handoff ${name}: longest wait of a submission, median of ${RUNS}`,
    budget: `< ${BUDGET.gapS} s, none refused`,
    ours: `${amount(gapS, 's')}, ${refused} refused, ${jobs}`,
    rival: `${rival.how}: ${amount(rival.gapS, 's')}`,
    ratio: rival.gapS / gapS,
    within: gapS < BUDGET.gapS && wrong.length === 0,
  };
}

function wholeRow(name: string, { wholeS }: Measured, { killedS }: Rivals): BenchRow {
  return {
    what: `handoff ${name}: from its start to its proved end, median of ${RUNS}`,
    budget: `< ${BUDGET.wholeS} s`,
    ours: amount(wholeS, 's'),
    rival: `killed, until the standby serves, nothing proved: ${amount(killedS, 's')}`,
    ratio: killedS / wholeS,
    within: wholeS < BUDGET.wholeS,
  };
}

/** What SLURM itself offers, with nobody of ours about. */
async function rivalsOf(cluster: LoadedCluster): Promise<Rivals> {
  const takeover = await gapsWithoutAgents(cluster, async ({ to }) => {
    await to.must(['scontrol', 'takeover'], { deadlineMs: 60_000 });
  });
  const killed = await gapsWithoutAgents(cluster, async ({ from }) => {
    await from.sh('kill -9 $(pidof slurmctld)');
  });
  return { takeoverS: median(takeover), killedS: median(killed) };
}

async function gapsWithoutAgents(
  cluster: LoadedCluster,
  work: (parts: Parts) => Promise<void>,
): Promise<number[]> {
  const gaps: number[] = [];
  for (let run = 0; run < RIVAL_RUNS; run += 1) {
    const parts = await cluster.parts();
    // the daemons run on; nobody starts again what ends
    await Promise.all(cluster.hosts.map((host) => host.agent('stop')));
    gaps.push(await gapOf(parts, () => work(parts)));
    await Promise.all(cluster.hosts.map((host) => host.agent('start')));
    await cluster.whole();
  }
  return gaps;
}

async function gapOf({ other }: Parts, work: () => Promise<void>): Promise<number> {
  const load = new Submitter(other);
  load.start();
  try {
    await load.served(8);
    const since = Date.now();
    await work();
    await load.served(5, 120_000);
    return load.longestSince(since) / 1000;
  } finally {
    await load.stop();
  }
}

/** As one would do it by hand without a common folder: no relay, everybody's files one by one. */
async function copiedByHand(cluster: LoadedCluster): Promise<number> {
  const parts = await cluster.parts();
  const { from, to } = parts;
  const folder = cluster.stateFolder;
  await Promise.all(cluster.hosts.map((host) => host.agent('stop')));
  return gapOf(parts, async () => {
    await from.sh('kill $(pidof slurmctld); while pidof slurmctld >/dev/null; do sleep 0.1; done');
    const archive = '/shared/load/jobs.tar';
    await from.sh(`tar -C ${folder} -cf ${archive} .`);
    await to.sh(`rm -rf ${folder} && mkdir -p ${folder} && tar -C ${folder} -xf ${archive}`);
    const line = `SlurmctldHost=${to.name}(${to.address})`;
    for (const host of cluster.hosts) {
      await host.sh(`sed -i 's/^SlurmctldHost=.*/${line}/' /etc/slurm/slurm.conf`);
    }
    await to.sh('setsid slurmctld -D >/dev/null 2>&1 &');
  });
}

function soakRow({ handed, found, wrong }: Soak, { takeoverS }: Rivals): BenchRow {
  const gaps = handed.map(({ gapMs }) => gapMs / 1000);
  const waits = `longest wait ${amount(Math.max(...gaps), 's')}, median ${amount(median(gaps), 's')}`;
  return {
    what: `${SOAK_ROUNDS} handoffs back and forth under load`,
    budget: 'no job lost, repeated or ended twice',
    ours: `${found.submitted} jobs, ${wrong.length === 0 ? 'each once' : wrong.join('; ')}, ${waits}`,
    rival: `scontrol takeover each time: ${amount(takeoverS, 's')}`,
    ratio: takeoverS / median(gaps),
    within: wrong.length === 0,
  };
}
