import type { FoundService, ServiceProbes } from '#agent/roles/services/types';
import { SERVICE_NAMES } from '#shared/contract/agent/dashboard';
import type { AgentNodeSpec, ServiceSpec } from './specs';

type Unit = ReturnType<ServiceProbes['units']>[number];

/** The services and units of one simulated node, some of which fail. */
export function simulatedServices(
  node: AgentNodeSpec,
  address: string,
  services: readonly ServiceSpec[],
  clock: () => number,
): ServiceProbes {
  const own = services.filter((service) => service.node === node.name);
  return {
    found: () => own.map((service) => foundOf(service, address, clock())),
    units: () => SERVICE_NAMES.map((name) => unitOf(name, node, own)),
  };
}

function foundOf(service: ServiceSpec, address: string, lastSeen: number): FoundService {
  const { name, port, path, failed } = service;
  const scheme = port === 443 ? 'https' : 'http';
  const authority = port === 443 ? address : `${address}:${port}`;
  return {
    name,
    address,
    port,
    status: failed === undefined ? 'running' : 'error',
    message: failed ?? `It answers on port ${port}.`,
    url: failed === undefined ? `${scheme}://${authority}${path}` : null,
    lastSeen,
  };
}

const ROLE_UNITS: Partial<Record<(typeof SERVICE_NAMES)[number], AgentNodeSpec['roles'][number]>> =
  {
    slurmctld: 'slurm-controller',
    slurmd: 'slurm-worker',
    k3s: 'k3s-server',
    'k3s-agent': 'k3s-agent',
  };

function unitOf(
  name: (typeof SERVICE_NAMES)[number],
  node: AgentNodeSpec,
  own: readonly ServiceSpec[],
): Unit {
  const service = own.find(({ unit }) => unit === name);
  if (service?.failed !== undefined) return { name, status: 'error', message: service.failed };
  const role = ROLE_UNITS[name];
  const runs = service !== undefined || (role !== undefined && node.roles.includes(role));
  return { name, status: runs ? 'running' : 'stopped', message: runs ? 'active (running)' : '' };
}
