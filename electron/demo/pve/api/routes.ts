import type { Dress } from '../dress';
import { Router } from '../http/router';
import { accessRoutes } from './access';
import { agentRoutes } from './agent';
import { clusterRoutes } from './cluster';
import { groupRoutes } from './groups';
import { guestConfigRoutes } from './guest-config';
import { guestMakingRoutes } from './guest-making';
import { guestPowerRoutes } from './guest-power';
import { guestRoutes } from './guests';
import { haRoutes } from './ha';
import { metricsRoute } from './metrics';
import { nodeRoutes } from './nodes';
import { newPoolRoutes, oldPoolRoutes, poolRoutes } from './pools';
import { ResourceList } from './resources';
import { rrdRoutes } from './rrd';
import { storageRoutes } from './storage';
import { taskRoutes } from './tasks';
import { userRoutes } from './users';

/** Every endpoint a release has in this lab. */
export function routerFor(dress: Dress): Router {
  return new Router([
    ...accessRoutes,
    ...userRoutes,
    ...groupRoutes,
    ...clusterRoutes,
    new ResourceList().route,
    ...haRoutes,
    ...(dress.metricsExport ? [metricsRoute] : []),
    ...nodeRoutes,
    ...guestRoutes,
    ...guestConfigRoutes,
    ...guestPowerRoutes,
    ...guestMakingRoutes,
    ...agentRoutes(dress),
    ...taskRoutes,
    ...storageRoutes,
    ...rrdRoutes,
    ...poolRoutes,
    ...(dress.major >= 8 ? newPoolRoutes : oldPoolRoutes),
  ]);
}
