import { expect, test } from 'vitest';
import type { MergeJob } from '#agent/operations/merge/hands';
import { draftMerge } from '#agent/operations/merge/plan/draft';
import type { PlanCheck } from '#shared/contract/agent/operations';
import {
  BETA,
  type ClusterAnswer,
  looking,
  type NodeAnswer,
  TwoClusters,
} from '#tests/support/merge-plan';

export const checksOf = async (two: TwoClusters): Promise<readonly PlanCheck[]> =>
  (await draftMerge(two.deps, { losing: BETA }, looking)).checks;

/** What is not ok. */
async function wrong(change: (two: TwoClusters) => void): Promise<PlanCheck[]> {
  const two = new TwoClusters();
  change(two);
  return (await checksOf(two)).filter(({ state }) => state !== 'ok');
}

/** Each is told of with its remedy, and what is well needs none. */
export function prove(cases: readonly Case[]): void {
  test.each(cases)('%s', async (_what, change, id, state, says, remedy) => {
    const found = await wrong(change);
    const check = found.find((one) => one.id === id);
    expect(found.map((one) => one.id)).toContain(id);
    expect(check?.state).toBe(state);
    expect(check?.detail).toMatch(says);
    expect(check?.remedy).toMatch(remedy);
    expect(found.filter((one) => one.remedy === '')).toEqual([]);
  });
}

export const slurmOf = ({ slurm }: ClusterAnswer) => {
  if (slurm === null) throw new Error('It has SLURM');
  return slurm;
};
export const memberOf = ({ members }: ClusterAnswer, name: string) => {
  const found = members.find((one) => one.name === name);
  if (found === undefined) throw new Error(`No ${name}`);
  return found;
};
export const jobs = (cluster: ClusterAnswer, ...those: MergeJob[]) =>
  slurmOf(cluster).jobs.push(...those);
export const node = (name: string, change: Partial<NodeAnswer>) => (two: TwoClusters) =>
  two.nodes.set(name, change);
export const kube = (more: object = {}): NonNullable<ClusterAnswer['k3s']> => ({
  version: 'v1.31.4+k3s1',
  servers: ['a1'],
  agents: ['a2'],
  namespaces: ['default', 'kube-system'],
  clusterCidr: '10.42.0.0/16',
  serviceCidr: '10.43.0.0/16',
  ...more,
});

export type Case = [
  what: string,
  change: (two: TwoClusters) => void,
  id: string,
  state: 'warning' | 'failed',
  says: RegExp,
  remedy: RegExp,
];
