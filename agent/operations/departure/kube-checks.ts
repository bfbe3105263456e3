import type { PlanCheck } from '#shared/contract/agent/operations';
import { doubtful, failed, fine } from './checks';
import type { KubeLook } from './servers';

const quorumOf = (voters: number) => Math.floor(voters / 2) + 1;

/** That the etcd of k3s agrees and nobody is joining it just now. */
export function etcdChecks({ members, trouble, nodes }: KubeLook): PlanCheck[] {
  const agreed = { id: 'k3s-etcd', title: "k3s' etcd agrees" };
  if (members === null) {
    if (trouble === '') {
      return [fine({ ...agreed, detail: 'k3s keeps its data elsewhere: there are no members.' })];
    }
    const remedy = 'Install etcd-client on the servers, and look at the log of k3s.';
    return [failed({ ...agreed, detail: trouble, remedy })];
  }
  const silent = members.filter(({ isAnswering }) => !isAnswering);
  const checks: PlanCheck[] = [
    silent.length === 0 && members.some(({ isLeader }) => isLeader)
      ? fine({ ...agreed, detail: `All ${members.length} members answer and have a leader.` })
      : failed({
          ...agreed,
          detail:
            silent.length === 0
              ? 'It has no leader.'
              : `${silent.map(({ node }) => node || 'an unknown member').join(', ')} do not answer.`,
          remedy: 'Bring back the servers that are down; only then one may go.',
        }),
  ];
  const learners = members.filter(({ isLearner }) => isLearner);
  if (learners.length > 0) {
    checks.push(
      failed({
        id: 'k3s-learners',
        title: 'No server is joining',
        detail: `${learners.map(({ node }) => node).join(', ')} has no vote yet.`,
        remedy: 'Wait until it has joined.',
      }),
    );
  }
  const asked = nodes.filter(({ removal }) => removal === 'asked');
  for (const { name } of asked) {
    checks.push(
      failed({
        id: 'k3s-removal',
        title: 'No other server is being removed',
        detail: `k3s was asked to remove ${name}.`,
        remedy: 'Wait until that is done: one server at a time.',
        node: name,
      }),
    );
  }
  return checks;
}

/** That the server `via` was asked from takes requests. */
export function readyCheck({ ready, message }: KubeLook, via: string): PlanCheck {
  const found = { id: 'k3s-ready', title: 'The Kubernetes API is ready', node: via };
  return ready
    ? fine({ ...found, detail: message })
    : failed({ ...found, detail: message, remedy: `Look at the log of k3s on ${via}.` });
}

/**
 * Whether the servers agree without `node`.
 * @param isForGood its member is removed; else it is away for a while
 */
export function quorumWithout(
  { members, nodes }: KubeLook,
  node: string,
  isForGood: boolean,
): PlanCheck {
  const found = { id: 'k3s-quorum', title: `k3s agrees without ${node}`, node };
  const servers = nodes.filter(({ isServer }) => isServer).map(({ name }) => name);
  const voters = members?.filter(({ isLearner }) => !isLearner) ?? null;
  const count = voters?.length ?? servers.length;
  if (count <= 1) {
    const detail = `${node} is the only server: the cluster would end with it.`;
    const remedy = 'Give another node the role k3s-server first.';
    return isForGood
      ? failed({ ...found, detail, remedy })
      : doubtful({
          ...found,
          detail: `${node} is the only server: nothing can be changed in Kubernetes while it is away.`,
          remedy: 'Pods run on meanwhile. A second and third server would take over.',
        });
  }
  if (voters === null) {
    return fine({ ...found, detail: `${count - 1} of ${count} servers stay.` });
  }
  const answering = voters.filter((one) => one.isAnswering && one.node !== node).length;
  const needed = quorumOf(isForGood ? count - 1 : count);
  const numbers = `${answering} of the others answer, ${needed} are needed.`;
  if (answering >= needed) {
    if (isForGood && count === 2) {
      return doubtful({
        ...found,
        detail: 'One server stays, and no other can take over for it.',
        remedy: 'Add a server before or after.',
      });
    }
    return fine({ ...found, detail: numbers });
  }
  const remedy = 'Bring back the servers that are down, or add another one.';
  return isForGood
    ? failed({ ...found, detail: numbers, remedy })
    : doubtful({
        ...found,
        detail: `Nothing can be changed in Kubernetes while ${node} is away: ${numbers}`,
        remedy: 'Pods run on meanwhile. Three servers survive the loss of one.',
      });
}

/** Versions that work together: servers may differ by one minor version while they are upgraded. */
export function versionCheck({ nodes }: KubeLook, to: string): PlanCheck {
  const versions = new Set(nodes.filter(({ isServer }) => isServer).map(({ version }) => version));
  const found = { id: 'k3s-version', title: 'The servers have one version', node: to };
  const listed = [...versions].toSorted().join(', ');
  return versions.size <= 1
    ? fine({ ...found, detail: listed === '' ? 'It is not told.' : `All have ${listed}.` })
    : doubtful({
        ...found,
        detail: `They have ${listed}.`,
        remedy: 'Finish the upgrade of k3s first where you can.',
      });
}
