import type { z } from 'zod';
import { Fence } from '#agent/operations/hands/fence';
import { HandGateway } from '#agent/operations/hands/gateway';
import { HandRunner } from '#agent/operations/hands/runner';
import { handRequest } from '#agent/operations/hands/wire';
import type { lookAtCluster } from '#agent/operations/merge/hands';
import { mergeKind } from '#agent/operations/merge/kind';
import { ForeignGateway } from '#agent/operations/merge/pact/foreign';
import type { CrossingNode, MergeParams } from '#agent/operations/merge/types';
import type { OperationKind } from '#agent/operations/types';
import { CONFIG_KEY } from '#agent/roles/slurm/config';
import type { State } from '#agent/state/types';
import { fail } from '#shared/contract/errors';
import { KeptLog, member } from '#tests/support/agent';
import { slurmConfigWith } from '#tests/support/slurm-config';
import type { Line } from '../../operations/line';
import type { Staged, StagedState } from '../../operations/stage';
import type { LeapingClock } from '../../operations/world';
import { StagedCrosser } from './crosser';
import { idOf, type StagedJob, StagedSide } from './sides';

const GAINING = '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a00a0';
const LOSING = '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a00b0';
const printOf = (id: string) =>
  Array.from({ length: 32 }, (_, at) => (at === 0 ? id.slice(-3, -1).toUpperCase() : 'AB')).join(
    ':',
  );

export interface MergeWish {
  leftJobs?: MergeParams['leftJobs'];
  /** nodes of the losing cluster in their order */
  names?: readonly string[];
}

/** Two clusters with the agents' own hands' wire and fences; a has a1, b has b1 (its anchor) to b3. */
export class MergeWorld implements Staged {
  readonly gaining = new StagedSide(GAINING, 'a', 100);
  readonly losing = new StagedSide(LOSING, 'b', 1);
  readonly nodes: ReadonlyMap<string, StagedCrosser>;
  readonly params: MergeParams & { avoid: string[] };
  readonly rollbackMs = 24 * 3_600_000;
  readonly dropped: string[] = [];
  /** names of hands that fail wherever they are called, as `merge/prove b2` */
  readonly failing = new Set<string>();
  /** nothing gets from a to those that are in b */
  isBridgeDown = false;
  hasPact = true;
  /** what must never be */
  broken: string | null = null;
  /** called with each hand that reached its node, as `merge/cross b2` */
  onCall: (hand: string) => void = () => undefined;
  /** how often each job began, by its origin */
  readonly began = new Map<string, number>();
  readonly clock: LeapingClock;
  readonly #runners = new Map<string, HandRunner>();

  constructor(
    clock: LeapingClock,
    { leftJobs = 'wait', names = ['b2', 'b3', 'b1'] }: MergeWish = {},
  ) {
    this.clock = clock;
    const all = ['a1', ...names].map((name) => new StagedCrosser(this, name));
    this.nodes = new Map(all.map((node) => [node.id, node]));
    for (const node of all) node.home.members.add(node.id);
    this.losing.tokens.push({ id: 'aaaaaaaaaa' }, { id: 'bbbbbbbbbb' });
    this.params = {
      gaining: { uuid: GAINING, name: 'a' },
      losing: { uuid: LOSING, name: 'b' },
      nodes: names.map((name) => this.crossing(name)),
      anchor: idOf('b1'),
      hasSlurm: true,
      leftJobs,
      avoid: [...names],
    };
    for (const node of all) {
      for (const side of ['a', 'b'] as const) {
        const log = new KeptLog();
        const fence = new Fence(null, side);
        const routes = node.routes();
        this.#runners.set(
          `${side} ${node.id}`,
          new HandRunner({ routes, fence, clock, logger: log }),
        );
      }
    }
  }

  /** The gaining cluster's own records. */
  async found(state: Pick<State, 'commit'>): Promise<void> {
    const config = slurmConfigWith({
      clusterName: 'a',
      controllers: [idOf('a1')],
      stateSaveLocation: '/var/spool/slurmctld',
      stateId: GAINING,
      partitions: ['long'],
    });
    await state.commit([], [{ key: CONFIG_KEY, put: config }]);
  }

  node(name: string): StagedCrosser {
    const found = this.nodes.get(idOf(name));
    if (found === undefined) throw new Error(`There is no ${name}`);
    return found;
  }

  crossing(name: string): CrossingNode {
    const isAnchor = name === 'b1';
    return {
      id: idOf(name),
      name,
      address: '10.77.1.1',
      api_port: 9090,
      fingerprint: printOf(idOf(name)),
      roles: isAnchor ? ['slurm-controller', 'slurm-worker'] : ['slurm-worker'],
      isController: isAnchor,
    };
  }

  definition(line: Line, state: StagedState): OperationKind {
    const own = this.node('a1');
    const membership = {
      self: member('a1', { id: idOf('a1') }),
      // a node that has gone back is known to be dead a while later; the node itself says where it is
      members: () =>
        [...this.gaining.members].map((id) => {
          const node = this.nodes.get(id);
          return member(node?.name ?? id, {
            id,
            status: node?.home === this.gaining ? 'alive' : 'failed',
          });
        }),
    };
    const hands = new HandGateway({
      membership,
      runner: { run: (asked, signal) => line.send(() => this.#run('a', own.id, asked, signal)) },
      peers: {
        call: (to, _method, _path, { body, signal }) =>
          line.send(() => this.#reach('a', to.id, body, signal)),
      },
    });
    const foreign = new ForeignGateway({
      peers: {
        call: (to, _method, _path, { body, signal }) =>
          line.send(() => this.#reach('b', to.id, body, signal)),
      },
      pacts: { guest: async (print) => this.#guest(print), used: async () => undefined },
    });
    return mergeKind({
      hands,
      foreign,
      membership,
      state,
      clock: this.clock,
      enrolment: async () => 'cluster: a',
      draft: () => Promise.reject(new Error('Not planned here')),
      pacts: { drop: async (uuid) => void this.dropped.push(uuid) },
    });
  }

  mend(): void {
    this.failing.clear();
    this.isBridgeDown = false;
    this.hasPact = true;
    for (const node of this.nodes.values()) {
      node.isStubborn = false;
      node.isTurnedAway = false;
    }
  }

  homes(): Record<string, string> {
    return Object.fromEntries(
      this.params.nodes.map(({ name }) => [name, this.node(name).home.name]),
    );
  }

  /** SLURM on both sides: what may begin begins, and runs for a while. */
  pass(): void {
    for (const side of [this.losing, this.gaining]) {
      if (!side.starts || !this.isUp(side) || (side === this.losing && side.isClosed)) continue;
      for (const job of side.pending()) this.#begin(side, job);
    }
  }

  isUp(side: StagedSide): boolean {
    return side === this.gaining || this.node('b1').home === side;
  }

  clusterLook(node: StagedCrosser): z.input<typeof lookAtCluster.output> {
    const side = node.home;
    if (!this.isUp(side)) throw fail('NO_QUORUM', { remedy: '' });
    return {
      cluster: { uuid: side.uuid, name: side.name, founding: side.uuid, createdAt: 1 },
      self: node.id,
      now: 1,
      members: [...side.members].map((id) => {
        const { name } = this.nodes.get(id) ?? node;
        return {
          id,
          name,
          address: '10.77.1.1',
          apiPort: 9090,
          fingerprint: printOf(id),
          roles: ['slurm-worker'],
          alive: true,
          voter: false,
          stableSince: 1,
        };
      }),
      busy: '',
      pacts: [],
      locked: side.lock?.operation ?? '',
      state: { kind: 'etcd', healthy: true, voters: [], leader: null },
      slurm: {
        clusterName: side.name,
        version: '22.05.8',
        controllers: [idOf(side === this.gaining ? 'a1' : 'b1')],
        shared: false,
        stateSaveLocation: '',
        firstJobId: 1,
        lastJobId: 1,
        accounting: '',
        accounts: [],
        partitions: [
          { name: 'batch', state: 'UP' },
          { name: 'gpu', state: 'UP' },
        ],
        nodes: [],
        jobs: [],
        user: 'slurm',
        extra: [],
        maxNodes: 64,
      },
      k3s: null,
    };
  }

  #guest(print: string) {
    const found = this.hasPact
      ? this.params.nodes.find((one) => one.fingerprint === print)
      : undefined;
    if (found === undefined) return null;
    const { id, name, fingerprint } = found;
    return { id, name, fingerprint, guestOf: LOSING };
  }

  #begin(side: StagedSide, job: StagedJob): void {
    if (job.held !== 'free' || job.dependency !== '' || job.stays !== '') return;
    const node = [...this.nodes.values()].find(
      ({ id, home, jobs, features }) =>
        home === side &&
        jobs.size === 0 &&
        !side.drained.has(id) &&
        (job.needs === '' || features.includes(job.needs)),
    );
    if (node === undefined) return;
    this.start(side, job, node, 400);
  }

  /** @param forMs null: until it is ended by the test */
  start(side: StagedSide, job: StagedJob, node: StagedCrosser, forMs: number | null): void {
    job.state = 'RUNNING';
    job.node = node.name;
    node.jobs.add(job.id);
    const count = (this.began.get(job.origin) ?? 0) + 1;
    this.began.set(job.origin, count);
    if (count > 1) this.broken ??= `${job.origin} began twice`;
    if (forMs !== null) void this.clock.sleep(forMs).then(() => this.finish(side, job, node));
  }

  finish(side: StagedSide, job: { id: string }, node: StagedCrosser): void {
    if (node.home !== side) this.broken ??= `job ${job.id} was on ${node.name} as it crossed`;
    node.jobs.delete(job.id);
    side.jobs.delete(job.id);
    side.fulfil(job.id, 'after');
  }

  async #reach(side: 'a' | 'b', id: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
    const node = this.nodes.get(id);
    const isThere = node !== undefined && node.isAnswering && node.home.name === side;
    if (!isThere || (side === 'b' && this.isBridgeDown)) {
      throw fail('UNREACHABLE', { remedy: 'Look at the network.' });
    }
    const asked = handRequest.parse(body);
    return this.#run(side, id, asked, signal ?? new AbortController().signal);
  }

  async #run(side: string, id: string, asked: z.output<typeof handRequest>, signal: AbortSignal) {
    const runner = this.#runners.get(`${side} ${id}`);
    const node = this.nodes.get(id);
    if (runner === undefined || node === undefined) throw new Error(`There is no ${id}`);
    const name = `${asked.hand} ${node.name}`;
    this.onCall(name);
    if (this.failing.has(name)) {
      const failure = fail('TASK_FAILED', { remedy: 'Mend it.' }, `${name} fails.`).view();
      return { ok: false as const, failure, log: [] };
    }
    return runner.run(asked, signal);
  }
}
