/** What a service answered to one GET, without following anything. */
export interface Shown {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** the first 64 KiB */
  body: string;
}

/** A web service, and how it is told from whatever else may listen at its port. */
export interface KnownService {
  name: string;
  scheme: 'http' | 'https';
  /** where it listens by default; the first that is it counts */
  ports: readonly number[];
  /** asked for; it answers without signing in */
  path: string;
  /** where people begin */
  page: string;
  isIt(shown: Shown): boolean;
}

/**
 * The services that labs of this kind offer. Each is known by something only it says:
 * - Open OnDemand sends whoever comes to its dashboard under `/pun/sys/`
 *   (https://osc.github.io/ood-documentation/latest/reference/files/ood-portal-yml.html)
 * - JupyterHub tells its version (https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html)
 * - Rancher answers `pong` (https://ranchermanager.docs.rancher.com, load balancer's health check)
 * - ttyd and Apache name themselves in the header `Server`
 * - File Browser answers its health check (https://filebrowser.org)
 */
export const KNOWN_SERVICES: readonly KnownService[] = [
  {
    name: 'ondemand',
    scheme: 'http',
    ports: [8080, 80],
    path: '/',
    page: '/',
    isIt: ({ headers, body }) =>
      /\/pun\/sys\//.test(headers['location'] ?? '') || /Open OnDemand/.test(body),
  },
  {
    name: 'jupyterhub',
    scheme: 'http',
    ports: [8080, 8000],
    path: '/hub/api/',
    page: '/hub/',
    isIt: ({ headers, body }) =>
      'x-jupyterhub-version' in headers || /^\s*\{\s*"version":\s*"[^"]+"\s*\}/.test(body),
  },
  {
    name: 'rancher',
    scheme: 'https',
    ports: [443, 8443],
    path: '/ping',
    page: '/dashboard/',
    isIt: ({ status, body }) => status === 200 && body.trim() === 'pong',
  },
  {
    name: 'ttyd',
    scheme: 'http',
    ports: [7681],
    path: '/token',
    page: '/',
    isIt: ({ headers }) => (headers['server'] ?? '').startsWith('ttyd'),
  },
  {
    name: 'apache2',
    scheme: 'http',
    ports: [80],
    path: '/',
    page: '/',
    isIt: ({ headers }) => (headers['server'] ?? '').startsWith('Apache'),
  },
  {
    name: 'filebrowser',
    scheme: 'http',
    ports: [8080, 8081, 8082],
    path: '/health',
    page: '/',
    isIt: ({ status, body }) => status === 200 && /^\s*\{\s*"status":\s*"OK"\s*\}/.test(body),
  },
];
