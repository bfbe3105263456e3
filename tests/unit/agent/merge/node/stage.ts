import type { z } from 'zod';
import type { Crossing } from '#agent/crossing/crossing';
import { systemClock } from '#agent/host/clock';
import type { Hand } from '#agent/operations/hands/types';
import { crossingRoutes } from '#agent/operations/merge/node/routes';
import { CONFIG_KEY, type SlurmConfig } from '#agent/roles/slurm/config';
import type { EtcdSeats } from '#agent/state/etcd/seats';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import { member, StagedMembership } from '#tests/support/agent';
import { listed, StagedCommands } from '#tests/support/slurm';
import { slurmConfigWith } from '#tests/support/slurm-config';
import {
  type NodeFiles,
  nodeFiles,
  OPERATION,
  type TestCluster,
  testCluster,
} from '../crossing/node';

const WORD: Record<string, string> = { UP: 'up', DOWN: 'down', DRAIN: 'drain', INACTIVE: 'inact' };

/** A node of a cluster with SLURM, asked to take part in a merge. */
export class NodeStage {
  readonly state = createSqliteState(new SqliteStore(':memory:', systemClock), systemClock);
  readonly commands = new StagedCommands();
  readonly partitions = new Map([
    ['batch', 'UP'],
    ['gpu', 'DOWN'],
  ]);
  /** by node: SLURM's word; jobs by node */
  readonly workers = new Map<string, string>();
  readonly jobs: { id: string; node: string; state: string }[] = [];
  readonly released: string[] = [];
  /** names of nodes that are no members any more */
  readonly gone = new Set<string>();
  readonly membership: StagedMembership;
  readonly node: NodeFiles;
  readonly crossing: Crossing;
  readonly gaining: TestCluster = testCluster('north');
  readonly losing: TestCluster = testCluster('south');
  seats: EtcdSeats = { memberId: null, leader: 'id-b1', members: [] };
  munge: { ok: boolean; why: string } = { ok: true, why: '' };
  srun = { code: 0, stdout: 'MUNGE:credential:', stderr: '' };
  unmunge = 0;
  readonly #routes: ReturnType<typeof crossingRoutes>;

  private constructor(self: string, node: NodeFiles, crossing: Crossing) {
    this.node = node;
    this.crossing = crossing;
    const names = ['b1', 'b2', 'b3'];
    const [own, ...others] = [self, ...names.filter((name) => name !== self)].map((name) =>
      member(name),
    );
    if (own === undefined) throw new Error('no node');
    this.membership = new StagedMembership(own, others);
    Object.assign(this.membership.cluster, { uuid: this.losing.uuid, name: this.losing.name });
    for (const name of names) this.workers.set(name, 'idle');
    this.#slurm();
    const all = this.membership.members();
    const members = () => all.filter(({ name }) => !this.gone.has(name));
    const release = async (id: string) => void this.released.push(id);
    this.#routes = crossingRoutes({
      crossing,
      state: this.state,
      membership: Object.assign(this.membership, { release, members }),
      seats: { seats: async () => this.seats, snapshot: async () => 0 },
      commands: this.commands,
      clock: systemClock,
      hostName: () => self,
      proc: this.node.etc,
      checkMunge: async () => this.munge,
    });
  }

  /** @param self name of this node; `b1` is the one in control */
  static async of(self: string): Promise<NodeStage> {
    const node = nodeFiles();
    const stage = new NodeStage(self, node, await node.crossing());
    node.fillOwn();
    node.fill(stage.losing);
    await stage.state.commit([], [{ key: CONFIG_KEY, put: stage.config() }]);
    return stage;
  }

  config(wish: Partial<SlurmConfig> = {}): SlurmConfig {
    return slurmConfigWith({
      clusterName: 'south_1',
      controllers: ['id-b1', 'id-b2'],
      stateSaveLocation: this.node.jobs,
      shared: true,
      partitions: ['gpu'],
      ...wish,
    });
  }

  async call<In extends z.ZodType, Out extends z.ZodType>(
    hand: Hand<In, Out>,
    input: z.input<In>,
    operation = OPERATION,
  ): Promise<z.output<Out>> {
    const route = this.#routes.find((one) => one.hand.name === hand.name);
    if (route === undefined) throw new Error(`no ${hand.name}`);
    const { signal } = new AbortController();
    const call = { operation, epoch: 1, log: () => undefined, signal };
    return hand.output.parse(await route.run(hand.input.parse(input), call));
  }

  async slurmConfig(): Promise<unknown> {
    return (await this.state.get(CONFIG_KEY))?.value;
  }

  #slurm(): void {
    this.commands
      .on('sinfo', (argv) => {
        const format = argv.at(-1) ?? '';
        if (format.startsWith('%R')) {
          const rows = [...this.partitions].map(([name, word]) => [name, WORD[word] ?? '']);
          return listed(argv, rows);
        }
        const only = argv.includes('-n') ? argv[argv.indexOf('-n') + 1] : undefined;
        const rows = [...this.workers]
          .filter(([name]) => only === undefined || name === only)
          .map(([name, word]) => {
            if (format.startsWith('%N') && format.includes('%n')) return [name, name, word, 'none'];
            return format.includes('%R') ? [name, 'batch', word, 'up'] : [name];
          });
        return listed(argv, rows);
      })
      .on('squeue', (argv) => {
        const on = argv[argv.indexOf('-w') + 1];
        const found = this.jobs.filter(({ node }) => node === on);
        return listed(
          argv,
          found.map(({ id, state }) => [id, 'job', 'ada', state]),
        );
      })
      .on('scontrol', (argv) => {
        const partition = /^PartitionName=(.*)/.exec(argv[2] ?? '')?.[1];
        const word = /^State=(.*)/.exec(argv[3] ?? '')?.[1];
        if (partition !== undefined && word !== undefined) this.partitions.set(partition, word);
        const gone = /^NodeName=(.*)/.exec(argv[2] ?? '')?.[1];
        if (argv[1] === 'delete' && gone !== undefined) this.workers.delete(gone);
        return '';
      })
      .on('srun', () => this.srun)
      .on('unmunge', () => ({ code: this.unmunge }));
  }
}
