import type { RoleName } from '#shared/contract/agent/dashboard';
import { fail } from '#shared/contract/errors';
import type { Membership } from '../../membership/types';
import { CONFIG_KEY, slurmConfig } from '../../roles/slurm/config';
import { leavingKey } from '../../state/etcd/keeper';
import type { State } from '../../state/types';
import type { StepContext } from '../engine/types';
import { lookAtEtcd } from '../handoff/etcd/hands';
import type { Hands } from '../hands/types';
import type { PlannedStep } from '../types';
import {
  drainWorker,
  lookAtNode,
  lookAtWork,
  resumeWorker,
  sayGoodbye,
  startRoles,
  stopRoles,
} from './hands';
import { drainReason, type ReturnRecord, returnKey } from './returning-record';
import { isDraining } from './routes';

export interface LeaveStepsDeps {
  hands: Hands;
  membership: Pick<Membership, 'self' | 'members'>;
  state: Pick<State, 'get' | 'commit'>;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const STOP_MS = 150 * SECOND;
const NAMED = 3;

/** The steps by which a node leaves its cluster, but for those of k3s. */
export class LeaveSteps {
  readonly #deps: LeaveStepsDeps;
  readonly #node: string;
  readonly #id: string;

  constructor(deps: LeaveStepsDeps, { node, id }: { node: string; id: string }) {
    this.#deps = deps;
    this.#node = node;
    this.#id = id;
  }

  drain(): PlannedStep {
    const { hands } = this.#deps;
    const node = this.#node;
    const isDrained = async (context: StepContext) => {
      const work = await hands.call(this.#id, lookAtWork, {}, context);
      return work.name === null || isDraining(work.state);
    };
    return {
      id: 'slurm-drain',
      title: `Drain ${node} in SLURM`,
      detail: `SLURM starts no new jobs on ${node}; those that run go on.`,
      class: 'idempotent',
      expectedMs: 500,
      deadlineMs: MINUTE,
      async probe(context) {
        return (await isDrained(context)) ? 'done' : 'absent';
      },
      do: async (context) => {
        const reason = drainReason(context.operation);
        await hands.call(this.#id, drainWorker, { reason }, context);
      },
      async verify(context) {
        return (await isDrained(context)) ? null : `SLURM to drain ${node}`;
      },
      undo: async (context) => {
        const reason = drainReason(context.operation);
        await hands.call(this.#id, resumeWorker, { reason }, context);
      },
    };
  }

  empty(): PlannedStep {
    const { hands } = this.#deps;
    let all = 0;
    const left = async (context: StepContext): Promise<string | null> => {
      const { jobs, steps } = await hands.call(this.#id, lookAtWork, {}, context);
      const names = jobs.map(({ id, user }) => `${id} of ${user}`);
      if (names.length === 0 && steps.length === 0) return null;
      all = Math.max(all, names.length);
      const shown = (names.length > 0 ? names : steps).slice(0, NAMED).join(', ');
      const text =
        names.length > 0
          ? `${names.length === 1 ? '1 job' : `${names.length} jobs`}: ${shown}`
          : `steps that SLURM lists no more: ${shown}`;
      context.waiting(text, all === 0 ? undefined : (all - names.length) / all);
      return text;
    };
    return {
      id: 'slurm-empty',
      title: `Wait for the jobs on ${this.#node}`,
      detail:
        'Until neither SLURM nor the process table has one. None is ended; when it takes long you are asked.',
      class: 'idempotent',
      expectedMs: MINUTE,
      deadlineMs: 60 * MINUTE,
      asks: true,
      async probe(context) {
        return (await left(context)) === null ? 'done' : 'absent';
      },
      do: async () => undefined,
      verify: left,
    };
  }

  /** Jobs that began before SLURM moved still report to the address of its old controller. */
  unneeded(): PlannedStep {
    const { state } = this.#deps;
    const missing = async (): Promise<string | null> => {
      const entry = await state.get(CONFIG_KEY);
      const config = entry === null ? null : slurmConfig.parse(entry.value);
      const isRelaying = config?.relays.some(({ from }) => from === this.#id) ?? false;
      return isRelaying ? 'jobs to end that began before SLURM moved' : null;
    };
    return {
      id: 'slurm-relay',
      title: `Wait until no job reports to ${this.#node}`,
      detail:
        'Jobs that began under the old controller still report to its address, wherever they run. None is ended; when it takes long you are asked.',
      class: 'idempotent',
      expectedMs: MINUTE,
      deadlineMs: 60 * MINUTE,
      asks: true,
      async probe() {
        return (await missing()) === null ? 'done' : 'absent';
      },
      do: async () => undefined,
      verify: missing,
    };
  }

  /** Its copy of the shared state is taken back as soon as the others need it no more. */
  seat(): PlannedStep {
    const { hands, state, membership } = this.#deps;
    const key = () => leavingKey(this.#id);
    const missing = async (context: StepContext): Promise<string | null> => {
      const id = this.#id;
      const asked = membership.self.id === id ? this.#other() : membership.self.id;
      const { members, leader } = await hands.call(asked, lookAtEtcd, {}, context);
      if (members.some((one) => one.node === id)) return 'the others to take its seat over';
      if (leader === null) return 'a leader of the shared state';
      const silent = members.filter(({ isAnswering }) => !isAnswering).length;
      return silent === 0 ? null : 'all copies of the shared state to answer';
    };
    return {
      id: 'etcd-seat',
      title: `Take back the seat of ${this.#node} at the shared state`,
      detail: 'Only while a quorum stays; where it has the only vote, another node takes it first.',
      class: 'idempotent',
      expectedMs: 5 * SECOND,
      deadlineMs: 3 * MINUTE,
      asks: true,
      probe: async (context) => {
        if ((await state.get(key())) === null) return 'absent';
        return (await missing(context)) === null ? 'done' : 'absent';
      },
      do: async ({ operation }) => {
        await state.commit([{ key: key(), is: 'absent' }], [{ key: key(), put: { operation } }]);
      },
      verify: missing,
      // it gets a new copy by itself
      undo: async () => {
        await state.commit([], [{ key: key(), delete: true }]);
      },
    };
  }

  stop(roles: readonly RoleName[]): PlannedStep {
    const { hands } = this.#deps;
    const node = this.#node;
    const running = async (context: StepContext) => {
      const look = await hands.call(this.#id, lookAtNode, {}, context);
      return look.roles.filter((role) => role.running && roles.includes(role.name));
    };
    return {
      id: 'stop',
      title: `Stop what ${node} runs`,
      detail: `In order, and it is proved that they stopped: ${roles.join(', ')}.`,
      class: 'idempotent',
      expectedMs: 3 * SECOND,
      deadlineMs: 3 * MINUTE,
      async probe(context) {
        return (await running(context)).length === 0 ? 'done' : 'absent';
      },
      do: async (context) => {
        await hands.call(this.#id, stopRoles, { roles: [...roles] }, context, {
          deadlineMs: STOP_MS,
        });
      },
      async verify(context) {
        const left = await running(context);
        return left.length === 0 ? null : `${left.map(({ name }) => name).join(', ')} to stop`;
      },
      undo: async (context) => {
        await hands.call(this.#id, startRoles, { roles: [...roles] }, context);
      },
    };
  }

  /** What the node does by itself once it is back. @param isReboot it goes with its machine */
  comeBack(isReboot: boolean, wish: Pick<ReturnRecord, 'isCordoned'> & { drains: boolean }) {
    const { hands, state } = this.#deps;
    const key = () => returnKey(this.#id);
    const step: PlannedStep = {
      id: 'return',
      title: isReboot ? `Note how ${this.#node} comes back` : `Note what ${this.#node} left`,
      detail: 'After its next start, once it is healthy, it makes itself ready again.',
      class: 'idempotent',
      expectedMs: 100,
      deadlineMs: 30 * SECOND,
      probe: async ({ operation }) => {
        const found = await state.get(key());
        return isOf(found?.value, operation) ? 'done' : 'absent';
      },
      do: async (context) => {
        const { operation } = context;
        const { boot } = await hands.call(this.#id, lookAtNode, {}, context);
        const record: ReturnRecord = {
          operation,
          boot: isReboot ? boot : '',
          drainReason: wish.drains ? drainReason(operation) : '',
          isCordoned: wish.isCordoned,
        };
        await state.commit([], [{ key: key(), put: record }]);
      },
      verify: async ({ operation }) => {
        const found = await state.get(key());
        return isOf(found?.value, operation) ? null : 'the note';
      },
      undo: async () => {
        await state.commit([], [{ key: key(), delete: true }]);
      },
    };
    return step;
  }

  goodbye(): PlannedStep {
    const { hands, membership } = this.#deps;
    const node = this.#node;
    const status = () => membership.members().find(({ name }) => name === node)?.status ?? 'left';
    return {
      id: 'goodbye',
      title: `Let ${node} say good-bye`,
      detail:
        'The others hear that it goes, and its agent ends. It comes back with its next start.',
      class: 'irreversible',
      expectedMs: 6 * SECOND,
      deadlineMs: 2 * MINUTE,
      async probe() {
        const now = status();
        if (now === 'left') return 'done';
        return now === 'alive' ? 'absent' : 'unknown';
      },
      do: async (context) => {
        await hands.call(this.#id, sayGoodbye, {}, context);
      },
      async verify() {
        return status() === 'left' ? null : `${node} to say good-bye`;
      },
    };
  }

  /** Nobody waits for a controller that is gone; after the good-bye, or it would come back in. */
  forgetController(): PlannedStep {
    const { state } = this.#deps;
    const node = this.#node;
    const look = async () => {
      const entry = await state.get(CONFIG_KEY);
      const config = entry === null ? null : slurmConfig.parse(entry.value);
      return { entry, config, isListed: config?.controllers.includes(this.#id) ?? false };
    };
    return {
      id: 'slurm-forget',
      title: `Take ${node} off the list of SLURM's controllers`,
      detail: 'The other nodes write their slurm.conf anew; jobs go on.',
      class: 'idempotent',
      expectedMs: 200,
      deadlineMs: MINUTE,
      async probe() {
        return (await look()).isListed ? 'absent' : 'done';
      },
      do: async () => {
        const { entry, config, isListed } = await look();
        if (entry === null || config === null || !isListed) return;
        const id = this.#id;
        const controllers = config.controllers.filter((one) => one !== id);
        if (controllers.length === 0) throw lastController(node);
        const next = {
          ...config,
          controllers,
          held: config.held.filter((one) => one !== id),
          relays: config.relays.filter(({ from }) => from !== id),
          revision: config.revision + 1,
        };
        await state.commit(
          [{ key: CONFIG_KEY, is: 'unchangedSince', modRevision: entry.modRevision }],
          [{ key: CONFIG_KEY, put: next }],
        );
      },
      async verify() {
        return (await look()).isListed ? `${node} to be off the list` : null;
      },
    };
  }

  /** Another node that answers, where this one asks about itself. */
  #other(): string {
    const other = this.#deps.membership.members().find(({ name, status, authenticated }) => {
      return name !== this.#node && status === 'alive' && authenticated;
    });
    if (other !== undefined) return other.id;
    throw fail('NODE_UNREACHABLE', { remedy: 'Bring another node back.' });
  }
}

function isOf(value: unknown, operation: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'operation' in value &&
    value.operation === operation
  );
}

const lastController = (node: string) =>
  fail(
    'CHECKS_FAILED',
    { remedy: 'Hand SLURM to another node first.', node },
    `${node} is the only controller that SLURM has.`,
  );
