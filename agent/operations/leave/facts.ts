import type { z } from 'zod';
import type { Candidate } from '#shared/contract/agent/operations';
import { Failure } from '#shared/contract/errors';
import type { Member, Membership } from '../../membership/types';
import { CONFIG_KEY, slurmConfig } from '../../roles/slurm/config';
import type { EtcdSeats } from '../../state/etcd/seats';
import type { State } from '../../state/types';
import { type Registrations, registrationsAt } from '../departure/registrations';
import { type KubeLook, KubeServers, serversOf } from '../departure/servers';
import { lookAtEtcd } from '../handoff/etcd/hands';
import { lookAtPods, type NodePod } from '../handoff/k3s/hands';
import type { HandContext, Hands } from '../hands/types';
import type { Draft, RoleHandoff } from '../types';
import { lookAtNode, lookAtWork } from './hands';

export interface LeaveDeps {
  hands: Hands;
  membership: Pick<Membership, 'self' | 'members'>;
  state: Pick<State, 'get' | 'commit'>;
  /** whether the state is kept by several nodes */
  hasSeats: boolean;
  /** how SLURM's controller changes hands; null where that cannot be done here */
  controller: RoleHandoff | null;
}

/** What was found out about a node that is to leave. */
export interface LeaveFacts {
  target: Member;
  /** others that answer */
  others: Member[];
  node: z.output<typeof lookAtNode.output> | null;
  work: z.output<typeof lookAtWork.output> | null;
  controller: ControllerFacts | null;
  kube: KubeFacts | null;
  /** it runs pods of a cluster whose servers are not among these nodes */
  isKubeElsewhere: boolean;
  seats: EtcdSeats | null;
  /** what could not be asked, in sentences */
  troubles: string[];
}

export interface ControllerFacts {
  isPrimary: boolean;
  /** how many there are, this node among them */
  count: number;
  /** the handoff that takes it away; null where nobody can take it, or it is not the primary */
  handoff: Draft | null;
  candidates: Candidate[];
}

export interface KubeFacts {
  isServer: boolean;
  /** null where no server but this node's own answers */
  look: KubeLook | null;
  /** name of the server that takes over; '' where there is none */
  to: string;
  registrations: Registrations | null;
  pods: NodePod[];
  /** whether Kubernetes has a node of this name */
  isListed: boolean;
}

/** Looks at everything that a plan rests on, and changes nothing. */
export async function findOut(
  deps: LeaveDeps,
  target: Member,
  context: HandContext,
): Promise<LeaveFacts> {
  const { hands, membership } = deps;
  const troubles: string[] = [];
  const orNull = async <T>(looking: Promise<T>): Promise<T | null> => {
    try {
      return await looking;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      troubles.push(`${error.message} ${error.data.remedy}`.trim());
      return null;
    }
  };
  const node = await orNull(hands.call(target.id, lookAtNode, {}, context));
  const has = (name: string) => target.roles.some((role) => role === name);
  const isOfKube = has('k3s-server') || has('k3s-agent');
  const hasServers = membership
    .members()
    .some(({ roles, status }) => status !== 'left' && roles.includes('k3s-server'));
  const [work, controller, kube, seats] = await Promise.all([
    has('slurm-worker') ? orNull(hands.call(target.id, lookAtWork, {}, context)) : null,
    orNull(controllerAt(deps, target, context)),
    isOfKube && hasServers ? kubeAt(deps, target, context, orNull) : null,
    deps.hasSeats ? orNull(hands.call(membership.self.id, lookAtEtcd, {}, context)) : null,
  ]);
  const others = membership.members().filter(({ id, status, authenticated }) => {
    return id !== target.id && status === 'alive' && authenticated;
  });
  const isKubeElsewhere = isOfKube && !hasServers;
  return { target, others, node, work, controller, kube, isKubeElsewhere, seats, troubles };
}

async function controllerAt(
  { state, controller, membership }: LeaveDeps,
  target: Member,
  context: HandContext,
): Promise<ControllerFacts | null> {
  const entry = await state.get(CONFIG_KEY);
  const config = entry === null ? null : slurmConfig.parse(entry.value);
  if (config === null || !config.controllers.includes(target.id)) return null;
  const isPrimary = config.controllers[0] === target.id;
  const count = config.controllers.length;
  if (!isPrimary || controller === null) return { isPrimary, count, handoff: null, candidates: [] };
  const candidates = (await controller.candidates()).filter(({ node }) => node !== target.name);
  // a standby that is not fit says by its own checks what has to be mended
  const standby = config.controllers.flatMap((id) => {
    const member = membership.members().find((one) => one.id === id && one.status === 'alive');
    return member === undefined || id === target.id ? [] : [member.name];
  });
  const to = candidates.find((one) => one.fit)?.node ?? standby[0];
  const handoff = to === undefined ? null : await controller.draft(to, context);
  return { isPrimary, count, handoff, candidates };
}

async function kubeAt(
  deps: LeaveDeps,
  target: Member,
  context: HandContext,
  orNull: <T>(looking: Promise<T>) => Promise<T | null>,
): Promise<KubeFacts> {
  const { name } = target;
  const servers = new KubeServers(deps);
  const isServer = target.roles.includes('k3s-server');
  const isAlone = serversOf(deps.membership.members()).every((one) => one.name === name);
  const look = await orNull(servers.look(isAlone ? '' : name, context));
  const machine = look?.nodes.find((one) => one.name === name);
  const isListed = machine !== undefined;
  const known = new Set(
    look?.nodes.filter((one) => one.isServer && one.ready).map((one) => one.name),
  );
  const voting = look?.members?.filter((one) => !one.isLearner && one.isAnswering) ?? null;
  const to =
    serversOf(deps.membership.members()).find(
      (one) =>
        one.name !== name &&
        known.has(one.name) &&
        (voting === null || voting.some(({ node }) => node === one.name)),
    )?.name ?? '';
  const [registrations, pods] = await Promise.all([
    isServer && to !== '' ? orNull(registrationsAt(deps, target, context)) : null,
    isListed && !isAlone ? orNull(servers.call(name, lookAtPods, { node: name }, context)) : null,
  ]);
  return { isServer, look, to, registrations, pods: pods?.pods ?? [], isListed };
}
