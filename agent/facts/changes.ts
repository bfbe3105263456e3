import type { AgentEvent } from '#shared/contract/agent/dashboard';
import type { Snapshot } from './types';

export type Told = Pick<AgentEvent, 'kind' | 'subject'>;

/** What is different between two moments, as watchers are told it; ages and loads are no change. */
export function changesBetween(before: Snapshot, now: Snapshot): Told[] {
  return [
    ...memberChanges(before, now),
    ...(same(leadersOf, before, now) ? [] : [{ kind: 'leaders' as const }]),
    ...roleChanges(before, now),
    ...(before.slurm?.jobs === now.slurm?.jobs && before.kube?.pods === now.kube?.pods
      ? []
      : same(workOf, before, now)
        ? []
        : [{ kind: 'jobs' as const }]),
    ...nodeChanges(before, now),
    ...(same(problemsOf, before, now) ? [] : [{ kind: 'problems' as const }]),
  ];
}

function same(of: (snapshot: Snapshot) => unknown, before: Snapshot, now: Snapshot): boolean {
  return JSON.stringify(of(before)) === JSON.stringify(of(now));
}

const leadersOf = ({ leaders, slurm }: Snapshot) => [leaders, slurm?.primary];

const workOf = ({ slurm, kube }: Snapshot) => [
  slurm?.jobs.map(({ id, state, nodes, reason }) => [id, state, nodes, reason]),
  kube?.pods,
];

const problemsOf = ({ problems }: Snapshot) =>
  problems.map(({ code, node, severity }) => [code, node, severity]);

function memberChanges(before: Snapshot, now: Snapshot): Told[] {
  const essence = ({ id, status, address, authenticated, roles }: Snapshot['members'][number]) =>
    JSON.stringify([id, status, address, authenticated, roles]);
  const known = new Map(before.members.map((member) => [member.name, essence(member)]));
  const told: Told[] = [];
  for (const member of now.members) {
    if (known.get(member.name) !== essence(member)) {
      told.push({ kind: 'members', subject: member.name });
    }
    known.delete(member.name);
  }
  for (const name of known.keys()) told.push({ kind: 'members', subject: name });
  return told;
}

function roleChanges(before: Snapshot, now: Snapshot): Told[] {
  const told: Told[] = [];
  for (const [id, facts] of now.facts) {
    const old = before.facts.get(id);
    if (old === facts) continue;
    const isSame =
      JSON.stringify([old?.roles, old?.units]) === JSON.stringify([facts.roles, facts.units]);
    if (!isSame) told.push({ kind: 'roles', subject: facts.name });
  }
  for (const [id, facts] of before.facts) {
    if (!now.facts.has(id)) told.push({ kind: 'roles', subject: facts.name });
  }
  return told;
}

function nodeChanges(before: Snapshot, now: Snapshot): Told[] {
  if (before.slurm?.nodes === now.slurm?.nodes) return [];
  const known = new Map(before.slurm?.nodes.map((node) => [node.name, JSON.stringify(node)]));
  return (now.slurm?.nodes ?? [])
    .filter((node) => known.get(node.name) !== JSON.stringify(node))
    .map(({ name }) => ({ kind: 'nodes', subject: name }));
}
