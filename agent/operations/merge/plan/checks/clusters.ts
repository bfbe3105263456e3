import type { PlanCheck } from '#shared/contract/agent/operations';
import { failed, fine } from '../../../departure/checks';
import type { ClusterLook } from '../order';
import type { Survey } from '../survey';
import { some } from './words';

/** About each cluster as a whole. */
export function clusterChecks(seen: Survey): PlanCheck[] {
  const { gaining, losing } = seen;
  return [
    sameCluster(seen),
    pact(seen),
    enabled(seen),
    quorum(gaining, 'gaining'),
    quorum(losing, 'losing'),
    free(seen),
    stateKind(seen),
    earlier(seen),
  ];
}

/** A part of the same cluster is healed, and never merged. */
function sameCluster({ gaining, losing }: Survey): PlanCheck {
  const found = { id: 'foreign', title: 'They are two clusters' };
  if (gaining.cluster.uuid !== losing.cluster.uuid) {
    const detail = `${gaining.cluster.name} and ${losing.cluster.name} were founded apart.`;
    return fine({ ...found, detail });
  }
  const remedy = 'Mend the network between them: they find each other again by themselves.';
  return failed({ ...found, detail: 'Both are parts of the same cluster.', remedy });
}

/** Each must know the other's nodes as they are now, or calls and crossings are refused. */
function pact({ gaining, losing, card }: Survey): PlanCheck {
  const found = { id: 'pact', title: 'Both let each other take part' };
  const remedy = 'Let them see each other anew: node-agent merge --with ADDRESS';
  const known = new Map(card.nodes.map(({ id, fingerprint }) => [id, fingerprint]));
  const back = losing.pacts.find(({ uuid }) => uuid === gaining.cluster.uuid);
  if (back === undefined) {
    const detail = `${losing.cluster.name} does not let ${gaining.cluster.name} call it.`;
    return failed({ ...found, detail, remedy });
  }
  const known2 = new Map(back.nodes.map(({ id, fingerprint }) => [id, fingerprint]));
  const strangers = [
    ...losing.members.filter(({ id, fingerprint }) => known.get(id) !== fingerprint),
    ...gaining.members.filter(({ id, fingerprint }) => known2.get(id) !== fingerprint),
  ].map(({ name }) => name);
  if (strangers.length > 0) {
    const detail = `The other side does not know ${some(strangers)} yet.`;
    return failed({ ...found, detail, remedy });
  }
  return fine({ ...found, detail: 'An admin of both allowed it, and they know all nodes.' });
}

function enabled({ gaining, losing, card, crossers, stayers }: Survey): PlanCheck {
  const found = { id: 'enabled', title: 'Merging is enabled on both sides' };
  const off = [...crossers, ...stayers]
    .filter(({ look }) => look?.mergingEnabled === false)
    .map(({ node }) => node.name);
  if (off.length === 0 && card.enabled) {
    const detail = `${gaining.cluster.name} and ${losing.cluster.name} allow it.`;
    return fine({ ...found, detail });
  }
  const where = off.length === 0 ? losing.cluster.name : some(off);
  const remedy =
    'Set cluster.merging.enabled to true in /etc/clusterdeck/node-agent.yaml there, restart the agent, and let the clusters see each other anew.';
  const node = off.length === 1 ? { node: off[0] ?? '' } : {};
  return failed({ ...found, ...node, detail: `It is switched off on ${where}.`, remedy });
}

function quorum({ cluster, state, members }: ClusterLook, side: 'gaining' | 'losing'): PlanCheck {
  const found = { id: `quorum-${side}`, title: `${cluster.name} agrees with itself` };
  const alive = new Set(members.filter((one) => one.alive).map(({ id }) => id));
  const answering = state.voters.filter((id) => alive.has(id)).length;
  const detail = `${answering} of ${state.voters.length} voters answer.`;
  if (state.healthy && state.leader !== null && answering > state.voters.length / 2) {
    return fine({ ...found, detail });
  }
  const remedy = 'Bring back the voters that are down: without a quorum nothing can be changed.';
  return failed({ ...found, detail, remedy });
}

/** Of the gaining cluster's own operations the service itself tells. */
function free({ gaining, losing }: Survey): PlanCheck {
  const found = { id: 'free', title: 'Nothing else is under way in either' };
  if (losing.busy !== '') {
    const remedy = `Wait for its end, or abort it in ${losing.cluster.name} first.`;
    return failed({ ...found, detail: `${losing.cluster.name}: ${losing.busy}.`, remedy });
  }
  const held = [gaining, losing].find(({ locked }) => locked !== '');
  if (held !== undefined) {
    const remedy = `Finish it or roll it back: node-agent operation show ${held.locked}`;
    return failed({ ...found, detail: `A merge holds ${held.cluster.name} already.`, remedy });
  }
  return fine({ ...found, detail: 'Both are free.' });
}

/** A state that lies on one node alone takes nobody up, and a node with such a one joins nobody. */
function stateKind({ gaining, crossers }: Survey): PlanCheck {
  const found = { id: 'state', title: 'The shared state can be shared' };
  const lonely = crossers.filter(({ look }) => look?.stateKind === 'sqlite');
  const names =
    gaining.state.kind === 'sqlite'
      ? gaining.members.map(({ name }) => name)
      : lonely.map(({ node }) => node.name);
  if (names.length === 0) return fine({ ...found, detail: 'etcd keeps it.' });
  const detail = `${some(names)} ${names.length === 1 ? 'keeps' : 'keep'} it in a file of its own.`;
  const remedy = `Set state.kind to etcd there, as a cluster of several nodes needs it.`;
  return failed({ ...found, detail, remedy });
}

/** What an earlier merge kept for its return would be in the way of this one's. */
function earlier({ crossers }: Survey): PlanCheck {
  const found = { id: 'earlier', title: 'No earlier merge is open' };
  const keeping = crossers.filter(({ look }) => (look?.kept.length ?? 0) > 0);
  const [first] = keeping;
  if (first === undefined) return fine({ ...found, detail: 'Nothing is kept of one.' });
  const names = some(keeping.map(({ node }) => node.name));
  const operation = first.look?.kept[0]?.operation ?? '';
  return failed({
    ...found,
    detail: `On ${names} lies what an earlier merge could be rolled back with.`,
    remedy: `Roll it back, or keep its outcome: node-agent operation commit ${operation}`,
  });
}
