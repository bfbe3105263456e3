import type { PlanCheck } from '#shared/contract/agent/operations';
import { doubtful, failed, fine } from '../../../departure/checks';
import { ACCOUNTED } from '../look-slurm';
import type { Survey } from '../survey';
import { some } from './words';

/** What must not be there twice in one cluster. */
export function nameChecks(seen: Survey): PlanCheck[] {
  return [nodeNames(seen), identities(seen), addresses(seen), clusterNames(seen)];
}

/** Values that both have, in the order of the first. */
function shared(those: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return [...new Set(those)].filter((one) => known.has(one));
}

function nodeNames({ gaining, losing, crossers, stayers }: Survey): PlanCheck {
  const found = { id: 'names', title: 'Every node has a name of its own' };
  // SLURM and Kubernetes know a machine by its host name, whatever its agent is called
  const namesOf = (members: Survey['losing']['members'], asked: Survey['crossers']) => [
    ...members.map(({ name }) => name.toLowerCase()),
    ...asked.flatMap(({ look }) => look?.hostName.split('.')[0]?.toLowerCase() ?? []),
  ];
  const taken = gaining.takenNames.map((name) => name.toLowerCase());
  const twice = shared(namesOf(losing.members, crossers), [
    ...namesOf(gaining.members, stayers),
    ...taken,
  ]);
  const [first] = twice;
  if (first === undefined) return fine({ ...found, detail: 'No name is there twice.' });
  if (twice.every((name) => taken.includes(name))) {
    return failed({
      ...found,
      detail: `Nodes that left ${gaining.cluster.name} still have ${some(twice)}.`,
      remedy: `Free ${twice.length === 1 ? 'it' : 'each of them'} there: node-agent forget ${first}`,
    });
  }
  return failed({
    ...found,
    ...(twice.length === 1 && { node: first }),
    detail: `Both clusters have ${some(twice)}.`,
    remedy: `Rename ${twice.length === 1 ? first : 'them'} in ${losing.cluster.name}: let the node leave, change its host name and identity.name, and let it join again.`,
  });
}

/** A disk that was copied brings the identity of its machine along. */
function identities({ gaining, losing }: Survey): PlanCheck {
  const found = { id: 'identities', title: 'Every node has an identity of its own' };
  const known = new Map(gaining.members.map(({ id, name }) => [id, name]));
  const twice = losing.members.filter(({ id }) => known.has(id));
  const [first] = twice;
  if (first === undefined) return fine({ ...found, detail: 'No identity is there twice.' });
  const names = twice.map(({ id, name }) => `${name} and ${known.get(id)}`);
  const remedy = `Where one is a copy of the other: let it leave, and begin it anew with an empty identity.state_dir. Where it belonged to both: node-agent forget ${known.get(first.id)}`;
  return failed({ ...found, detail: `The same one: ${some(names)}.`, remedy });
}

function addresses({ gaining, losing }: Survey): PlanCheck {
  const found = { id: 'addresses', title: 'Every node has an address of its own' };
  const of = (members: Survey['losing']['members']) => members.map(({ address }) => address);
  const twice = shared(of(losing.members), of(gaining.members));
  if (twice.length === 0) return fine({ ...found, detail: 'No address is there twice.' });
  const detail = `Both clusters have ${some(twice)}.`;
  const remedy = `Give the nodes of ${losing.cluster.name} other addresses (networking.address), and restart their agents.`;
  return failed({ ...found, detail, remedy });
}

function clusterNames({ gaining, losing }: Survey): PlanCheck {
  const found = { id: 'clustername', title: 'The clusters can be told apart' };
  const [ours, theirs] = [gaining.slurm, losing.slurm];
  if (ours !== null && theirs !== null && ours.clusterName === theirs.clusterName) {
    const isAccounted = [ours, theirs].some(({ accounting }) => accounting === ACCOUNTED);
    const detail = `Both are called ${ours.clusterName} in SLURM.`;
    const remedy = isAccounted
      ? `Give one of them another ClusterName while it has no jobs: one accounting cannot hold two clusters of one name.`
      : `Give one of them another ClusterName while it has no jobs: a controller takes up the jobs of any folder that has its name.`;
    return failed({ ...found, detail, remedy });
  }
  if (gaining.cluster.name === losing.cluster.name) {
    const ids = [gaining, losing].map(({ cluster }) => cluster.uuid.slice(0, 8)).join(' stays, ');
    return doubtful({
      ...found,
      detail: `Both are called ${losing.cluster.name}: ${ids} is taken up.`,
      remedy: 'Look twice which of them is which: what you type is the same for both.',
    });
  }
  return fine({ ...found, detail: 'They have different names.' });
}
