import { afterAll, beforeAll, expect, it } from 'vitest';
import { clusterAnswer, jobsAnswer } from '#shared/contract/agent/dashboard';
import { mergeCard, pactAnswer, splitAnswer } from '#shared/contract/agent/merge';
import type { LabHost } from '#tests/lab/host';
import { type Lab, startLab } from '#tests/lab/lab';
import { act } from '#tests/lab/operations';
import { until } from '#tests/lab/process';
import { ask, jobState, memberStatuses, ready, workerStates } from '#tests/lab/views';

// two clusters on one network, of which one node was told of the other: nothing of one is seen in the other
let lab: Lab;
const host = (name: string): LabHost => lab.host(name);

beforeAll(async () => {
  lab = await startLab({
    clusters: { a: 3, b: 2 },
    configure: (config, { name }) =>
      name === 'a3' ? { ...config, discovery: { seeds: ['10.77.2.1:7946'] } } : config,
  });
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

it('tells on every node that another cluster is there, and lets nobody in by that', async () => {
  const seen = async (name: string) =>
    (await ask(host(name), '/api/v1/split', splitAnswer)).sightings;
  const foreign = await until(async () => (await seen('a1'))[0], 'a1 to hear of the other cluster');
  expect(foreign).toMatchObject({
    kind: 'foreign',
    cluster: { name: 'lab-b' },
    addresses: ['10.77.2.1:9090'],
    seen_by: ['a3'],
    via: ['seed'],
    pact: false,
  });
  // the other side was only asked, and knows of nobody
  expect(await seen('b1')).toEqual([]);
  const cards = await Promise.all(
    ['a1', 'b1'].map((name) => act(host(name), mergeCard, '/api/v1/merge/card')),
  );
  const decisions = await Promise.all(
    ['a2', 'b2'].map(async (name, index) => {
      const card = cards[1 - index];
      return (await act(host(name), pactAnswer, '/api/v1/merge/pact', { card })).decision;
    }),
  );
  expect(decisions[0]).toEqual(decisions[1]);
  const back = await until(
    async () => (await seen('b1'))[0],
    'b1 to look at the nodes of the pact',
  );
  expect(back).toMatchObject({ kind: 'foreign', cluster: { name: 'lab-a' }, pact: true });
  expect(Object.keys(await memberStatuses(host('a1')))).toEqual(['a1', 'a2', 'a3']);
  expect(Object.keys(await memberStatuses(host('b1')))).toEqual(['b1', 'b2']);
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
