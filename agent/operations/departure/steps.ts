import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { Membership } from '../../membership/types';
import type { Clock } from '../../ports';
import { CLUSTER_KEY, SERVERS_PREFIX, serverRecord, urlOf } from '../../roles/k3s/joining';
import type { State } from '../../state/types';
import type { StepContext } from '../engine/types';
import {
  cordon,
  deleteNode,
  evictPods,
  lookAtPods,
  lookAtRegistration,
  lookForSnapshot,
  type NodePod,
  register,
  removeMember,
  setAside,
  takeSnapshot,
  yieldKubeLead,
} from '../handoff/k3s/hands';
import type { Hands } from '../hands/types';
import type { PlannedStep } from '../types';
import { memberNamed } from './checks';
import { KubeServers } from './servers';

export interface KubeStepsDeps {
  hands: Hands;
  membership: Pick<Membership, 'members'>;
  state: Pick<State, 'get' | 'commit'>;
  clock: Pick<Clock, 'monotonic'>;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** As kubectl does: what is blocked is asked again after that. */
const AGAIN_MS = 5 * SECOND;
const SETTLE_MS = 15 * SECOND;
const SNAPSHOT_MS = 130 * SECOND;
/** more names would not be read */
const NAMED = 3;

/** Who began the k3s cluster. */
export const founderRecord = z.object({ founder: z.string() });

/** The steps by which a node leaves Kubernetes, and those by which a server hands over. */
export class KubeSteps {
  readonly #deps: KubeStepsDeps;
  readonly #servers: KubeServers;

  constructor(deps: KubeStepsDeps) {
    this.#deps = deps;
    this.#servers = new KubeServers(deps);
  }

  cordon(node: string): PlannedStep {
    const servers = this.#servers;
    const set = (context: StepContext, on: boolean) =>
      servers.call(node, cordon, { node, on }, context);
    const isCordoned = async (context: StepContext) =>
      (await servers.look(node, context)).nodes.find(({ name }) => name === node)?.cordoned;
    return {
      id: 'k3s-cordon',
      title: `Cordon ${node}`,
      detail: `Kubernetes brings no new pods to ${node}; those that run there go on.`,
      class: 'idempotent',
      expectedMs: 500,
      deadlineMs: 30 * SECOND,
      async probe(context) {
        return (await isCordoned(context)) === false ? 'absent' : 'done';
      },
      async do(context) {
        await set(context, true);
      },
      async verify(context) {
        return (await isCordoned(context)) === false ? `Kubernetes to cordon ${node}` : null;
      },
      async undo(context) {
        await set(context, false);
      },
    };
  }

  drain(node: string): PlannedStep {
    const { clock } = this.#deps;
    const servers = this.#servers;
    let askedAt = Number.NEGATIVE_INFINITY;
    let all = 0;
    const evict = async (context: StepContext) => {
      askedAt = clock.monotonic();
      await servers.call(node, evictPods, { node }, context, { deadlineMs: 30 * SECOND });
    };
    const left = async (context: StepContext) => {
      const { pods } = await servers.call(node, lookAtPods, { node }, context);
      return pods.filter(({ fate }) => fate !== 'stays');
    };
    return {
      id: 'k3s-drain',
      title: `Empty ${node} of pods`,
      detail:
        'Its pods are evicted all at once, within their disruption budgets, and start elsewhere. What is blocked is waited for and never forced.',
      class: 'idempotent',
      expectedMs: 10 * SECOND,
      deadlineMs: 15 * MINUTE,
      asks: true,
      async probe(context) {
        return (await left(context)).length === 0 ? 'done' : 'absent';
      },
      do: evict,
      async verify(context) {
        const pods = await left(context);
        if (pods.length === 0) return null;
        all = Math.max(all, pods.length);
        context.waiting(waitingFor(pods), (all - pods.length) / all);
        if (clock.monotonic() - askedAt >= AGAIN_MS) await evict(context);
        return waitingFor(pods);
      },
    };
  }

  /** @param keeper name of the server that keeps it */
  snapshot(node: string, keeper: string): PlannedStep {
    const { hands, membership } = this.#deps;
    const id = () => memberNamed(membership.members(), keeper).id;
    const look = (context: StepContext) =>
      hands.call(id(), lookForSnapshot, { operation: context.operation }, context);
    return {
      id: 'k3s-snapshot',
      title: `Save k3s' etcd on ${keeper}`,
      detail: `A snapshot with its checksum proved, beside the token that belongs to it, on a server that stays when ${node} goes.`,
      class: 'idempotent',
      expectedMs: 2 * SECOND,
      deadlineMs: 3 * MINUTE,
      async probe(context) {
        return (await look(context)).path === null ? 'absent' : 'done';
      },
      async do(context) {
        await hands.call(id(), takeSnapshot, {}, context, { deadlineMs: SNAPSHOT_MS });
      },
      async verify(context) {
        const { path, bytes } = await look(context);
        if (path === null) return `${keeper} to save k3s' etcd`;
        context.keep('k3sSnapshot', { node: keeper, path, bytes });
        return null;
      },
    };
  }

  /**
   * @param from name of who must not lead afterwards
   * @param goesBack whether undoing gives the lead back
   */
  lead(to: string, from: string, goesBack: boolean): PlannedStep {
    const { hands, membership } = this.#deps;
    const servers = this.#servers;
    const leader = async (context: StepContext) => {
      const { members, trouble } = await servers.look('', context);
      if (members === null) {
        throw fail('UNREACHABLE', { remedy: trouble }, 'The etcd of k3s does not answer.');
      }
      return members.find(({ isLeader }) => isLeader)?.node ?? null;
    };
    const hand = async (context: StepContext, target: string) => {
      const now = await leader(context);
      if (now === null) throw fail('NO_QUORUM', { remedy: 'Bring the k3s servers back.' });
      if (now === target) return;
      const { id } = memberNamed(membership.members(), now);
      await hands.call(id, yieldKubeLead, { to: target }, context);
    };
    // who leaves is content with any other leader
    const isDone = (now: string | null) => (goesBack ? now === to : now !== null && now !== from);
    return {
      id: 'k3s-lead',
      title: `Hand the lead of k3s' etcd to ${to}`,
      detail: `Its etcd makes ${to} the leader; the Kubernetes API goes on answering.`,
      class: 'idempotent',
      expectedMs: SECOND,
      deadlineMs: 30 * SECOND,
      async probe(context) {
        return isDone(await leader(context)) ? 'done' : 'absent';
      },
      do: (context) => hand(context, to),
      async verify(context) {
        return isDone(await leader(context)) ? null : `${to} to lead k3s' etcd`;
      },
      ...(goesBack && from !== '' && { undo: (context: StepContext) => hand(context, from) }),
    };
  }

  /**
   * Nodes that joined by one server join by another from their next start on, and it is no longer
   * the one that begins the cluster.
   * @param joined names of those that joined by it; @param isFounder whether it began the cluster
   */
  registration(
    from: string,
    to: string,
    joined: readonly string[],
    isFounder: boolean,
  ): PlannedStep {
    const { hands, membership } = this.#deps;
    const named = (name: string) => memberNamed(membership.members(), name);
    const look = async (context: StepContext, name: string) =>
      (await hands.call(named(name).id, lookAtRegistration, {}, context)).server;
    const move = async (context: StepContext, away: string, towards: string) => {
      if (isFounder) await this.#moveFounder(named(away).id, named(towards).id);
      const [was, shall] = await Promise.all([this.#urlOf(away), this.#urlOf(towards)]);
      for (const name of joined) {
        // the one that takes over joins by nobody
        if (name === towards) continue;
        const found = await look(context, name);
        if (found !== was) continue;
        await hands.call(named(name).id, register, { from: was, to: shall }, context);
      }
    };
    const missing = async (context: StepContext): Promise<string | null> => {
      if (isFounder && (await this.#founder()) === named(from).id) return 'the founder’s record';
      const was = await this.#urlOf(from);
      for (const name of joined) {
        if (name !== to && (await look(context, name)) === was) return `${name} to join by ${to}`;
      }
      return null;
    };
    return {
      id: 'k3s-registration',
      title: `Let nodes join by ${to}`,
      detail:
        joined.length === 0
          ? `No node is written to join by ${from}; newcomers join by ${to}.`
          : `${joined.join(', ')} will join by ${to} at the next start; k3s runs on there.`,
      class: 'idempotent',
      expectedMs: 200 * (1 + joined.length),
      deadlineMs: MINUTE,
      async probe(context) {
        return (await missing(context)) === null ? 'done' : 'absent';
      },
      do: (context) => move(context, from, to),
      verify: missing,
      undo: (context) => move(context, to, from),
    };
  }

  remove(node: string): PlannedStep {
    const servers = this.#servers;
    const look = async (context: StepContext) => {
      const { members, nodes, trouble } = await servers.look(node, context);
      if (members === null) {
        throw fail('UNREACHABLE', { remedy: trouble }, 'The etcd of k3s does not answer.');
      }
      const machine = nodes.find(({ name }) => name === node);
      return { members, isListed: members.some((one) => one.node === node), machine };
    };
    return {
      id: 'k3s-remove',
      title: `Take ${node} out of k3s' etcd`,
      detail: `While ${node} still runs, so that the others keep their quorum. It can come back only as a new member.`,
      class: 'irreversible',
      expectedMs: 5 * SECOND,
      deadlineMs: 3 * MINUTE,
      async probe(context) {
        const { isListed, machine } = await look(context);
        return !isListed && machine?.removal !== 'asked' ? 'done' : 'absent';
      },
      async do(context) {
        await servers.call(node, removeMember, { node }, context);
      },
      async verify(context) {
        const { isListed, machine, members } = await look(context);
        if (isListed) return `k3s to take ${node} out of its etcd`;
        if (machine !== undefined && machine.removal !== 'done') return 'k3s to say that it is out';
        if (!members.some(({ isLeader }) => isLeader)) return 'a leader of the etcd that stays';
        const silent = members.filter(({ isAnswering }) => !isAnswering);
        return silent.length === 0 ? null : `${silent.map((one) => one.node).join(', ')} to answer`;
      },
    };
  }

  /** No survivor is touched before its etcd has been calm for a while. */
  settle(node: string): PlannedStep {
    const { clock } = this.#deps;
    const servers = this.#servers;
    let calm: { leader: string; since: number } | null = null;
    return {
      id: 'k3s-settle',
      title: 'Let the other k3s servers settle',
      detail: `They are left alone until one of them has led for ${SETTLE_MS / SECOND} seconds.`,
      class: 'idempotent',
      expectedMs: SETTLE_MS,
      deadlineMs: 5 * MINUTE,
      asks: true,
      probe: async () => 'absent',
      do: async () => undefined,
      async verify(context) {
        const { members } = await servers.look(node, context);
        const leader = members?.find(({ isLeader }) => isLeader)?.id ?? null;
        const isWhole = members?.every(({ isAnswering }) => isAnswering) ?? false;
        const now = clock.monotonic();
        if (leader === null || !isWhole) calm = null;
        else if (calm?.leader !== leader) calm = { leader, since: now };
        const leftMs = SETTLE_MS - (calm === null ? 0 : now - calm.since);
        return leftMs <= 0 ? null : `a steady leader, ${Math.ceil(leftMs / SECOND)} s more`;
      },
    };
  }

  /** Without it k3s would start on data whose member is gone, and refuse. */
  setAside(node: string): PlannedStep {
    const { hands, membership } = this.#deps;
    const id = () => memberNamed(membership.members(), node).id;
    const hasData = async (context: StepContext) =>
      (await hands.call(id(), lookAtRegistration, {}, context)).hasData;
    return {
      id: 'k3s-aside',
      title: `Set k3s' old data on ${node} aside`,
      detail: 'Nothing is deleted; without them the node can join again later.',
      class: 'idempotent',
      expectedMs: 300,
      deadlineMs: MINUTE,
      async probe(context) {
        return (await hasData(context)) ? 'absent' : 'done';
      },
      async do(context) {
        await hands.call(id(), setAside, {}, context);
      },
      async verify(context) {
        return (await hasData(context)) ? `${node} to set k3s' data aside` : null;
      },
    };
  }

  delete(node: string): PlannedStep {
    const servers = this.#servers;
    const isListed = async (context: StepContext) =>
      (await servers.look(node, context)).nodes.some(({ name }) => name === node);
    return {
      id: 'k3s-delete',
      title: `Delete ${node} from Kubernetes`,
      detail: 'Kubernetes forgets the node, whose k3s has stopped.',
      class: 'irreversible',
      expectedMs: SECOND,
      deadlineMs: MINUTE,
      async probe(context) {
        return (await isListed(context)) ? 'absent' : 'done';
      },
      async do(context) {
        await servers.call(node, deleteNode, { node }, context);
      },
      async verify(context) {
        return (await isListed(context)) ? `Kubernetes to forget ${node}` : null;
      },
    };
  }

  async #founder(): Promise<string | null> {
    const entry = await this.#deps.state.get(CLUSTER_KEY);
    return founderRecord.safeParse(entry?.value).data?.founder ?? null;
  }

  /** Only from the one that is expected there: another change of it counts. */
  async #moveFounder(from: string, to: string): Promise<void> {
    const { state } = this.#deps;
    const entry = await state.get(CLUSTER_KEY);
    if (entry === null || founderRecord.safeParse(entry.value).data?.founder !== from) return;
    const { modRevision } = entry;
    await state.commit(
      [{ key: CLUSTER_KEY, is: 'unchangedSince', modRevision }],
      [{ key: CLUSTER_KEY, put: { founder: to } }],
    );
  }

  async #urlOf(name: string): Promise<string> {
    const { state, membership } = this.#deps;
    return registrationUrl(state, memberNamed(membership.members(), name));
  }
}

/** Under which address others join by this server. */
export async function registrationUrl(
  state: Pick<State, 'get'>,
  { id, address }: { id: string; address: string },
): Promise<string> {
  const told = await state.get(SERVERS_PREFIX + id);
  return serverRecord.safeParse(told?.value).data?.url ?? urlOf(address);
}

/** In a few words, the blocked ones first. */
export function waitingFor(pods: readonly NodePod[]): string {
  const order = pods.toSorted(
    (a, b) => Number(b.fate === 'blocked') - Number(a.fate === 'blocked'),
  );
  const named = order
    .slice(0, NAMED)
    .map(
      ({ namespace, name, why }) => `${namespace}/${name}${why && ` (${why.replace(/\.$/, '')})`}`,
    );
  const more = pods.length - named.length;
  const count = pods.length === 1 ? '1 pod' : `${pods.length} pods`;
  return `${count}: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
