import type { ServiceStatus } from '#shared/contract/agent/dashboard';

/** A web service that this node offers to people, as found by a probe. */
export interface FoundService {
  /** as `ondemand`, `jupyterhub`, `rancher`, `ttyd`, `apache2`, `filebrowser` */
  name: string;
  address: string;
  port: number;
  status: ServiceStatus;
  message: string;
  url: string | null;
  /** ms since 1970 */
  lastSeen: number;
}

export interface ServiceProbes {
  /** the last findings; never waits */
  found(): FoundService[];
  /** by unit name: `slurmctld`, `apache2`, ... */
  units(): { name: string; status: ServiceStatus; message: string }[];
}
