import type { Permissions } from '../access/permissions';
import type { Dress } from '../dress';

/** Which privileges of which path count for an area of the web interface. */
const AREAS: Record<string, { path: string; privileges: RegExp }> = {
  vms: { path: '/vms', privileges: /^(VM\.|Permissions\.Modify)/ },
  storage: { path: '/storage', privileges: /^(Datastore\.|Permissions\.Modify)/ },
  access: { path: '/access', privileges: /^(User\.|Group\.|Permissions\.Modify)/ },
  nodes: { path: '/nodes', privileges: /^(Sys\.|Permissions\.Modify)/ },
  dc: { path: '/', privileges: /^(Sys\.Audit|Sys\.Modify|SDN\.)/ },
  sdn: { path: '/sdn', privileges: /^(SDN\.|Permissions\.Modify)/ },
  mapping: { path: '/mapping', privileges: /^(Mapping\.|Permissions\.Modify)/ },
};

/** The `cap` of a ticket: a rough picture of what the user may do. */
export function capabilities(
  permissions: Permissions,
  dress: Dress,
  userid: string,
): Record<string, Record<string, 1>> {
  const overview = [...permissions.overview({ userid })];
  const cap: Record<string, Record<string, 1>> = {};
  for (const [area, { path, privileges }] of Object.entries(AREAS)) {
    if (area === 'mapping' && dress.major < 8) continue;
    // A right on one machine is enough for the area to be shown.
    const held = [
      ...permissions.at({ userid }, path).keys(),
      ...overview
        .filter(([place]) => place.startsWith(`${path}/`) && path !== '/')
        .flatMap(([, grants]) => [...grants.keys()]),
    ];
    cap[area] = Object.fromEntries(
      held.filter((privilege) => privileges.test(privilege)).map((privilege) => [privilege, 1]),
    );
  }
  return cap;
}
