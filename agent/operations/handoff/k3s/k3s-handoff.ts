import type { Candidate, PlanCheck } from '#shared/contract/agent/operations';
import { Failure } from '#shared/contract/errors';
import type { Member } from '../../../membership/types';
import type { State } from '../../../state/types';
import { alive, failed, fine, memberNamed, NO_BLAST } from '../../departure/checks';
import { etcdChecks, readyCheck, versionCheck } from '../../departure/kube-checks';
import { registrationsAt } from '../../departure/registrations';
import { type KubeLook, KubeServers, serversOf } from '../../departure/servers';
import { stepParams } from '../../departure/step-params';
import { KubeSteps, type KubeStepsDeps } from '../../departure/steps';
import type { Json } from '../../engine/types';
import type { HandContext } from '../../hands/types';
import type { Draft, PlannedStep, RoleHandoff } from '../../types';
import { lookAtK3s } from './hands';

export interface K3sHandoffDeps extends KubeStepsDeps {
  state: Pick<State, 'get' | 'commit'>;
}

const HOUR_MS = 3_600_000;

/**
 * What a k3s server can hand to another one while both stay: the lead of its etcd, and that others
 * join by it. No workload moves; what takes a server away for good is the operation `leave`.
 */
export class K3sHandoff implements RoleHandoff {
  readonly role = 'k3s-server';
  readonly version = 1;
  readonly #deps: K3sHandoffDeps;

  constructor(deps: K3sHandoffDeps) {
    this.#deps = deps;
  }

  isThere(): boolean {
    return this.#deps.membership
      .members()
      .some(({ authenticated, roles }) => authenticated && roles.includes('k3s-server'));
  }

  async draft(to: string, context: HandContext): Promise<Draft> {
    const { hands, membership } = this.#deps;
    const members = membership.members();
    const target = memberNamed(members, to);
    const look = await hands.call(target.id, lookAtK3s, {}, context);
    const from = holderOf(look, members);
    const known =
      from === null || from.id === target.id
        ? null
        : await registrationsAt(this.#deps, from, context);
    const { joined = [], isFounder = false } = known ?? {};
    const hasEtcd = look.members !== null || look.trouble !== '';
    return {
      title: `k3s servers: ${from?.name ?? 'nobody'} to ${to}`,
      params: {
        role: this.role,
        to,
        from: from?.name ?? '',
        k3s: { to, joined, isFounder, hasEtcd },
      },
      facts: {
        leader: from?.id ?? '',
        members: look.members?.map(({ node }) => node).toSorted() ?? [],
        joined,
        isFounder,
      },
      procedure: '',
      reason:
        'k3s servers share their work; what one of them alone has is the lead of their etcd, and that others join by it. Both move, and every server goes on.',
      checks: [
        alive(target),
        isServer(look, to),
        ...(from === null ? [nothingToHand(to)] : []),
        ...(from?.id === target.id ? [holdsAlready(to)] : []),
        readyCheck(look, to),
        ...etcdChecks(look),
        versionCheck(look, to),
        ...(known === null ? [] : [known.check]),
      ],
      expectedPauseMs: 0,
      blast: NO_BLAST,
      irreversible: [],
      confirm: to,
      rollbackMs: HOUR_MS,
    };
  }

  steps(params: Readonly<Record<string, Json>>): readonly PlannedStep[] {
    const { to, from, k3s } = stepParams.parse(params);
    const steps = new KubeSteps(this.#deps);
    if (k3s === null) return [];
    return [
      ...(k3s.hasEtcd ? [steps.lead(to, from, true)] : []),
      ...(from === '' ? [] : [steps.registration(from, to, k3s.joined, k3s.isFounder)]),
    ];
  }

  async candidates(): Promise<Candidate[]> {
    const { membership } = this.#deps;
    const members = membership.members();
    const signal = AbortSignal.timeout(10_000);
    const context: HandContext = { operation: '', epoch: 0, signal, log: () => undefined };
    const look = await new KubeServers(this.#deps).look('', context).catch((error: unknown) => {
      if (error instanceof Failure) return null;
      throw error;
    });
    const holder = look === null ? null : holderOf(look, members);
    const able = new Set(serversOf(members).map(({ id }) => id));
    return members.flatMap((member) => {
      if (!member.authenticated || !member.roles.includes('k3s-server')) return [];
      const { id, name } = member;
      const holds = holder?.id === id;
      const reasons = look === null ? ['No k3s server answers.'] : reasonsAgainst(look, member);
      if (holds) return { node: name, holds, fit: false, reasons: ["It leads k3s' etcd now."] };
      const fit = able.has(id) && reasons.length === 0;
      return { node: name, holds, fit, reasons: fit ? ['Its server is ready.'] : reasons };
    });
  }
}

/** The server that leads k3s' etcd; null where nobody does, or there is none to lead. */
function holderOf({ members }: KubeLook, nodes: readonly Member[]): Member | null {
  const leader = members?.find(({ isLeader }) => isLeader);
  return nodes.find(({ name }) => name === leader?.node) ?? null;
}

function reasonsAgainst({ nodes, members }: KubeLook, { name, status }: Member): string[] {
  const machine = nodes.find((one) => one.name === name);
  const seat = members?.find(({ node }) => node === name);
  return [
    ...(status === 'alive' ? [] : [`It is ${status}.`]),
    ...(machine === undefined ? ['Kubernetes does not know it.'] : []),
    ...(machine !== undefined && !machine.ready ? ['Kubernetes does not call it ready.'] : []),
    ...(members !== null && seat === undefined ? ["It is no member of k3s' etcd."] : []),
    ...(seat?.isLearner === true ? ['It has no vote yet.'] : []),
    ...(seat !== undefined && !seat.isAnswering ? ['Its etcd does not answer.'] : []),
  ];
}

function isServer({ nodes }: KubeLook, name: string): PlanCheck {
  const found = { id: 'k3s-server', title: `${name} is a k3s server`, node: name };
  const machine = nodes.find((one) => one.name === name);
  if (machine?.isServer === true && machine.ready) {
    return fine({ ...found, detail: 'Kubernetes calls it ready.' });
  }
  const detail =
    machine === undefined
      ? 'Kubernetes does not know it.'
      : machine.isServer
        ? 'Kubernetes does not call it ready.'
        : 'It runs pods only.';
  return failed({ ...found, detail, remedy: 'Choose a server that is ready.' });
}

const nothingToHand = (name: string): PlanCheck =>
  failed({
    id: 'holds',
    title: 'One server has what can be handed on',
    detail: "Nobody is known to lead k3s' etcd.",
    remedy: 'Nothing to do where k3s keeps its data elsewhere; else look at its log.',
    node: name,
  });

const holdsAlready = (name: string): PlanCheck =>
  failed({
    id: 'holds',
    title: `${name} does not lead yet`,
    detail: `${name} leads k3s' etcd already.`,
    remedy: 'Choose another server.',
    node: name,
  });
