import { onTestFinished, vi } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { createNodeOperations } from '#agent/node-operations';
import { slurmParts } from '#agent/operations/handoff/slurm/parts';
import { HandGateway } from '#agent/operations/hands/gateway';
import type { HandRunner } from '#agent/operations/hands/runner';
import type { HandRequest } from '#agent/operations/hands/wire';
import type { Operations } from '#agent/operations/types';
import { CONFIG_KEY, type SlurmConfig, slurmConfig } from '#agent/roles/slurm/config';
import { fail } from '#shared/contract/errors';
import { listed } from '#tests/support/slurm';
import {
  type SlurmNodeWish,
  type StagedSlurmNode,
  stageSlurmCluster,
} from '#tests/support/slurm-cluster';

export const WAIT = { timeout: 20_000, interval: 20 };

/** SlurmctldTimeout, after which things move on that wait for what clients do */
export const TIMEOUT_MS = 1_000;

/** So that a test need not wait as long as clients do. */
const hasty = ({ controller, ...rest }: SlurmNodeWish): SlurmNodeWish =>
  controller === undefined || controller === false
    ? rest
    : {
        ...rest,
        controller: {
          slurmctld_timeout: TIMEOUT_MS,
          ...(typeof controller === 'object' ? controller : {}),
        },
      };

/** Nodes whose agents carry operations out, over daemons and commands that a test stages. */
export function stageHandoff(wishes: Record<string, SlurmNodeWish>) {
  const cluster = stageSlurmCluster(
    Object.fromEntries(Object.entries(wishes).map(([name, wish]) => [name, hasty(wish)])),
  );
  const runners = new Map<string, HandRunner>();
  const operations = new Map<string, Operations>();
  const jobs: StagedJob[] = [];
  for (const node of cluster.nodes) {
    const isAnswering = () => cluster.controllers(node.name).includes(' UP');
    node.commands
      .on('slurmctld', () => 'slurm-wlm 22.05.8\n')
      .on('sync', () => '')
      .on('sacct', () => '')
      .on('sbatch', () => 'sbatch: Job 5 to start now\n')
      .on('squeue', (argv) =>
        isAnswering()
          ? listed(
              argv,
              jobs.map((job) => fieldsOf(job, argv)),
            )
          : { code: 1 },
      );
    const { membership, state, commands, log: logger, parts } = node;
    const made = createNodeOperations({
      clock: systemClock,
      logger,
      state,
      membership,
      peers: { call: () => Promise.reject(new Error('calls go another way here')) },
      folder: null,
      hands: (own) => {
        runners.set(membership.self.id, own);
        return new HandGateway({
          membership,
          peers: overRunners(runners, cluster.nodes),
          runner: own,
        });
      },
      parts: [
        slurmParts({
          state,
          membership,
          commands,
          clock: systemClock,
          handing: parts.handing,
          config: parts.config,
          listens: async () => false,
        }),
      ],
    });
    operations.set(node.name, made.operations);
    made.start();
    onTestFinished(() => made.close());
  }
  const first = cluster.nodes[0];
  if (first === undefined) throw new Error('No node');
  const record = async (): Promise<SlurmConfig> =>
    slurmConfig.parse((await first.state.get(CONFIG_KEY))?.value);
  const on = (name: string): Operations => {
    const found = operations.get(name);
    if (found === undefined) throw new Error(`No node ${name}`);
    return found;
  };
  return {
    ...cluster,
    jobs,
    record,
    on,
    start() {
      for (const node of cluster.nodes) node.start();
    },
    /** all roles are as they should be */
    whole: () =>
      vi.waitFor(() => {
        const states = cluster.nodes.flatMap(({ parts }) =>
          parts.roles.map((role) => role.state()),
        );
        for (const state of states) if (!state.healthy) throw new Error(JSON.stringify(state));
      }, WAIT),
    plan: (by: string, to: string) =>
      on(by).plan({ kind: 'handoff', params: { role: 'slurm-controller', to } }, 'tester'),
    /** Plans, starts, and waits until it is over or asks a person. */
    async handOver(by: string, to: string) {
      const plan = await on(by).plan(
        { kind: 'handoff', params: { role: 'slurm-controller', to } },
        'tester',
      );
      const { id } = await on(by).start(plan.hash, plan.confirm, 'tester');
      return this.ended(by, id);
    },
    ended: (by: string, id: string) =>
      vi.waitFor(async () => {
        const answer = await on(by).get(id);
        const { state } = answer.operation;
        if (state !== 'done' && state !== 'undone' && state !== 'stuck') throw new Error(state);
        return answer;
      }, WAIT),
  };
}

/** A job as squeue would list it. */
export interface StagedJob {
  id: string;
  state: string;
  /** unix seconds */
  start: number;
}

/** What `-o` asks for, letter by letter. */
function fieldsOf({ id, state, start }: StagedJob, argv: readonly string[]): string[] {
  const known: Record<string, string> = {
    '%i': id,
    '%T': state,
    '%S': String(start),
    '%u': 'ada',
    '%j': 'train',
    '%M': '0:10',
    '%C': '1',
    '%V': String(start),
  };
  return [...(argv.at(-1) ?? '').matchAll(/%\w/g)].map(([letter]) => known[letter] ?? '');
}

/** Calls of hands reach the other nodes' runners, unless those have no power. */
function overRunners(
  runners: ReadonlyMap<string, HandRunner>,
  nodes: readonly StagedSlurmNode[],
): ConstructorParameters<typeof HandGateway>[0]['peers'] {
  return {
    async call(member, _method, _path, { body, signal }) {
      const runner = runners.get(member.id);
      const isOff = nodes.find(({ name }) => name === member.name)?.isOff !== false;
      if (runner === undefined || isOff) throw fail('UNREACHABLE', { remedy: 'Switch it on.' });
      const asked: HandRequest = JSON.parse(JSON.stringify(body));
      return runner.run(asked, signal ?? new AbortController().signal);
    },
  };
}
