import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { agentConfig } from '#agent/config/schema';
import { systemClock } from '#agent/host/clock';
import type { Member, Peers } from '#agent/membership/types';
import type { Clock, DaemonSpec, DaemonState, Supervisor } from '#agent/ports';
import { createKube, type NodeKube } from '#agent/roles/k3s/kube';
import { type KubePlaces, placesOf } from '#agent/roles/k3s/places';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { State } from '#agent/state/types';
import type { MemberStatus, RoleName } from '#shared/contract/agent/dashboard';
import { fail } from '#shared/contract/errors';
import type { FakeKube } from '#tests/support/kube';
import { sweptFolder } from '#tests/support/temp-folder';
import { SILENT } from './kube-server';

/** Everything waits a fiftieth of the time, so that no test waits for a turn. */
const CLOCK: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(Math.max(10, ms / 50), signal),
};
export const TOKEN = `K10${'ab'.repeat(32)}::server:the-servers-secret`;
export const NODE_TOKEN = `K10${'ab'.repeat(32)}::node:the-nodes-secret`;

/** Starts and stops nothing: a daemon is what a test says it is. */
export class StagedSupervisor implements Supervisor {
  readonly started: DaemonSpec[] = [];
  readonly states = new Map<string, DaemonState>();

  async start(spec: DaemonSpec): Promise<void> {
    this.started.push(spec);
    this.set(spec.name, 'running');
  }
  async stop(name: string): Promise<void> {
    this.set(name, 'stopped');
  }
  async restart(spec: DaemonSpec): Promise<void> {
    await this.start(spec);
  }
  async signal(): Promise<void> {}
  async state(name: string): Promise<DaemonState> {
    return this.states.get(name) ?? { state: 'stopped', pid: null, since: null, message: '' };
  }
  set(name: string, state: DaemonState['state'], message = ''): void {
    this.states.set(name, { state, pid: state === 'running' ? 4711 : null, since: 1, message });
  }
}

export interface StagedNode {
  member: Member;
  kube: NodeKube;
  supervisor: StagedSupervisor;
  places: KubePlaces;
  state: State;
  role(name: RoleName): ReturnType<NodeKube['roles'][number]['state']>;
  start(): Promise<void>;
  /** what k3s writes once its server runs, so that it can be asked */
  k3sWrites(fake: FakeKube): Promise<void>;
  kubeletWrites(fake: FakeKube): Promise<void>;
  setStatus(status: MemberStatus): void;
}

/** Nodes that share a state and call each other's routes without a network. */
export class StagedCluster {
  readonly nodes = new Map<string, StagedNode>();
  /** names of nodes on which the program is not installed */
  readonly without = new Set<string>();
  readonly #members = new Map<string, Member>();
  readonly #store = new SqliteStore(':memory:', CLOCK);

  constructor() {
    onTestFinished(() => this.#store.close());
  }

  add(name: string, roles: readonly RoleName[], extra: Record<string, unknown> = {}): StagedNode {
    const folder = sweptFolder();
    const member: Member = {
      id: `id-${name}`,
      name,
      status: 'alive',
      address: `10.77.1.${this.#members.size + 1}`,
      tailscaleIp: '',
      apiPort: 9090,
      roles,
      tags: {},
      fingerprint: '',
      authenticated: true,
      voter: true,
      lastSeen: 0,
      joinedAt: 0,
    };
    this.#members.set(member.id, member);
    const supervisor = new StagedSupervisor();
    const places = placesOf(join(folder, 'k3s'), join(folder, 'state'), join(folder, 'etc'));
    const state = createSqliteState(this.#store, CLOCK);
    const wish = Object.fromEntries(roles.map((role) => [role, { enabled: true, ...extra }]));
    const hasProgram = () => !this.without.has(name);
    const kube = createKube({
      membership: { self: member, members: () => [...this.#members.values()] },
      peers: this.#peers(member),
      state,
      supervisor,
      commands: {
        async run() {
          if (hasProgram()) return { code: 0, stdout: 'k3s version v1.31.4+k3s1\n', stderr: '' };
          throw fail('NOT_FOUND', { remedy: 'Install k3s.' }, 'k3s is not installed.');
        },
      },
      clock: CLOCK,
      logger: SILENT,
      config: agentConfig.parse({ roles: wish }).roles,
      places,
      networkInterface: null,
    });
    onTestFinished(async () => {
      await kube.close();
      await state.close();
    });
    const node: StagedNode = {
      member,
      kube,
      supervisor,
      places,
      state,
      role(roleName) {
        const found = kube.roles.find((role) => role.name === roleName);
        if (found === undefined) throw new Error(`${name} has no role ${roleName}`);
        return found.state();
      },
      async start() {
        kube.start();
        for (const role of kube.roles) await role.start();
      },
      async k3sWrites(fake) {
        Object.assign(places, { etcdMetrics: fake.etcdMetrics });
        await write(places.serverAccess, await fake.kubeconfig('system:admin'));
        await write(join(places.etcdData, 'member'), '');
        await write(places.serverToken, `${TOKEN}\n`);
        await write(places.nodeToken, `${NODE_TOKEN}\n`);
      },
      async kubeletWrites(fake) {
        await write(places.agentAccess, await fake.kubeconfig(`system:node:${name}`));
      },
      setStatus: (status) => Object.assign(member, { status }),
    };
    this.nodes.set(member.id, node);
    return node;
  }

  #peers(caller: Member): Peers {
    return {
      call: async (member, method, path, { body }) => {
        const target = this.nodes.get(member.id);
        const route = target?.kube.routes.find((one) => one.path === path && one.method === method);
        if (route === undefined) throw fail('NOT_FOUND', { remedy: '', path });
        const { id, name, fingerprint } = caller;
        const signal = new AbortController().signal;
        const request = { method, target: path, fingerprint, address: '', body, signal };
        return (await route.handle(request, { id, name, fingerprint })).body;
      },
    };
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o600 });
}

export const isThere = (path: string): boolean => existsSync(path);
