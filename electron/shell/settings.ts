import { createRouterClient, type Router } from '@orpc/server';
import type { RpcContext } from '#electron/core/rpc/base';
import type { Contract } from '#shared/contract/index';
import type { Settings } from '#shared/contract/settings';

/**
 * Follows the settings as any client of the contract does.
 * @returns a function that ends it
 */
export function followSettings(
  router: Router<Contract, RpcContext>,
  context: RpcContext,
  apply: (settings: Settings) => void,
): () => void {
  const client = createRouterClient(router, { context });
  const ending = new AbortController();
  const { signal } = ending;

  async function follow(): Promise<void> {
    for await (const event of await client.live.watch(undefined, { signal })) {
      if (event.type === 'snapshot' || event.type === 'settings') apply(event.settings);
    }
  }

  follow().catch((error: unknown) => {
    if (!signal.aborted) context.logger.warn({ error }, 'The settings are no longer followed');
  });
  return () => ending.abort();
}
