import { type ApiRequestable, type Proxmox, proxmoxApi } from 'proxmox-api';
import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { Method } from '../net/transport';
import type { CallOptions, PveClient } from './types';

const methodName = z.enum(['GET', 'POST', 'PUT', 'DELETE']);
const parameters = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.undefined()]),
);

/**
 * The typed paths of `proxmox-api` on our own transport; of that package only the path builder and
 * its types are used.
 */
export function typedPaths(call: PveClient['call'], options: CallOptions | undefined): Proxmox.Api {
  const engine: ApiRequestable = {
    async doRequest(httpMethod, path, _template, params) {
      const method: Method = methodName.parse(httpMethod.toUpperCase());
      const checked = parameters.safeParse(params ?? {});
      if (!checked.success) {
        throw fail('INVALID_INPUT', { remedy: 'Give each parameter as text, number or boolean.' });
      }
      const answer = await call(method, path.replace(/^\/api2\/json/, ''), checked.data, options);
      return answer.data;
    },
  };
  return proxmoxApi(engine);
}
