import { stringify } from 'yaml';
import type { LabHost } from '#tests/lab/host';

const GOSSIP_PORT = 7946;
const CONTROLLERS = 2;

/** What is written to a host's /etc/clusterdeck/node-agent.yaml. */
export interface HostConfig {
  roles: Record<string, Record<string, unknown>>;
  [section: string]: unknown;
}

export type Configure = (config: HostConfig, host: LabHost) => HostConfig | null;

/** Two controllers share their state as over NFS, and every host is a worker. */
function configFor(host: LabHost, cluster: readonly LabHost[]): HostConfig {
  return {
    networking: { address: host.address },
    roles: {
      'slurm-controller': {
        enabled: cluster.indexOf(host) < CONTROLLERS,
        state_save_location: '/shared/slurmctld',
        shared: true,
        slurmctld_timeout: 10,
      },
      'slurm-worker': { enabled: true },
    },
  };
}

/**
 * Makes the hosts' clusters: an enrolment file each, made by the agent itself, and a configuration.
 * The agents start as soon as they find theirs.
 * @param configure last word on a host's configuration; null: this host is not enrolled
 */
export async function enrolHosts(
  hosts: readonly LabHost[],
  configure: Configure = (config) => config,
): Promise<void> {
  const clusters = Object.values(Object.groupBy(hosts, (host) => host.cluster));
  await Promise.all(
    clusters.map(async (cluster = []) => {
      const configs = cluster.map((host) => configure(configFor(host, cluster), host));
      const members = cluster.filter((_, index) => configs[index] !== null);
      const [founder] = members;
      if (founder === undefined) return;
      const enrolment = await newEnrolment(founder, members);
      await Promise.all(
        cluster.map(async (host, index) => {
          const config = configs[index] ?? null;
          if (config !== null) await enrolHost(host, enrolment, config);
        }),
      );
    }),
  );
}

/** @returns the text of a new cluster's enrolment file, which knows all `seeds` */
export async function newEnrolment(founder: LabHost, seeds: readonly LabHost[]): Promise<string> {
  const path = '/run/lab/new-enrolment.yaml';
  const founding = ['--create', `lab-${founder.cluster}`, '--founder', founder.name];
  const where = ['--region', 'lab', '--datacenter', 'one-machine', '--out', path];
  const found = seeds.flatMap((seed) => ['--seed', `${seed.address}:${GOSSIP_PORT}`]);
  await founder.must(['node-agent', 'enrol', ...founding, ...where, ...found]);
  return founder.must(['sh', '-c', 'cat "$1" && rm "$1"', 'sh', path]);
}

export async function enrolHost(
  host: LabHost,
  enrolment: string,
  config: HostConfig,
): Promise<void> {
  await host.write('/etc/clusterdeck/enrolment.yaml', enrolment, '0600');
  await host.write('/etc/clusterdeck/node-agent.yaml', stringify(config));
}
