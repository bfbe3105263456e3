import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '#agent/host/clock';
import type { Member } from '#agent/membership/types';
import { createNodeOperations, type NodeOperations } from '#agent/node-operations';
import { etcdRoutes } from '#agent/operations/handoff/etcd/routes';
import { kubeRoutes } from '#agent/operations/handoff/k3s/routes';
import type { HandRoute, Hands } from '#agent/operations/hands/types';
import { leaveParts } from '#agent/operations/leave/parts';
import { leaveRoutes } from '#agent/operations/leave/routes';
import type { RoleHandoff } from '#agent/operations/types';
import type { Clock, Logger } from '#agent/ports';
import { type KubePlaces, placesOf } from '#agent/roles/k3s/places';
import type { Role } from '#agent/roles/types';
import type { EtcdSeats } from '#agent/state/etcd/seats';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { RoleName } from '#shared/contract/agent/dashboard';
import type { OperationAnswer, PlanRequest } from '#shared/contract/agent/operations';
import { isOver } from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import { member, StagedMembership } from '#tests/support/agent';
import { listed, StagedCommands } from '#tests/support/slurm';
import { sweptFolder } from '#tests/support/temp-folder';

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const FASTER = 5;
/** Time goes by faster, so that what settles for seconds is not waited for. */
export const FAST: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * FASTER,
  sleep: (ms, signal) => systemClock.sleep(ms / FASTER, signal),
};

/** SLURM as all nodes see it. */
export class Work {
  readonly jobs: { id: string; name: string; user: string; state: string; node: string }[] = [];
  readonly nodes = new Map<string, { state: string; reason: string }>();
  /** nobody answers */
  isDown = false;

  commands(own: StagedCommands): StagedCommands {
    const silent = { code: 1, stderr: 'error: Unable to contact slurm controller' };
    return own
      .on('sinfo', (argv) => {
        if (this.isDown) return silent;
        const rows = [...this.nodes].map(([name, { state, reason }]) => [
          name,
          name,
          state,
          reason === '' ? 'none' : reason,
        ]);
        return listed(argv, rows);
      })
      .on('squeue', (argv) => {
        if (this.isDown) return silent;
        const on = argv[argv.indexOf('-w') + 1];
        const own = this.jobs.filter(({ node }) => node === on);
        return listed(
          argv,
          own.map(({ id, name, user, state }) => [id, name, user, state]),
        );
      });
  }

  async act(name: string, action: 'drain' | 'resume', reason: string): Promise<string> {
    const state = action === 'drain' ? 'drained' : 'idle';
    this.nodes.set(name, { state, reason: action === 'drain' ? reason : '' });
    return state;
  }
}

/** A role that runs until it is stopped. */
class StagedRole implements Role {
  readonly name: RoleName;
  isRunning = true;
  /** it does not stop, whoever asks */
  hangs = false;

  constructor(name: RoleName) {
    this.name = name;
  }
  async start(): Promise<void> {
    this.isRunning = true;
  }
  async stop(): Promise<void> {
    if (!this.hangs) this.isRunning = false;
  }
  state() {
    const { name, isRunning } = this;
    return { name, running: isRunning, healthy: isRunning, is_leader: false, error: '' };
  }
  problems() {
    return [];
  }
}

export interface StagedNode {
  member: Member;
  roles: StagedRole[];
  places: KubePlaces;
  /** what its own programs were called with, and what they answer */
  commands: StagedCommands;
  /** its agent does not answer */
  isSilent: boolean;
  hasLeft: boolean;
  daemons: Map<string, 'running' | 'stopped'>;
}

interface Wish {
  roles?: readonly RoleName[];
  commands?: StagedCommands;
}

/** Nodes that plan and carry operations out over one state; what they act on is staged. */
export class LeaveStage {
  /** by real time: a lease must not be lost because the machine is busy */
  readonly state = createSqliteState(new SqliteStore(':memory:', systemClock), systemClock);
  readonly nodes = new Map<string, StagedNode>();
  readonly work = new Work();
  /** no process of this machine is one of the stage's */
  readonly proc = sweptFolder();
  /** null: the state is one node's alone */
  seats: EtcdSeats | null = null;
  controller: RoleHandoff | null = null;
  /** names of hands, as they were called */
  readonly calls: string[] = [];
  readonly #members: Member[] = [];
  #operations: NodeOperations | null = null;

  add(name: string, { roles = ['slurm-worker'], commands }: Wish = {}): StagedNode {
    const folder = sweptFolder();
    const node: StagedNode = {
      member: member(name, { roles }),
      roles: roles.map((role) => new StagedRole(role)),
      places: placesOf(join(folder, 'k3s'), join(folder, 'state'), join(folder, 'etc')),
      commands: this.work.commands(commands ?? new StagedCommands()),
      isSilent: false,
      hasLeft: false,
      daemons: new Map(),
    };
    this.nodes.set(name, node);
    this.#members.push(node.member);
    if (roles.includes('slurm-worker')) this.work.nodes.set(name, { state: 'idle', reason: '' });
    return node;
  }

  node(name: string): StagedNode {
    const found = this.nodes.get(name);
    if (found === undefined) throw new Error(`There is no node ${name}`);
    return found;
  }

  /** The node that plans and coordinates, which is the first one. */
  get operations(): NodeOperations['operations'] {
    return (this.#operations ??= this.#start()).operations;
  }

  /** Plans, approves and waits for the end, or until a person is asked. */
  async carryOut(request: PlanRequest): Promise<OperationAnswer> {
    return this.end(await this.begin(request));
  }

  async begin(request: PlanRequest): Promise<string> {
    const plan = await this.operations.plan(request, 'a test');
    return (await this.operations.start(plan.hash, plan.confirm, 'a test')).id;
  }

  async end(id: string): Promise<OperationAnswer> {
    const until = new AbortController();
    for await (const answer of this.operations.watch(id, until.signal)) {
      const { state } = answer.operation;
      if (isOver(answer.operation) || state === 'stuck') return answer;
    }
    throw new Error('The operation came to no end');
  }

  #start(): NodeOperations {
    const [own] = this.#members;
    if (own === undefined) throw new Error('There is no node');
    const membership = new StagedMembership(own, this.#members.slice(1));
    // those of the stage change their status, and all see that
    membership.members = () => this.#members;
    const routes = new Map(
      [...this.nodes.values()].map((node) => [node.member.id, this.#routes(node)]),
    );
    const hands: Hands = {
      call: async (id, hand, input, context) => {
        const node = [...this.nodes.values()].find((one) => one.member.id === id);
        const route = routes.get(id)?.find((one) => one.hand.name === hand.name);
        this.calls.push(`${node?.member.name} ${hand.name}`);
        if (node === undefined || node.isSilent) {
          throw fail('NODE_UNREACHABLE', { remedy: '' }, `${node?.member.name} does not answer.`);
        }
        if (route === undefined) throw fail('UNSUPPORTED', { remedy: '' });
        const { operation, epoch, signal } = context;
        const log = (line: string) => context.log(line, node.member.name);
        const asked = hand.input.parse(input);
        return hand.output.parse(await route.run(asked, { operation, epoch, signal, log }));
      },
    };
    const operations = createNodeOperations({
      clock: FAST,
      logger: SILENT,
      state: this.state,
      membership,
      peers: { call: () => Promise.reject(fail('UNREACHABLE', { remedy: '' })) },
      folder: null,
      hands: () => hands,
      parts: [
        (reached) => ({
          hands: [],
          ...leaveParts({
            hands: reached,
            membership,
            state: this.state,
            clock: FAST,
            controller: this.controller,
            seats: this.seats === null ? null : this.#seatsOf(own.id),
          }),
        }),
      ],
    });
    operations.start();
    onTestFinished(async () => {
      await operations.close();
      await this.state.close();
    });
    return operations;
  }

  #routes(node: StagedNode): HandRoute[] {
    const { name } = node.member;
    return [
      ...leaveRoutes({
        roles: node.roles,
        slurm: { actOnNode: (target, action, reason) => this.work.act(target, action, reason) },
        commands: node.commands,
        clock: FAST,
        hostName: () => name,
        proc: this.proc,
        goodbye: () => {
          node.hasLeft = true;
          Object.assign(node.member, { status: 'left' });
        },
      }),
      ...etcdRoutes(this.seats === null ? null : this.#seatsOf(node.member.id)),
      ...kubeRoutes({
        places: node.places,
        commands: node.commands,
        clock: FAST,
        supervisor: {
          state: async (daemon) => ({
            state: node.daemons.get(daemon) ?? 'stopped',
            pid: null,
            since: null,
            message: '',
          }),
        },
        readiness: () =>
          node.member.roles.includes('k3s-server')
            ? { ready: true, leads: false, message: 'The API answers.' }
            : null,
      }),
    ];
  }

  /** Seats that heed who leaves, as the keeper of the voters does. */
  #seatsOf(id: string) {
    return {
      seats: async (): Promise<EtcdSeats> => {
        const seats = this.seats ?? { memberId: null, leader: null, members: [] };
        const leaving = await this.state.list('leaving/');
        const members = seats.members.filter(
          ({ node }) => !leaving.some(({ key }) => key === `leaving/${node}`),
        );
        const leader = members.some(({ node }) => node === seats.leader)
          ? seats.leader
          : (members[0]?.node ?? null);
        const own = members.find(({ node }) => node === id);
        return { memberId: own?.memberId ?? null, leader, members };
      },
      yieldLead: async (to: string) => {
        if (this.seats !== null) this.seats.leader = to;
      },
    };
  }
}

/** Voters of the shared state, the first of which leads. */
export function voters(...names: string[]): EtcdSeats {
  return {
    memberId: null,
    leader: `id-${names[0]}`,
    members: names.map((name) => ({
      node: `id-${name}`,
      memberId: `m-${name}`,
      isLearner: false,
      isAnswering: true,
      raftIndex: 100,
    })),
  };
}

export function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
}
