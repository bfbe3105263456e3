import { lookup } from 'node:dns/promises';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { Failure } from '#shared/contract/errors';
import { statePortsOf } from '../../config/schema';
import { codeOf } from '../../host/error-code';
import { chooseAddress } from '../../host/network';
import { bad, type Check, type Finding, ok, type Surroundings, warning } from './finding';

const ASK_MS = 5_000;

export const checkAddress: Check = async ({ config }) => {
  // the tailnet is looked at by a check of its own
  const without = { ...config, networking: { ...config.networking, type: 'auto' as const } };
  try {
    const { address } = chooseAddress(without, '');
    return [ok('address', `This machine has the address ${address}.`)];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [bad('address', error.message, error.data.remedy)];
  }
};

export const checkPorts: Check = async ({ config, isRunning }) => {
  if (isRunning) return [ok('ports', 'The agent runs, so its ports are its own.')];
  const ports = [
    ['api.port', config.api.port],
    ['discovery.bind_port', config.discovery.bind_port],
    ['discovery.rpc_port', config.discovery.rpc_port],
    ...(config.state.kind === 'etcd'
      ? ([
          ['state.client_port', statePortsOf(config).client],
          ['state.peer_port', statePortsOf(config).peer],
        ] as const)
      : []),
  ] as const;
  const taken = await Promise.all(
    ports.map(async ([key, port]) => ({ key, port, isFree: await isFree(port) })),
  );
  const findings = taken
    .filter(({ isFree }) => !isFree)
    .map(({ key, port }) =>
      warning(
        'ports',
        `Something listens on port ${port} already.`,
        `If it is not a daemon that the agent left running, stop it or set ${key}. Prometheus uses 9090 too.`,
      ),
    );
  return findings.length > 0 ? findings : [ok('ports', 'The ports that the agent needs are free.')];
};

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(codeOf(error) !== 'EADDRINUSE'));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}

/** SLURM finds the nodes by their names. */
export const checkNames: Check = async ({ nodeName }) => {
  const own = hostname();
  const findings: Finding[] = [];
  try {
    const { address } = await lookup(own);
    findings.push(
      /^127\.|^::1$/.test(address)
        ? warning(
            'dns',
            `${own} resolves to ${address}, which leads nowhere on other nodes.`,
            `Give ${own} its real address in /etc/hosts or in DNS.`,
          )
        : ok('dns', `${own} resolves to ${address}.`),
    );
  } catch {
    findings.push(warning('dns', `${own} does not resolve.`, `Name it in /etc/hosts or in DNS.`));
  }
  if (own.split('.')[0]?.toLowerCase() !== nodeName) {
    findings.push(
      warning(
        'name',
        `This machine is called ${own}, the node ${nodeName}.`,
        'Give both the same name, or take care that the node name resolves everywhere.',
      ),
    );
  }
  return findings;
};

/** SLURM, munge and tokens need clocks that agree. */
export const checkClock: Check = async ({ commands, now }) => {
  if (new Date(now()).getUTCFullYear() < 2025) {
    return [
      bad('clock', 'The clock of this machine is years behind.', 'Set it, and run an NTP client.'),
    ];
  }
  const read = await commands
    .run(['timedatectl', 'show', '--property=NTPSynchronized', '--value'], { deadlineMs: ASK_MS })
    .catch(() => null);
  if (read === null || read.code !== 0) {
    return [
      warning(
        'clock',
        'Whether the clock is kept in step cannot be found out here.',
        'Take care that an NTP client runs: munge refuses clocks that differ by minutes.',
      ),
    ];
  }
  return [
    read.stdout.trim() === 'yes'
      ? ok('clock', 'The clock is kept in step.')
      : warning('clock', 'The clock is not kept in step.', 'Run chrony or systemd-timesyncd.'),
  ];
};

export const checkTailscale: Check = async ({ config, commands }: Surroundings) => {
  const { enabled, required } = config.tailscale;
  if (!enabled) return [];
  const read = await commands
    .run(['tailscale', 'ip', '-4'], { deadlineMs: ASK_MS })
    .catch((error: unknown) => {
      if (error instanceof Failure) return error;
      throw error;
    });
  const isThere = !(read instanceof Failure) && read.code === 0;
  if (isThere) return [ok('tailscale', `This node is ${read.stdout.trim()} in the tailnet.`)];
  const message = read instanceof Failure ? read.message : 'This node is not in the tailnet.';
  const remedy = 'Install tailscale and run "tailscale up", or set tailscale.enabled to false.';
  return [required ? bad('tailscale', message, remedy) : warning('tailscale', message, remedy)];
};
