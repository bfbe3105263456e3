import { TwoClusters } from '#tests/lab/merge/clusters';
import { MergeLoad } from '#tests/lab/merge/load';
import { mergeBoth, partBoth } from '#tests/lab/merge/run';
import { until } from '#tests/lab/process';
import { amount, type BenchRow, median } from './row';

const RUNS = 5;
const SLEEP = '#!/bin/sh\nexec sleep 3600\n';
const BUDGET = { workS: 20, gapS: 1.5, awayS: 2, backS: 10 };

/** Two clusters become one and part again, in the lab. Needs root. */
export async function bench(): Promise<BenchRow[]> {
  const clusters = await TwoClusters.start();
  const load = new MergeLoad(clusters);
  try {
    load.staying.start();
    await load.staying.served(4);
    const long = await clusters.host('a1').submit(SLEEP, 'long', ['-w', 'a3']);
    const isRunning = async () => (await load.seen('a1', long)).state === 'RUNNING';
    await until(isRunning, 'the long job to run');
    const before = await load.seen('a1', long);
    const taken: { workS: number; gapS: number; awayS: number; backS: number }[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const { answer, workMs, gapMs, awayMs } = await mergeBoth(clusters, load, 5);
      const backMs = await partBoth(clusters, answer.operation.id);
      const seconds = [workMs, gapMs, awayMs, backMs].map((ms) => ms / 1000);
      const [workS = 0, gapS = 0, awayS = 0, backS = 0] = seconds;
      taken.push({ workS, gapS, awayS, backS });
    }
    const isExact = JSON.stringify(await load.seen('a1', long)) === JSON.stringify(before);
    await clusters.host('a1').must(['scancel', long]);
    await load.stop();
    await load.settled();
    const wrong = [...(await load.wrong()), ...(isExact ? [] : ['the long job was touched'])];
    const jobs = wrong.length === 0 ? 'each job once' : wrong.join('; ');
    const byHandS = await movedByHand(clusters);
    const of = (what: 'workS' | 'gapS' | 'awayS' | 'backS') =>
      median(taken.map((one) => one[what]));
    const row = (what: string, budget: number, oursS: number, more = ''): BenchRow => ({
      what: `${what}, median of ${RUNS}`,
      budget: `< ${budget} s`,
      ours: `${amount(oursS, 's')}${more}`,
      rival: null,
      ratio: null,
      within: oursS < budget && wrong.length === 0,
    });
    const awayS = of('awayS');
    return [
      row('3 + 2 hosts merged, without waiting for jobs', BUDGET.workS, of('workS'), `, ${jobs}`),
      row('longest wait of a submission in the cluster that stays', BUDGET.gapS, of('gapS')),
      {
        ...row('a worker away from both clusters', BUDGET.awayS, awayS),
        rival: `key and slurm.conf copied by hand, its jobs killed: ${amount(byHandS, 's')}`,
        ratio: byHandS / awayS,
      },
      row('a merge taken back', BUDGET.backS, of('backS')),
    ];
  } finally {
    await load.stop();
    await clusters.lab.down();
  }
}

/**
 * What people do without any of this: key and slurm.conf are copied to one node and its daemons started
 * again. Nothing is looked at before, and its cluster goes on waiting for it. The last thing done to
 * these clusters. @returns s
 */
async function movedByHand(clusters: TwoClusters): Promise<number> {
  const [a1, b2] = [clusters.host('a1'), clusters.host('b2')];
  const files = ['/etc/munge/munge.key', '/etc/slurm/slurm.conf'];
  const theirs = await Promise.all(files.map((path) => a1.must(['base64', path])));
  await b2.agent('stop');
  const begun = performance.now();
  const line = (await b2.sh("tr '\\0' ' ' </proc/$(pidof slurmd)/cmdline")).trim();
  await b2.sh('kill $(pidof slurmd); while pidof slurmd >/dev/null; do sleep 0.05; done');
  await b2.sh('kill $(pidof munged); while pidof munged >/dev/null; do sleep 0.05; done');
  for (const [index, path] of files.entries()) {
    await b2.must(['sh', '-c', 'base64 -d >"$1"', 'sh', path], { input: theirs[index] ?? '' });
  }
  await b2.sh('setpriv --reuid munge --regid munge --init-groups munged');
  await b2.sh(`setsid ${line} >/dev/null 2>&1 &`);
  const isThere = async () => (await a1.must(['sinfo', '-h', '-N', '-n', 'b2', '-o', '%T'])) !== '';
  await until(isThere, 'b2 to work in the other cluster', { withinMs: 60_000 });
  return (performance.now() - begun) / 1000;
}
