import { afterAll, beforeAll, expect, it } from 'vitest';
import { clusterAnswer, jobsAnswer } from '#shared/contract/agent/dashboard';
import type { LabHost } from '#tests/lab/host';
import { type Lab, startLab } from '#tests/lab/lab';
import { until } from '#tests/lab/process';
import { ask, jobState, memberStatuses, ready, workerStates } from '#tests/lab/views';

// two clusters on one network: nothing of one is seen in the other
let lab: Lab;
const host = (name: string): LabHost => lab.host(name);

beforeAll(async () => {
  lab = await startLab({ clusters: { a: 3, b: 2 } });
  await ready(lab.hosts);
});
afterAll(() => lab?.down());

it('keeps two clusters apart', async () => {
  const [a, b] = await Promise.all(
    ['a1', 'b1'].map((name) => ask(host(name), '/api/v1/cluster', clusterAnswer)),
  );
  expect(a).toMatchObject({ name: 'lab-a', total_nodes: 3 });
  expect(b).toMatchObject({ name: 'lab-b', total_nodes: 2 });
  expect(a?.uuid).not.toBe(b?.uuid);
  expect(Object.keys(await memberStatuses(host('a2')))).toEqual(['a1', 'a2', 'a3']);
  expect(Object.keys(await memberStatuses(host('b2')))).toEqual(['b1', 'b2']);
  const names = await Promise.all(
    ['a1', 'b1'].map(async (name) => {
      const text = await host(name).must(['scontrol', 'show', 'config']);
      return /ClusterName\s*=\s*(\S+)/.exec(text)?.[1] ?? '';
    }),
  );
  expect(new Set(names).size).toBe(2);
  // a credential of one is worth nothing in the other
  const credential = await host('a1').must(['munge', '-n']);
  expect((await host('a2').exec(['unmunge'], { input: credential })).code).toBe(0);
  expect((await host('b1').exec(['unmunge'], { input: credential })).code).toBe(14);
});

it('runs jobs in both at once and shows each where it runs', async () => {
  const script = '#!/bin/sh\nexec sleep 600\n';
  const ids = await Promise.all(
    ['a3', 'b2'].map((name) => host(name).submit(script, `on-${name}`)),
  );
  for (const [index, name] of ['a1', 'b1'].entries()) {
    const id = ids[index] ?? '';
    await until(async () => (await jobState(host(name), id)) === 'RUNNING', 'the job to run');
    const { jobs } = await ask(host(name), '/api/v1/jobs', jobsAnswer);
    expect(jobs.slurm.jobs.map((job) => job.name)).toEqual([index === 0 ? 'on-a3' : 'on-b2']);
    await host(name).must(['scancel', id]);
  }
});

it('does not feel the other one lose its power', async () => {
  await Promise.all(['b1', 'b2'].map((name) => host(name).poweroff()));
  expect(await host('a2').must(['srun', '-N3', '-l', 'hostname'])).toMatch(/a1[^]*a2|a2[^]*a1/);
  expect(Object.keys(await workerStates(host('a3')))).toEqual(['a1', 'a2', 'a3']);
  expect(await memberStatuses(host('a1'))).toEqual({ a1: 'alive', a2: 'alive', a3: 'alive' });
  await Promise.all(['b1', 'b2'].map((name) => host(name).poweron()));
  await ready(lab.hosts);
});
