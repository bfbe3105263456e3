import { z } from 'zod';
import { isOver } from '#shared/contract/agent/operations';
import type { LabHost } from '#tests/lab/host';
import { type Lab, startLab } from '#tests/lab/lab';
import { ACCOUNTING, prepareLoad } from '#tests/lab/load/submitter';
import { operationsOf } from '#tests/lab/operations';
import { until } from '#tests/lab/process';
import { notReady } from '#tests/lab/ready';
import { enrolHosts } from '#tests/lab/setup';

/** A: both controllers see one folder with the jobs. B: each has a disk of its own. */
export type Procedure = 'A' | 'B';

/** Where the folder with the jobs of a cluster B lies; a test may mount another disk there. */
export const STATE_DISK = '/srv/slurm';
const STATE = { A: '/shared/slurmctld', B: `${STATE_DISK}/slurmctld` };

/** Nodes by what they are in the next handoff. */
export interface Parts {
  /** in control now */
  from: LabHost;
  /** the other that can be */
  to: LabHost;
  /** a worker and voter, which is never controller: from here jobs are submitted */
  other: LabHost;
}

const agreed = z.object({
  controllers: z.array(z.string()),
  held: z.array(z.string()).default([]),
  relays: z.array(z.unknown()).default([]),
  stateId: z.string(),
  revision: z.number(),
});

const entries = z.object({
  kvs: z.array(z.object({ key: z.string(), value: z.string(), create_revision: z.number() })),
});
const named = z.object({ name: z.string() });
const decoded = (base64: string) => Buffer.from(base64, 'base64').toString();

/** Three hosts with two possible controllers, and with accounting that does not depend on which. */
export class LoadedCluster {
  readonly lab: Lab;
  readonly procedure: Procedure;

  private constructor(lab: Lab, procedure: Procedure) {
    this.lab = lab;
    this.procedure = procedure;
  }

  /** Returns when it works. */
  static async start(procedure: Procedure, { name = '' } = {}): Promise<LoadedCluster> {
    const lab = await startLab({
      clusters: { a: 3 },
      agents: false,
      ...(name !== '' && { name }),
    });
    try {
      await prepareLoad(lab.host('a1'));
      await Promise.all(lab.hosts.map((host) => host.sh(`mkdir -p ${STATE_DISK}`)));
      await enrolHosts(lab.hosts, (config) => {
        const controller = {
          ...config.roles['slurm-controller'],
          state_save_location: STATE[procedure],
          shared: procedure === 'A',
          extra: [...ACCOUNTING],
        };
        return { ...config, roles: { ...config.roles, 'slurm-controller': controller } };
      });
      const cluster = new LoadedCluster(lab, procedure);
      await cluster.whole();
      return cluster;
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  get stateFolder(): string {
    return STATE[this.procedure];
  }

  get hosts(): readonly LabHost[] {
    return this.lab.hosts;
  }

  /** Who is in control, as SLURM itself tells. @throws Error where nobody is */
  async parts(): Promise<Parts> {
    const [a1, a2, other] = ['a1', 'a2', 'a3'].map((one) => this.lab.host(one));
    if (a1 === undefined || a2 === undefined || other === undefined) throw new Error('no hosts');
    const [first] = await this.#up(other);
    if (first === a1.name) return { from: a1, to: a2, other };
    if (first === a2.name) return { from: a2, to: a1, other };
    throw new Error('No controller answers.');
  }

  /** Waits until everything is as after the start: all work, both controllers stand, nothing is held. */
  async whole(withinMs = 120_000): Promise<void> {
    let lacking: string[] = [];
    const look = async () => {
      lacking = [...(await notReady(this.hosts)), ...(await this.#lacks())];
      return lacking.length === 0;
    };
    await until(look, 'the cluster to be whole', { withinMs, everyMs: 250 }).catch(
      (error: unknown) => {
        throw new Error([String(error), ...lacking].join('\n'));
      },
    );
  }

  async #lacks(): Promise<string[]> {
    const { other } = await this.parts();
    const up = await this.#up(other);
    const config = await this.agreed(other);
    const texts = await Promise.all(this.hosts.map((host) => host.sh('cat /etc/slurm/slurm.conf')));
    const active = (await operationsOf(other)).filter((one) => !isOver(one));
    return [
      ...(up.length < (this.procedure === 'A' ? 2 : 1) ? [`Only ${up.join()} is up.`] : []),
      ...(config.held.length > 0 ? ['A controller is held.'] : []),
      ...(config.relays.length > 0 ? ['A relay stands.'] : []),
      ...(new Set(texts).size > 1 ? ['slurm.conf differs between the hosts.'] : []),
      ...active.map(({ title, state }) => `${title} is ${state}.`),
    ];
  }

  /** What the cluster agreed on about SLURM, as the store has it. */
  async agreed(on: LabHost): Promise<z.output<typeof agreed>> {
    const key = '$(etcdctl get --prefix /clusterdeck/ --keys-only | grep "/slurm/config$")';
    return agreed.parse(JSON.parse(await on.sh(`etcdctl get --print-value-only ${key}`)));
  }

  /** Name of the node whose agent leads the operations; null while none does. */
  async coordinator(on: LabHost): Promise<string | null> {
    const text = await on.must(['etcdctl', 'get', '-w', 'json', '--prefix', '/clusterdeck/']);
    const [oldest] = entries
      .parse(JSON.parse(text))
      .kvs.filter(({ key }) => decoded(key).includes('/elections/operations/'))
      .toSorted((a, b) => a.create_revision - b.create_revision);
    return oldest === undefined ? null : named.parse(JSON.parse(decoded(oldest.value))).name;
  }

  /** Names of the controllers that answer, in their order. */
  async #up(on: LabHost): Promise<string[]> {
    // its code tells whether any is down
    const { stdout } = await on.exec(['scontrol', 'ping']);
    return [...stdout.matchAll(/ at (\S+) is UP/g)].map(([, name = '']) => name);
  }
}
