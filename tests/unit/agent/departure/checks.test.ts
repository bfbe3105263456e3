import { expect, test } from 'vitest';
import { etcdChecks, quorumWithout, versionCheck } from '#agent/operations/departure/kube-checks';
import type { KubeLook } from '#agent/operations/departure/servers';
import { waitingFor } from '#agent/operations/departure/steps';
import type { NodePod } from '#agent/operations/handoff/k3s/hands';

/** Servers s1, s2, ...; those named are silent in etcd. */
function look(
  size: number,
  silent: readonly string[] = [],
  more: Partial<KubeLook> = {},
): KubeLook {
  const names = Array.from({ length: size }, (_, index) => `s${index + 1}`);
  return {
    ready: true,
    message: '',
    nodes: names.map((name) => ({
      name,
      ready: true,
      cordoned: false,
      cordonedBy: '',
      isServer: true,
      version: 'v1.31.4+k3s1',
      removal: 'none',
    })),
    members: names.map((node, index) => ({
      id: String(index),
      node,
      isLearner: false,
      isLeader: index === 0,
      isAnswering: !silent.includes(node),
    })),
    trouble: '',
    hasToken: true,
    ...more,
  };
}

const states = (size: number, silent: readonly string[], isForGood: boolean) =>
  quorumWithout(look(size, silent), 's1', isForGood).state;

test('the only server never goes, of two the other stays alone, of three any may go', () => {
  expect(states(1, [], true)).toBe('failed');
  expect(states(2, [], true)).toBe('warning');
  expect(states(3, [], true)).toBe('ok');
  expect(states(5, [], true)).toBe('ok');
});

test('with others down it goes only while the rest agree without it', () => {
  expect(states(2, ['s2'], true)).toBe('failed');
  // of two that would stay both are needed
  expect(states(3, ['s2'], true)).toBe('failed');
  expect(states(4, ['s2'], true)).toBe('ok');
  expect(states(5, ['s2', 's3'], true)).toBe('failed');
  expect(quorumWithout(look(3, ['s2']), 's1', true).remedy).toContain('Bring back');
});

test('for a reboot nothing is refused, and what stands still meanwhile is told', () => {
  expect(states(1, [], false)).toBe('warning');
  expect(states(2, [], false)).toBe('warning');
  expect(states(3, [], false)).toBe('ok');
  expect(states(3, ['s2'], false)).toBe('warning');
  expect(states(5, ['s2'], false)).toBe('ok');
});

test('an etcd that does not agree, or that somebody joins or leaves now, refuses it', () => {
  const failedOf = (seen: KubeLook) =>
    etcdChecks(seen).flatMap(({ state, id, detail }) => (state === 'failed' ? [[id, detail]] : []));
  expect(failedOf(look(3))).toEqual([]);
  expect(failedOf(look(3, ['s3']))).toEqual([['k3s-etcd', 's3 do not answer.']]);
  const joining = look(3);
  const newcomer = joining.members?.[2];
  if (newcomer !== undefined) newcomer.isLearner = true;
  expect(failedOf(joining)).toEqual([['k3s-learners', 's3 has no vote yet.']]);
  const leaving = look(3);
  const other = leaving.nodes[1];
  if (other !== undefined) other.removal = 'asked';
  expect(failedOf(leaving)).toEqual([['k3s-removal', 'k3s was asked to remove s2.']]);
  const trouble = 'etcdctl is not installed on this node.';
  expect(failedOf(look(3, [], { members: null, trouble }))).toEqual([['k3s-etcd', trouble]]);
  // its data are in a database elsewhere
  expect(failedOf(look(3, [], { members: null }))).toEqual([]);
});

test('servers in the middle of an upgrade are told of', () => {
  const mixed = look(2);
  const [first] = mixed.nodes;
  if (first !== undefined) first.version = 'v1.32.0+k3s1';
  expect(versionCheck(mixed, 's1')).toMatchObject({
    state: 'warning',
    detail: 'They have v1.31.4+k3s1, v1.32.0+k3s1.',
  });
  expect(versionCheck(look(2), 's1').state).toBe('ok');
});

test('what is waited for names the blocked ones first, and how many there are', () => {
  const pod = (name: string, fate: NodePod['fate'], why: string): NodePod => ({
    namespace: 'web',
    name,
    uid: name,
    phase: 'Running',
    fate,
    why,
    budget: null,
    hasLocalData: false,
  });
  const pods = [
    pod('a', 'goes', ''),
    pod('b', 'blocked', 'The budget x needs 2 healthy pods and has 2.'),
    pod('c', 'goes', ''),
    pod('d', 'goes', ''),
  ];
  expect(waitingFor(pods)).toBe(
    '4 pods: web/b (The budget x needs 2 healthy pods and has 2), web/a, web/c and 1 more',
  );
  expect(waitingFor(pods.slice(0, 1))).toBe('1 pod: web/a');
});
