import { clusterAnswer } from '#shared/contract/agent/dashboard';
import { type MergeCard, mergeCard, pactAnswer } from '#shared/contract/agent/merge';
import type { OperationPlan, PlanRequest } from '#shared/contract/agent/operations';
import type { LabHost } from '#tests/lab/host';
import { type Lab, startLab } from '#tests/lab/lab';
import { ACCOUNTING, prepareLoad } from '#tests/lab/load/submitter';
import { act, planOn } from '#tests/lab/operations';
import { until } from '#tests/lab/process';
import { notReady } from '#tests/lab/ready';
import { enrolHosts, type HostConfig } from '#tests/lab/setup';
import { ask, memberStatuses, workerStates } from '#tests/lab/views';

export interface TwoClustersOptions {
  name?: string;
  /** of the cluster that stays and the one that is taken up */
  hosts?: { a: number; b: number };
  /** last word on a host's configuration */
  configure?(config: HostConfig, host: LabHost): HostConfig;
}

const PATIENCE_MS = 120_000;

/** Two whole clusters with keys, jobs and accounting of their own; `a` stays, `b` is taken up. */
export class TwoClusters {
  readonly lab: Lab;

  private constructor(lab: Lab) {
    this.lab = lab;
  }

  /** Returns when both work. */
  static async start(options: TwoClustersOptions = {}): Promise<TwoClusters> {
    const { name = '', hosts = { a: 3, b: 2 }, configure = (config) => config } = options;
    const lab = await startLab({
      clusters: hosts,
      agents: false,
      ...(name !== '' && { name }),
    });
    const clusters = new TwoClusters(lab);
    try {
      await Promise.all([lab.host('a1'), lab.host('b1')].map(prepareLoad));
      await enrolHosts(lab.hosts, (config, host) => configure(configFor(config, host), host));
      await clusters.apart();
      return clusters;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  host(name: string): LabHost {
    return this.lab.host(name);
  }
  get staying(): LabHost[] {
    return this.lab.hosts.filter(({ cluster }) => cluster === 'a');
  }
  get taken(): LabHost[] {
    return this.lab.hosts.filter(({ cluster }) => cluster === 'b');
  }

  /** What each shows of itself. */
  async cards(): Promise<{ a: MergeCard; b: MergeCard }> {
    const [a, b] = await Promise.all(
      ['a1', 'b1'].map((name) => act(this.host(name), mergeCard, '/api/v1/merge/card')),
    );
    if (a === undefined || b === undefined) throw new Error('no cards');
    return { a, b };
  }

  /** Lets both take part in a merge. */
  async agree(): Promise<void> {
    const { a, b } = await this.cards();
    await act(this.host('a1'), pactAnswer, '/api/v1/merge/pact', { card: b });
    await act(this.host('b1'), pactAnswer, '/api/v1/merge/pact', { card: a });
  }

  /** `b` is to be taken up by `a`. */
  async request(params: Record<string, string> = {}): Promise<PlanRequest> {
    const { b } = await this.cards();
    return { kind: 'merge', params: { losing: b.cluster.uuid, ...params } };
  }

  /** The plan as soon as no check fails: what has just started is not stable at once. */
  async plan(params: Record<string, string> = {}): Promise<OperationPlan> {
    await this.agree();
    const request = await this.request(params);
    let failed: string[] = [];
    return until(
      async () => {
        const plan = await planOn(this.host('a1'), request);
        failed = plan.checks.flatMap(({ id, state, detail }) =>
          state === 'failed' ? [`${id}: ${detail}`] : [],
        );
        return failed.length === 0 ? plan : null;
      },
      'a plan without failed checks',
      { withinMs: PATIENCE_MS, everyMs: 1_000 },
    ).catch((error: unknown) => {
      throw new Error([String(error), ...failed].join('\n'));
    });
  }

  /** Waits until every agent answers, to whichever cluster it belongs. */
  async answer(): Promise<void> {
    const isThere = async (host: LabHost) => (await host.api('/api/v1/status')).status === 200;
    await until(
      async () => (await Promise.all(this.lab.hosts.map(isThere))).every(Boolean),
      'the agents to answer',
      { withinMs: PATIENCE_MS, everyMs: 250 },
    );
  }

  /** Waits until each is whole by itself, as after the start. */
  async apart(): Promise<void> {
    await this.#whole({ a: this.staying, b: this.taken });
  }

  /** Waits until the first has all nodes, and works with them. */
  async one(): Promise<void> {
    await this.#whole({ a: this.lab.hosts });
  }

  async #whole(clusters: Record<string, readonly LabHost[]>): Promise<void> {
    let lacking: string[] = [];
    const look = async () => {
      const all = Object.values(clusters).map((hosts) => this.#lacks(hosts));
      lacking = (await Promise.all(all)).flat();
      return lacking.length === 0;
    };
    await until(look, 'the clusters to be whole', { withinMs: PATIENCE_MS, everyMs: 500 }).catch(
      (error: unknown) => {
        throw new Error([String(error), ...lacking].join('\n'));
      },
    );
  }

  /** What these hosts lack to be one cluster of their own, a sentence each. */
  async #lacks(hosts: readonly LabHost[]): Promise<string[]> {
    const [first] = hosts;
    if (first === undefined) return ['There are no hosts.'];
    const wanted = hosts.map(({ name }) => name).toSorted();
    const seen = await Promise.all(
      hosts.map(async (host): Promise<string[]> => {
        try {
          const cluster = await ask(host, '/api/v1/cluster', clusterAnswer);
          const members = Object.entries(await memberStatuses(host));
          const workers = Object.keys(await workerStates(host)).toSorted();
          const alive = members.flatMap(([name, status]) => (status === 'alive' ? [name] : []));
          const isWhole =
            members.length === wanted.length &&
            alive.toSorted().join() === wanted.join() &&
            workers.join() === wanted.join();
          const list = members.map((one) => one.join(' ')).join(', ');
          return isWhole
            ? [cluster.uuid]
            : [`${host.name} is of ${cluster.name}, sees ${list}; workers ${workers.join(', ')}.`];
        } catch (error) {
          return [`${host.name} does not tell: ${String(error)}`];
        }
      }),
    );
    const [uuid] = seen.flat();
    const strange = seen.flat().filter((one) => one !== uuid || one.includes(' '));
    return strange.length > 0 ? strange : inOneCluster(hosts);
  }
}

/** As for hosts that were one cluster from the beginning. */
async function inOneCluster(hosts: readonly LabHost[]): Promise<string[]> {
  const all = await notReady(hosts);
  // it counts by the cluster in which a host began; who is a member was looked at above
  return all.filter((sentence) => /does not answer|keep its state/.test(sentence));
}

const FIRST_JOB: Record<string, number> = { a: 1_000_001, b: 2_000_001 };

/** One controller each, on a disk of its own, and merging allowed. */
function configFor(config: HostConfig, host: LabHost): HostConfig {
  const controller = {
    ...config.roles['slurm-controller'],
    ...(host.cluster === 'b' && {
      enabled: host.name === 'b1',
      state_save_location: '/var/spool/slurmctld',
      shared: false,
    }),
    // by chance both might count from one number, and whoever tells of both could not tell them apart
    first_job_id: FIRST_JOB[host.cluster] ?? 1,
    extra: [...ACCOUNTING],
  };
  return {
    ...config,
    cluster: { merging: { enabled: true } },
    roles: { ...config.roles, 'slurm-controller': controller },
  };
}
