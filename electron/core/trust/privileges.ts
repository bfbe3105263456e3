import type { FeatureName, FeaturePrivileges } from '#shared/contract/connection';
import type { Permissions } from '../pve/schemas/access';

/** A privilege needed on a path and on everything below it. */
interface Need {
  path: string;
  privileges: string[];
  /** first major release that has or asks for it */
  since?: number;
}

const GUEST_CONFIG = [
  'VM.Config.CDROM',
  'VM.Config.CPU',
  'VM.Config.Cloudinit',
  'VM.Config.Disk',
  'VM.Config.HWType',
  'VM.Config.Memory',
  'VM.Config.Network',
  'VM.Config.Options',
];

/**
 * What each feature asks of the account. Source: the privileges as Proxmox VE's administration
 * guide describes them under "User Management", held against the roles recorded from 9.2.11; they
 * were not measured call by call on each release.
 *
 * Releases differ: 8 asks for SDN.Use where a guest gets a bridge; 9 has VM.GuestAgent.* in place of
 * VM.Monitor. Up to 8, reading a guest's addresses from its agent takes VM.Monitor, which also
 * lets one run commands inside guests: that is more than watching needs, so it is not asked for.
 */
const NEEDS: Record<FeatureName, Need[]> = {
  watch: [
    { path: '/', privileges: ['Sys.Audit'] },
    { path: '/nodes', privileges: ['Sys.Audit'] },
    { path: '/vms', privileges: ['VM.Audit'] },
    { path: '/vms', privileges: ['VM.GuestAgent.Audit'], since: 9 },
    { path: '/storage', privileges: ['Datastore.Audit'] },
    { path: '/pool', privileges: ['Pool.Audit'] },
  ],
  power: [{ path: '/vms', privileges: ['VM.Audit', 'VM.PowerMgmt'] }],
  deploy: [
    {
      path: '/vms',
      privileges: ['VM.Allocate', 'VM.Audit', 'VM.Clone', 'VM.PowerMgmt', ...GUEST_CONFIG],
    },
    { path: '/storage', privileges: ['Datastore.AllocateSpace', 'Datastore.Audit'] },
    { path: '/sdn/zones', privileges: ['SDN.Use'], since: 8 },
  ],
  templates: [
    {
      path: '/vms',
      privileges: ['VM.Allocate', 'VM.Audit', 'VM.Backup', 'VM.Clone', 'VM.Config.Options'],
    },
    {
      path: '/storage',
      privileges: ['Datastore.AllocateSpace', 'Datastore.AllocateTemplate', 'Datastore.Audit'],
    },
  ],
  isos: [{ path: '/storage', privileges: ['Datastore.AllocateTemplate', 'Datastore.Audit'] }],
  'idle shutdown': [{ path: '/vms', privileges: ['VM.Audit', 'VM.PowerMgmt'] }],
};

function needsOf(feature: FeatureName, major: number): Need[] {
  return NEEDS[feature].filter(({ since = 0 }) => major >= since);
}

/** Every privilege that the features need on this release, sorted, each once. */
export function privilegesFor(features: readonly FeatureName[], major: number): string[] {
  const all = features.flatMap((feature) => needsOf(feature, major));
  return [...new Set(all.flatMap((need) => need.privileges))].toSorted();
}

/** Which of a feature's privileges an account lacks, and what would grant them. */
export function missingFor(
  feature: FeatureName,
  permissions: Permissions,
  major: number,
): FeaturePrivileges {
  const lacking = new Map<string, string[]>();
  for (const { path, privileges } of needsOf(feature, major)) {
    const absent = privileges.filter((privilege) => !holds(permissions, path, privilege));
    if (absent.length > 0) lacking.set(path, [...(lacking.get(path) ?? []), ...absent]);
  }
  const missing = [...lacking].map(([path, privileges]) => ({ path, privileges }));
  if (missing.length === 0) return { feature, ok: true, missing };
  return { feature, ok: false, missing, remedy: remedyOf(missing, permissions) };
}

/**
 * Whether the account holds a privilege on a path and below. The server lists effective privileges
 * per path, each with whether it reaches below; an unlisted path has what the nearest listed one
 * above it passes on.
 */
export function holds(permissions: Permissions, path: string, privilege: string): boolean {
  const here = permissions[path];
  // on the root itself it need not reach below: the paths below are asked for by themselves
  if (here !== undefined) return path === '/' ? privilege in here : here[privilege] === true;
  const parent = path.slice(0, Math.max(1, path.lastIndexOf('/')));
  if (path === '/') return false;
  return (
    permissions[parent]?.[privilege] === true ||
    (parent !== '/' && holds(permissions, parent, privilege))
  );
}

function remedyOf(missing: FeaturePrivileges['missing'], permissions: Permissions): string {
  const wanted = missing.map(({ path, privileges }) => `${privileges.join(', ')} on ${path}`);
  const grant = `Give the account a role with ${wanted.join('; ')}, with propagation.`;
  const [first] = missing;
  const elsewhere = Object.keys(permissions).filter(
    (path) =>
      first !== undefined &&
      path !== first.path &&
      first.privileges.every((privilege) => privilege in (permissions[path] ?? {})),
  );
  return elsewhere.length === 0
    ? grant
    : `${grant} Now it holds only on ${elsewhere.slice(0, 3).join(', ')}.`;
}
