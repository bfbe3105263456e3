import type { Load, Snapshot } from './types';

/** The measured values of one moment by series; what was not measured is left out. */
export function samplesOf(snapshot: Snapshot): Map<string, number> {
  const samples = new Map<string, number>();
  const loads: { load: Load; cores: number }[] = [];
  const alive = snapshot.members.filter((one) => one.authenticated && one.status === 'alive');
  for (const { id, name } of alive) {
    const load = snapshot.facts.get(id)?.load ?? null;
    if (load === null) continue;
    loads.push({ load, cores: snapshot.hardware.get(id)?.cpuCores ?? 1 });
    for (const [what, value] of fractions([{ load, cores: 1 }])) {
      samples.set(`node/${name}/${what}`, value);
    }
  }
  for (const [what, value] of fractions(loads)) samples.set(`cluster/${what}`, value);
  const all = snapshot.members.filter((one) => one.authenticated && one.status !== 'left');
  samples.set('cluster/nodes/alive', alive.length);
  samples.set('cluster/nodes/total', all.length);
  countWork(snapshot, samples);
  return samples;
}

/** Work that was last seen long ago is no measurement of now. */
const RECENT_MS = 30_000;

function countWork({ slurm, kube, at }: Snapshot, samples: Map<string, number>): void {
  if (slurm !== null && at - (slurm.asOf ?? 0) < RECENT_MS) {
    const states = slurm.jobs.map(({ state }) => state);
    samples.set('cluster/jobs/running', states.filter((one) => one === 'RUNNING').length);
    samples.set('cluster/jobs/pending', states.filter((one) => one === 'PENDING').length);
  }
  if (kube !== null && at - (kube.asOf ?? 0) < RECENT_MS) {
    samples.set('cluster/pods/running', kube.pods.filter((p) => p.phase === 'Running').length);
  }
}

/** Used parts of what several nodes have together. */
function fractions(loads: readonly { load: Load; cores: number }[]): [string, number][] {
  const sum = (of: (load: Load) => number) =>
    loads.reduce((total, { load }) => total + of(load), 0);
  const measured = loads.filter(({ load }) => load.cpu !== null);
  const cores = measured.reduce((total, one) => total + one.cores, 0);
  const busy = measured.reduce((total, one) => total + (one.load.cpu ?? 0) * one.cores, 0);
  const parts: [string, number, number][] = [
    ['cpu', busy, cores],
    ['memory', sum((load) => load.memoryUsedBytes), sum((load) => load.memoryTotalBytes)],
    ['disk', sum((load) => load.diskUsedBytes), sum((load) => load.diskTotalBytes)],
  ];
  return parts.flatMap(([what, used, total]): [string, number][] =>
    total > 0 ? [[what, used / total]] : [],
  );
}
