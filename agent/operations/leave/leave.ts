import { z } from 'zod';
import { roleName } from '#shared/contract/agent/dashboard';
import { type BlastItem, type Candidate, leaveParams } from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import type { Clock } from '../../ports';
import { CONFIG_KEY, slurmConfig } from '../../roles/slurm/config';
import { memberNamed } from '../departure/checks';
import { kubeParams } from '../departure/step-params';
import { KubeSteps } from '../departure/steps';
import type { Json } from '../engine/types';
import { moveLead } from '../handoff/etcd/etcd-handoff';
import type { HandContext } from '../hands/types';
import type { Draft, OperationKind, PlannedStep } from '../types';
import { checksFor } from './checks';
import { findOut, type LeaveDeps, type LeaveFacts } from './facts';
import { LeaveSteps } from './steps';

/** What the draft found out, for the steps. */
const plannedLeave = leaveParams.extend({
  id: z.string(),
  /** the operation is carried out by another node */
  avoid: z.array(z.string()),
  /** that it has, and that are stopped */
  roles: z.array(roleName),
  isWorker: z.boolean(),
  /** params of the handoff that takes SLURM's controller away; null where it has not to be */
  handoff: z.record(z.string(), z.json()).nullable(),
  isController: z.boolean(),
  kube: kubeParams.extend({ isServer: z.boolean() }).nullable(),
  /** the voter that takes the lead of the shared state; '' where nobody can */
  lead: z.string(),
  hasSeat: z.boolean(),
});
type PlannedLeave = z.infer<typeof plannedLeave>;

const DAY_MS = 24 * 3_600_000;

export interface LeaveKindDeps extends LeaveDeps {
  clock: Pick<Clock, 'monotonic'>;
}

/**
 * A node goes out of its cluster without anybody noticing: its work ends or moves, others take over
 * what it alone does, and its seats are taken back while a quorum stays. With `reboot` it keeps its
 * seats, and makes itself ready again once it is back.
 */
export class Leave implements OperationKind {
  readonly kind = 'leave';
  readonly #deps: LeaveKindDeps;

  constructor(deps: LeaveKindDeps) {
    this.#deps = deps;
  }

  /** Grows with its own steps, and with those of the handoff that is part of it. */
  version = (): number => 100 + (this.#deps.controller?.version ?? 0);

  /** @throws Failure INVALID_INPUT | NOT_FOUND */
  async draft(params: Readonly<Record<string, Json>>, context: HandContext): Promise<Draft> {
    const asked = leaveParams.safeParse(params);
    if (!asked.success) {
      const remedy = 'Name the node, and whether it comes back.';
      throw fail('INVALID_INPUT', { remedy, field: 'params' }, z.prettifyError(asked.error));
    }
    const { node, reboot } = asked.data;
    const target = memberNamed(this.#deps.membership.members(), node);
    const facts = await findOut(this.#deps, target, context);
    const planned = planOf(facts, reboot);
    const handoff = facts.controller?.handoff ?? null;
    return {
      title: reboot ? `${node} makes ready for a reboot` : `${node} leaves`,
      params: planned,
      facts: restsOn(facts, planned),
      procedure: handoff?.procedure ?? '',
      reason: reboot
        ? `${node} keeps its seats and its state. Its work ends or moves first, and it makes itself ready again after its start.`
        : `Its work ends or moves first, then the others take over what ${node} alone does, and it goes last.`,
      checks: checksFor(facts, reboot),
      expectedPauseMs: handoff?.expectedPauseMs ?? 0,
      blast: blastOf(facts),
      irreversible: irreversibleOf(facts, reboot),
      confirm: node,
      rollbackMs: reboot ? DAY_MS : 0,
    };
  }

  steps(params: Readonly<Record<string, Json>>): readonly PlannedStep[] {
    const planned = plannedLeave.parse(params);
    const { node, reboot, isWorker, isController, kube, roles, lead, hasSeat } = planned;
    const own = new LeaveSteps(this.#deps, planned);
    const ofKube = new KubeSteps(this.#deps);
    const isIn = kube !== null && kube.to !== '';
    const comeBack = own.comeBack(reboot, { drains: isWorker, isCordoned: isIn && reboot });
    return [
      // all that waits for somebody comes first, while it can be undone
      ...(isWorker ? [own.drain()] : []),
      ...(isIn ? [ofKube.cordon(node), ofKube.drain(node)] : []),
      ...(isWorker ? [own.empty()] : []),
      ...(isIn ? this.#kubeHandsOver(planned, ofKube) : []),
      ...(lead === '' ? [] : [moveLead(this.#deps, lead, node, false)]),
      ...this.#controllerGoes(planned, own),
      ...(reboot ? [comeBack] : []),
      ...(reboot
        ? []
        : [
            ...(isIn && kube.isServer && kube.hasEtcd
              ? [ofKube.remove(node), ofKube.settle(node)]
              : []),
            ...(hasSeat ? [own.seat()] : []),
            ...(roles.length > 0 ? [own.stop(roles)] : []),
            ...(isIn ? [ofKube.delete(node)] : []),
            ...(isIn && kube.isServer ? [ofKube.setAside(node)] : []),
            comeBack,
            own.goodbye(),
            ...(isController ? [own.forgetController()] : []),
          ]),
    ];
  }

  async pulse(
    signal: AbortSignal,
    params: Readonly<Record<string, Json>>,
  ): Promise<number | null | undefined> {
    const { handoff } = plannedLeave.parse(params);
    return handoff === null ? undefined : this.#deps.controller?.pulse?.(signal);
  }

  async candidates(): Promise<Candidate[]> {
    const { membership, state } = this.#deps;
    const members = membership.members().filter(({ authenticated }) => authenticated);
    const alive = members.filter(({ status }) => status === 'alive');
    const entry = await state.get(CONFIG_KEY);
    const { controllers } = slurmConfig.safeParse(entry?.value).data ?? { controllers: [] };
    const servers = alive.filter(({ roles }) => roles.includes('k3s-server'));
    return members.map(({ name, id, status, roles }) => {
      const against = [
        ...(status === 'alive' ? [] : [`It is ${status}.`]),
        ...(alive.length > 1 ? [] : ['It is the last node that answers.']),
        ...(servers.length === 1 && roles.includes('k3s-server')
          ? ['It is the only k3s server; it can be rebooted.']
          : []),
      ];
      const notes = [
        ...(controllers[0] === id ? ['SLURM goes to another controller first.'] : []),
        ...(roles.includes('slurm-worker') ? ['Its jobs are waited for.'] : []),
      ];
      const fit = against.length === 0;
      const reasons = fit ? (notes.length > 0 ? notes : ['Nothing holds it.']) : against;
      return { node: name, holds: false, fit, reasons };
    });
  }

  #kubeHandsOver({ node, reboot, kube }: PlannedLeave, steps: KubeSteps): PlannedStep[] {
    if (kube === null || !kube.isServer) return [];
    const lead = kube.hasEtcd ? [steps.lead(kube.to, node, false)] : [];
    if (reboot) return lead;
    return [
      ...(kube.hasEtcd ? [steps.snapshot(node, kube.to)] : []),
      ...lead,
      steps.registration(node, kube.to, kube.joined, kube.isFounder),
    ];
  }

  #controllerGoes({ handoff }: PlannedLeave, own: LeaveSteps): PlannedStep[] {
    const { controller } = this.#deps;
    if (handoff === null || controller === null) return [];
    // jobs from before still report here: the node stays until none of them is left
    return [...controller.steps(handoff), own.unneeded()];
  }
}

function planOf(facts: LeaveFacts, reboot: boolean): PlannedLeave {
  const { target, node, work, controller, kube, seats } = facts;
  const isIn = kube?.isListed === true && kube.look !== null && kube.to !== '';
  const voters = seats?.members.filter((one) => !one.isLearner && one.isAnswering) ?? [];
  const next = voters
    .map((voter) => facts.others.find(({ id }) => id === voter.node)?.name ?? '')
    .filter((name) => name !== '')
    .toSorted();
  return {
    node: target.name,
    id: target.id,
    reboot,
    avoid: [target.name],
    roles: (node?.roles ?? []).map(({ name }) => name),
    isWorker: work !== null,
    handoff: controller?.handoff?.params ?? null,
    isController: controller !== null,
    kube: isIn
      ? {
          isServer: kube.isServer,
          to: kube.to,
          joined: kube.registrations?.joined ?? [],
          isFounder: kube.registrations?.isFounder ?? false,
          hasEtcd: kube.look?.members !== null,
        }
      : null,
    lead: next[0] ?? '',
    hasSeat: seats !== null,
  };
}

/** Neither jobs nor pods: they come and go, and are waited for whichever they are. */
function restsOn({ controller, kube, seats, others }: LeaveFacts, planned: PlannedLeave): Json {
  return {
    roles: planned.roles.toSorted(),
    others: others.map(({ id }) => id).toSorted(),
    controller: controller?.handoff?.facts ?? null,
    kube: kube?.look?.nodes.filter(({ isServer }) => isServer).map(({ name }) => name) ?? [],
    voters:
      seats?.members
        .filter(({ isLearner }) => !isLearner)
        .map(({ node }) => node)
        .toSorted() ?? [],
  };
}

function blastOf({ work, kube, controller, target }: LeaveFacts): Draft['blast'] {
  const jobs = (work?.jobs ?? []).map(
    ({ id, name, user, state }): BlastItem => ({
      id,
      name,
      user,
      state,
      nodes: [target.name],
      note: 'It ends before the node goes.',
    }),
  );
  const pods = (kube?.pods ?? []).filter(({ fate }) => fate !== 'stays');
  const items = pods.map(
    ({ namespace, name, phase, why }): BlastItem => ({
      id: `${namespace}/${name}`,
      name,
      user: '',
      state: phase,
      nodes: [target.name],
      note: why === '' ? 'It starts again on another node.' : why,
    }),
  );
  const moved = controller?.handoff?.blast;
  const goesOn = [
    ...jobs,
    ...(moved?.goesOn.items ?? []).filter(({ id }) => !jobs.some((job) => job.id === id)),
  ];
  const waits = [...items, ...(moved?.waits.items ?? [])];
  return {
    goesOn: { count: goesOn.length, items: goesOn },
    waits: { count: waits.length, items: waits },
    cannot: moved?.cannot ?? { count: 0, items: [] },
  };
}

function irreversibleOf({ kube, target, controller }: LeaveFacts, reboot: boolean): string[] {
  const { name } = target;
  const lost = (kube?.pods ?? []).filter(({ hasLocalData }) => hasLocalData);
  const names = lost.map((pod) => `${pod.namespace}/${pod.name}`).toSorted();
  return [
    ...(names.length > 0 ? [`What ${names.join(', ')} keep in an emptyDir is lost.`] : []),
    ...(!reboot && kube?.isServer === true
      ? [`The member of ${name} in k3s' etcd is removed; it can join again only as a new one.`]
      : []),
    ...(reboot ? [] : [`The agent of ${name} ends; the node comes back only when it is started.`]),
    ...(controller?.handoff?.irreversible ?? []),
  ];
}
