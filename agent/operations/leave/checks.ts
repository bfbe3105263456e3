import type { PlanCheck } from '#shared/contract/agent/operations';
import { alive, doubtful, failed, fine } from '../departure/checks';
import { etcdChecks, quorumWithout, readyCheck } from '../departure/kube-checks';
import type { ControllerFacts, KubeFacts, LeaveFacts } from './facts';

const MORE = 5;

/** Everything that speaks for or against letting a node go. @param isReboot it comes back */
export function checksFor(facts: LeaveFacts, isReboot: boolean): PlanCheck[] {
  const { target, others, node, work, controller, kube, troubles } = facts;
  const { name } = target;
  const last = { id: 'last', title: `${name} is not the last node`, node: name };
  return [
    alive(target),
    others.length > 0
      ? fine({ ...last, detail: `${others.length} other nodes answer.` })
      : failed({
          ...last,
          detail: 'No other node answers, so nobody would carry it on.',
          remedy: 'Bring another node back, or stop this one with node-agent stop.',
        }),
    ...(node !== null && node.isLeaving ? [leavesAlready(name)] : []),
    ...troubles.map((detail, index) =>
      failed({
        id: `asked-${index}`,
        title: 'Everything could be asked',
        detail,
        remedy: 'Mend that first: what cannot be seen cannot be taken away safely.',
        node: name,
      }),
    ),
    ...(work === null ? [] : [workCheck(facts)]),
    ...(controller === null ? [] : controllerChecks(name, controller, isReboot)),
    ...(kube === null ? [] : kubeChecks(name, kube, isReboot)),
    ...(facts.isKubeElsewhere ? [elsewhere(name)] : []),
    ...seatChecks(facts, isReboot),
  ];
}

function workCheck({ target, work }: LeaveFacts): PlanCheck {
  const found = { id: 'slurm-work', title: 'Jobs on the node', node: target.name };
  const count = work?.jobs.length ?? 0;
  if (work?.name === null) return fine({ ...found, detail: 'SLURM does not know this node.' });
  if (count === 0) return fine({ ...found, detail: 'No job runs there.' });
  const detail = count === 1 ? 'A job runs there.' : `${count} jobs run there.`;
  const remedy = 'Their end is waited for, however long that takes; none is cancelled.';
  return doubtful({ ...found, detail, remedy });
}

function controllerChecks(
  name: string,
  { isPrimary, handoff, candidates, count }: ControllerFacts,
  isReboot: boolean,
): PlanCheck[] {
  const found = { id: 'slurm-controller', title: 'SLURM has a controller without it', node: name };
  if (!isPrimary) {
    return [fine({ ...found, detail: `${name} is the standby of ${count} controllers.` })];
  }
  if (handoff !== null) {
    return [fine({ ...found, detail: `${handoff.title}. ${handoff.reason}` }), ...handoff.checks];
  }
  const why = candidates.map(({ node, reasons }) => `${node}: ${reasons.join(' ')}`).join(' ');
  const detail = `No other node can take the controller. ${why}`.trim();
  // a standby that cannot take it now is to be mended first; where there is none, it is away as ever
  return isReboot && count === 1
    ? [
        doubtful({
          ...found,
          detail,
          remedy:
            'Jobs run on, and submissions fail while it is away. Enable roles.slurm-controller on another node to spare them that.',
        }),
      ]
    : [
        failed({
          ...found,
          detail,
          remedy:
            count === 1
              ? 'Enable roles.slurm-controller on another node first.'
              : 'Mend that first, or wait until it has passed.',
        }),
      ];
}

function kubeChecks(name: string, kube: KubeFacts, isReboot: boolean): PlanCheck[] {
  const { look, isServer, to, registrations, pods } = kube;
  if (look === null) return [];
  const checks: PlanCheck[] = [];
  if (isServer) checks.push(quorumWithout(look, name, !isReboot));
  if (to !== '') checks.push(readyCheck(look, to));
  if (isServer && !isReboot) {
    checks.push(...etcdChecks(look));
    if (registrations !== null) checks.push(registrations.check);
    const token = { id: 'k3s-token', title: 'k3s can be restored', node: to };
    if (look.members !== null && to !== '') {
      checks.push(
        look.hasToken
          ? fine({ ...token, detail: `${to} keeps the token that belongs to the snapshot.` })
          : failed({
              ...token,
              detail: `${to} has no whole token, without which no snapshot is of use.`,
              remedy: `Look at server/token of k3s on ${to}.`,
            }),
      );
    }
  }
  const blocked = pods.filter(({ fate }) => fate === 'blocked');
  const drain = { id: 'k3s-drain', title: 'Its pods may be evicted', node: name };
  if (blocked.length === 0) {
    const going = pods.filter(({ fate }) => fate === 'goes').length;
    checks.push(fine({ ...drain, detail: `${going} pods go, the others stay with their node.` }));
    return checks;
  }
  const named = blocked.slice(0, MORE).map((pod) => `${pod.namespace}/${pod.name}: ${pod.why}`);
  const rest = blocked.length - named.length;
  const hasUnmanaged = blocked.some(
    ({ budget, why }) => budget === null && /no controller|is gone/.test(why),
  );
  checks.push(
    doubtful({
      ...drain,
      detail: `${named.join(' ')}${rest > 0 ? ` And ${rest} more.` : ''}`,
      remedy: hasUnmanaged
        ? 'Delete the pods that nothing would start again, and let the others have more replicas; it is waited for.'
        : 'It is waited for. Let them have more replicas, or wait until their other pods are ready.',
    }),
  );
  return checks;
}

function seatChecks({ seats, target, others }: LeaveFacts, isReboot: boolean): PlanCheck[] {
  if (seats === null) return [];
  const { name, id } = target;
  const found = { id: 'etcd-quorum', title: `The shared state agrees without ${name}`, node: name };
  const voters = seats.members.filter(({ isLearner }) => !isLearner);
  const votes = voters.some(({ node }) => node === id);
  const answering = voters.filter((one) => one.isAnswering && one.node !== id).length;
  if (!votes) return [fine({ ...found, detail: 'It has no vote there.' })];
  if (isReboot) {
    const needed = Math.floor(voters.length / 2) + 1;
    if (answering >= needed) {
      return [fine({ ...found, detail: `${answering} voters stay, ${needed} are needed.` })];
    }
    const detail = `${answering} voters stay and ${needed} are needed: nothing can be changed while it is away.`;
    const remedy = 'Jobs and pods run on. Three nodes survive the loss of one.';
    return [doubtful({ ...found, detail, remedy })];
  }
  const stays = Math.max(1, voters.length - 1);
  const needed = Math.floor(stays / 2) + 1;
  const canReplace = others.some((one) => one.voter);
  if (voters.length === 1) {
    return canReplace
      ? [fine({ ...found, detail: 'It has the only vote; another node takes it first.' })]
      : [
          failed({
            ...found,
            detail: 'It has the only vote, and no other node may have one.',
            remedy: 'Set roles.voter to true on another node first.',
          }),
        ];
  }
  if (answering < needed) {
    const detail = `${answering} of the other voters answer, ${needed} are needed.`;
    return [failed({ ...found, detail, remedy: 'Bring back the voters that are down.' })];
  }
  if (stays > 2) return [fine({ ...found, detail: `${answering} other voters answer.` })];
  const free = others.filter(
    (one) => one.voter && !voters.some(({ node }) => node === one.id),
  ).length;
  return [
    free > 0
      ? fine({ ...found, detail: 'Another node takes its vote over.' })
      : doubtful({
          ...found,
          detail: `${stays === 1 ? 'One voter stays' : 'Two voters stay'}: the shared state stands still at the loss of any of them.`,
          remedy: 'Add a node before or after; three survive the loss of one.',
        }),
  ];
}

const elsewhere = (name: string): PlanCheck =>
  doubtful({
    id: 'k3s-elsewhere',
    title: 'Its pods are left alone',
    detail: `${name} runs pods for k3s servers that are no nodes of this cluster.`,
    remedy: `Drain it there first: kubectl drain ${name}`,
    node: name,
  });

const leavesAlready = (name: string): PlanCheck =>
  failed({
    id: 'leaving',
    title: `${name} does not leave yet`,
    detail: 'It says good-bye already.',
    remedy: 'Wait until it has gone.',
    node: name,
  });
