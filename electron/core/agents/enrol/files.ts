import { stringify } from 'yaml';
import type { EnrolRequest } from '#shared/contract/agents';
import { NODE_AGENT_PATHS, NODE_AGENT_UNIT } from '#shared/domain/node-agent-unit';

/** One file that a new node needs. */
export interface NodeFile {
  name: string;
  text: string;
  /** whether it holds the cluster key */
  secret: boolean;
  purpose: string;
}

type Wishes = Pick<EnrolRequest, 'roles' | 'tailscale' | 'packageUrl'>;

const UNIT_PATH = `/etc/systemd/system/${NODE_AGENT_PATHS.unit}`;
/** What Debian has of it; k3s comes from its own installer. */
const ALWAYS = ['serf', 'etcd-server', 'etcd-client'];
const OF_CONTROLLER = ['slurmctld', 'slurm-client', 'munge'];
const OF_WORKER = ['slurmd', 'slurm-client', 'munge'];

/** All files, the enrolment file first. @param enrolment its text */
export function nodeFiles(enrolment: string, wishes: Wishes): NodeFile[] {
  const config = configText(wishes);
  return [
    {
      name: 'enrolment.yaml',
      text: enrolment,
      secret: true,
      purpose: `Goes to ${NODE_AGENT_PATHS.enrolment}, mode 0600: it lets a node join.`,
    },
    {
      name: 'node-agent.yaml',
      text: config,
      secret: false,
      purpose: `Goes to ${NODE_AGENT_PATHS.config}: what the node is to be.`,
    },
    {
      name: NODE_AGENT_PATHS.unit,
      text: NODE_AGENT_UNIT,
      secret: false,
      purpose: `Goes to ${UNIT_PATH} where the agent is not installed from its package.`,
    },
    {
      name: 'user-data',
      text: userData(enrolment, config, wishes),
      secret: true,
      purpose: 'For cloud-init: a machine that starts with it enrols by itself.',
    },
  ];
}

function configText({ roles, tailscale }: Wishes): string {
  const role = (enabled: boolean) => ({ enabled });
  return `# The agent's defaults fit most nodes; the documentation lists every key.\n${stringify({
    discovery: { mode: 'serf' },
    tailscale: { enabled: tailscale, required: tailscale },
    roles: {
      'slurm-controller': role(roles.slurmController),
      'slurm-worker': role(roles.slurmWorker),
      'k3s-server': role(roles.k3sServer),
      'k3s-agent': role(roles.k3sAgent),
    },
    cluster: { enrolment: NODE_AGENT_PATHS.enrolment },
  })}`;
}

function userData(enrolment: string, config: string, wishes: Wishes): string {
  const { packageUrl, roles } = wishes;
  const packages = new Set([
    ...ALWAYS,
    ...(roles.slurmController ? OF_CONTROLLER : []),
    ...(roles.slurmWorker ? OF_WORKER : []),
    ...(packageUrl === null ? [] : ['curl', 'ca-certificates']),
  ]);
  const files = [
    {
      path: NODE_AGENT_PATHS.enrolment,
      owner: 'root:root',
      permissions: '0600',
      content: enrolment,
    },
    { path: NODE_AGENT_PATHS.config, owner: 'root:root', permissions: '0644', content: config },
  ];
  const archive = '/var/cache/clusterdeck-node-agent.deb';
  const install =
    packageUrl === null
      ? []
      : [
          [
            'curl',
            '--fail',
            '--silent',
            '--show-error',
            '--proto',
            '=https',
            '--output',
            archive,
            packageUrl,
          ],
          // what stands in /etc/clusterdeck already is kept
          ['apt-get', 'install', '--yes', '-o', 'Dpkg::Options::=--force-confold', archive],
        ];
  const document = {
    package_update: true,
    packages: [...packages].sort(),
    write_files: files,
    runcmd: [
      ...install,
      ['systemctl', 'daemon-reload'],
      ['systemctl', 'enable', '--now', NODE_AGENT_PATHS.unit],
    ],
  };
  return `#cloud-config\n# It holds the cluster key: treat it as a password.\n${stringify(document)}`;
}
