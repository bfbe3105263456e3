import type { Dress } from '../dress';

export interface Role {
  id: string;
  privileges: string[];
  /** Shipped with the product: cannot be changed. */
  special: boolean;
}

const DATASTORE = ['Allocate', 'AllocateSpace', 'AllocateTemplate', 'Audit'].map(
  (name) => `Datastore.${name}`,
);
const VM_CONFIG = ['CDROM', 'CPU', 'Cloudinit', 'Disk', 'HWType', 'Memory', 'Network', 'Options'];
const AGENT = ['Audit', 'FileRead', 'FileSystemMgmt', 'FileWrite', 'Unrestricted'].map(
  (name) => `VM.GuestAgent.${name}`,
);

/** The roles a release ships with. */
export function builtInRoles(dress: Dress): Role[] {
  const nine = dress.major >= 9;
  const mapping = dress.major >= 8;
  const agentUser = nine ? AGENT.filter((name) => !name.endsWith('Unrestricted')) : [];
  const monitor = nine ? AGENT : ['VM.Monitor'];
  const sdnUser = mapping ? ['SDN.Audit', 'SDN.Use'] : ['SDN.Audit'];
  const sdnAdmin = ['SDN.Allocate', ...sdnUser];
  const vmUser = ['VM.Audit', 'VM.Backup', 'VM.Config.CDROM', 'VM.Config.Cloudinit', 'VM.Console'];
  const vmAdmin = [
    'VM.Allocate',
    'VM.Audit',
    'VM.Backup',
    'VM.Clone',
    ...VM_CONFIG.map((name) => `VM.Config.${name}`),
    'VM.Console',
    ...monitor,
    'VM.Migrate',
    'VM.PowerMgmt',
    ...(nine ? ['VM.Replicate'] : []),
    'VM.Snapshot',
    'VM.Snapshot.Rollback',
  ];
  const userAdmin = ['Group.Allocate', 'Realm.AllocateUser', 'User.Modify'];
  const sysAdmin = ['Sys.Audit', 'Sys.Console', 'Sys.Syslog'];
  const mappingUser = mapping ? ['Mapping.Audit', 'Mapping.Use'] : [];
  const admin = [
    ...DATASTORE,
    ...userAdmin,
    ...mappingUser,
    'Pool.Allocate',
    'Pool.Audit',
    ...sdnAdmin,
    ...sysAdmin,
    ...vmAdmin,
  ];
  const all = [
    ...admin,
    ...(mapping ? ['Mapping.Modify', 'Sys.AccessNetwork'] : []),
    'Permissions.Modify',
    'Realm.Allocate',
    'Sys.Incoming',
    'Sys.Modify',
    'Sys.PowerMgmt',
  ];
  const auditor = [
    'Datastore.Audit',
    ...(mapping ? ['Mapping.Audit'] : []),
    'Pool.Audit',
    'SDN.Audit',
    'Sys.Audit',
    'VM.Audit',
    ...(nine ? ['VM.GuestAgent.Audit'] : []),
  ];
  const table: [string, string[]][] = [
    ['Administrator', all],
    ['NoAccess', []],
    ['PVEAdmin', admin],
    ['PVEAuditor', auditor],
    ['PVEDatastoreAdmin', DATASTORE],
    ['PVEDatastoreUser', ['Datastore.AllocateSpace', 'Datastore.Audit']],
    ['PVEPoolAdmin', ['Pool.Allocate', 'Pool.Audit']],
    ['PVEPoolUser', ['Pool.Audit']],
    ['PVESDNAdmin', sdnAdmin],
    ['PVESDNUser', sdnUser],
    ['PVESysAdmin', sysAdmin],
    ['PVETemplateUser', ['VM.Audit', 'VM.Clone']],
    ['PVEUserAdmin', userAdmin],
    ['PVEVMAdmin', vmAdmin],
    ['PVEVMUser', [...vmUser, ...agentUser, 'VM.PowerMgmt']],
  ];
  if (mapping) {
    table.push(['PVEMappingAdmin', ['Mapping.Audit', 'Mapping.Modify', 'Mapping.Use']]);
    table.push(['PVEMappingUser', ['Mapping.Audit', 'Mapping.Use']]);
  }
  return table.map(([id, privileges]) => ({
    id,
    privileges: [...privileges].sort(),
    special: true,
  }));
}
