import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '#agent/host/clock';
import type { Member, Peers } from '#agent/membership/types';
import type { Clock } from '#agent/ports';
import type { SlurmSettings } from '#agent/roles/slurm/config';
import type { ControllerRelay } from '#agent/roles/slurm/relay';
import { createSlurm, type SlurmParts } from '#agent/roles/slurm/roles';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { State } from '#agent/state/types';
import { fail } from '#shared/contract/errors';
import { KeptLog, member, StagedMembership } from './agent';
import { listed, StagedCommands, StagedSupervisor } from './slurm';
import { sweptFolder } from './temp-folder';

export interface SlurmNodeWish {
  controller?: boolean | Partial<SlurmSettings['controller']>;
  worker?: Partial<SlurmSettings['worker']>;
  hostName?: string;
}

/** One node: its real SLURM parts over staged daemons and commands. */
export interface StagedSlurmNode {
  name: string;
  parts: SlurmParts;
  supervisor: StagedSupervisor;
  commands: StagedCommands;
  membership: StagedMembership;
  state: State;
  log: KeptLog;
  /** /etc/slurm and /etc/munge of this node */
  etc: { slurm: string; munge: string };
  /** a power-off: the daemons die and nobody looks after them */
  isOff: boolean;
  start(): void;
}

/**
 * Nodes of one cluster in one process. Their daemons do what SLURM's would as far as it can be seen:
 * the first controller of slurm.conf that runs is in control, and workers that run are idle.
 */
export function stageSlurmCluster(wishes: Record<string, SlurmNodeWish>, clock: Clock = tenfold) {
  const root = sweptFolder();
  const store = new SqliteStore(':memory:', clock);
  const shared = join(root, 'shared');
  mkdirSync(shared);
  const names = Object.keys(wishes);
  const members = names.map((name) => {
    const { controller, worker } = wishes[name] ?? {};
    const roles = [
      ...(controller ? (['slurm-controller'] as const) : []),
      ...(worker ? (['slurm-worker'] as const) : []),
    ];
    return member(name, { address: '127.0.0.1', roles });
  });
  const nodes = new Map<string, StagedSlurmNode>();
  /** as the node's own slurm.conf has them */
  const pinged = (on: string) =>
    controllersIn(join(root, on, 'etc/slurm/slurm.conf'))
      .map((name, index) => {
        const node = nodes.get(name);
        const isUp = node?.supervisor.runs('slurmctld') === true && !node.isOff;
        const place = index === 0 ? 'primary' : 'backup';
        return `Slurmctld(${place}) at ${name} is ${isUp ? 'UP' : 'DOWN'}\n`;
      })
      .join('');
  const answering = (on: string) => pinged(on).includes(' UP');
  const down = { code: 1, stderr: 'sinfo: error: Unable to contact slurm controller\n' };
  /** nodes on which a job has a place */
  const placed: string[] = [];
  const idle = () =>
    [...nodes.values()].filter(({ supervisor, isOff }) => supervisor.runs('slurmd') && !isOff);

  for (const own of members) {
    const { name } = own;
    const wish = wishes[name] ?? {};
    const folder = (path: string) => join(root, name, path);
    const commands = new StagedCommands()
      .on('scontrol', () => pinged(name))
      .on('squeue', (argv) => {
        if (!answering(name)) return down;
        return argv.includes('-t') ? placed.join('\n') : listed(argv, []);
      })
      .on('sinfo', (argv) => {
        if (!answering(name)) return down;
        if (argv.includes('%f')) return '(null)\n';
        const rows = idle().map((node) => [node.name, 'idle', '0/2/0/2', 'batch*', 'up', 'none']);
        return listed(argv, rows);
      })
      .on('munge', () => 'MUNGE:credential:\n')
      .on('unmunge', () => '');
    const membership = new StagedMembership(
      own,
      members.filter((one) => one.name !== name),
    );
    const supervisor = new StagedSupervisor();
    supervisor.onBegin = (daemon) => {
      if (daemon === 'slurmctld') writeFileSync(join(stateFolder, 'clustername'), 'forge');
    };
    const stateFolder =
      (typeof wish.controller === 'object' && wish.controller.state_save_location) ||
      join(shared, 'slurmctld');
    const state = createSqliteState(store, clock);
    const log = new KeptLog();
    const relay = new StagedRelay();
    const account = (user: string) => ({
      name: user,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
    });
    const controller = typeof wish.controller === 'object' ? wish.controller : {};
    const parts = createSlurm({
      state,
      membership,
      peers: peersOf(own, nodes),
      supervisor,
      commands,
      clock,
      logger: log,
      machine: {
        hostName: () => wish.hostName ?? name,
        account: async (user) => account(user),
        hasCgroups: () => false,
        gpuDevices: async () => [],
      },
      folders: {
        slurm: folder('etc/slurm'),
        munge: folder('etc/munge'),
        mungeRun: folder('run/munge'),
        mungeSeed: folder('lib/munge'),
        mungeLog: folder('log/munge'),
        slurmdSpool: folder('spool/slurmd'),
      },
      relay,
      door: {
        lend: async () => null,
        shut: async () => false,
        open: async () => undefined,
        calls: async () => 0,
      },
      // all have one address here: whose port it is, is known by the caller
      listens: async () => supervisor.runs('slurmctld') || relay.to !== null,
      settings: {
        controller: {
          enabled: Boolean(wish.controller),
          state_save_location: join(shared, 'slurmctld'),
          shared: true,
          slurmctld_timeout: 10_000,
          slurmd_timeout: 300_000,
          extra: [],
          ...controller,
        },
        worker: {
          enabled: wish.worker !== undefined,
          partitions: [],
          features: [],
          ...wish.worker,
        },
      },
    });
    nodes.set(name, {
      name,
      parts,
      supervisor,
      commands,
      membership,
      state,
      log,
      etc: { slurm: folder('etc/slurm'), munge: folder('etc/munge') },
      isOff: false,
      start() {
        parts.start();
        for (const role of parts.roles) void role.start();
      },
    });
  }
  onTestFinished(async () => {
    for (const { parts } of nodes.values()) await parts.close();
    for (const { state } of nodes.values()) await state.close();
    store.close();
  });
  const node = (name: string) => {
    const found = nodes.get(name);
    if (found === undefined) throw new Error(`No node ${name}`);
    return found;
  };
  return { node, nodes: [...nodes.values()], shared, store, controllers: pinged, placed };
}

function controllersIn(path: string): string[] {
  if (!existsSync(path)) return [];
  const hosts = readFileSync(path, 'utf8').matchAll(/^SlurmctldHost=(\w+)/gm);
  return [...hosts].map(([, name = '']) => name);
}

/** A relay that only says where it leads. */
export class StagedRelay implements ControllerRelay {
  to: string | null = null;

  open = async (_own: string, { id }: { id: string }): Promise<void> => {
    this.to = id;
  };
  close = async (): Promise<void> => {
    this.to = null;
  };
  end = this.close;
}

/** Real time, ten times as fast for whoever sleeps. */
const tenfold: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  sleep: (ms, signal) => systemClock.sleep(ms / 10, signal),
};

/** Calls the other nodes' routes as the API would, as the member that calls. */
function peersOf(own: Member, nodes: ReadonlyMap<string, StagedSlurmNode>): Peers {
  return {
    async call(to, method, path, { body }) {
      const node = nodes.get(to.name);
      if (node === undefined || node.isOff) {
        throw fail('UNREACHABLE', { remedy: 'Switch it on.', node: to.name });
      }
      const route = node.parts.routes.find((one) => one.path === path && one.method === method);
      if (route === undefined) throw fail('NOT_FOUND', { remedy: 'Ask for something else.' });
      const { id, name, fingerprint } = own;
      const request = {
        method,
        target: path,
        fingerprint,
        address: own.address,
        body: JSON.parse(JSON.stringify(body ?? null)),
        signal: new AbortController().signal,
      };
      const answer = await route.handle(request, { id, name, fingerprint });
      return JSON.parse(JSON.stringify(answer.body));
    },
  };
}
