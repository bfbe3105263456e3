import type { Router } from '@orpc/server';
import { RPCHandler } from '@orpc/server/message-port';
import type { IpcMain, MessagePortMain } from 'electron';
import type { RpcContext } from '#electron/core/rpc/base';
import type { Contract } from '#shared/contract/index';
import { isTrustedSender } from './guard';

const CONNECT = 'clusterdeck:connect';

/**
 * Serves the core over the message ports which pages send, one port per page: a newer one (after
 * a reload) closes the former, which aborts its calls and streams.
 * @returns a function that closes all ports and accepts no more
 */
export function servePorts(
  ipc: Pick<IpcMain, 'on' | 'off'>,
  router: Router<Contract, RpcContext>,
  context: RpcContext,
): () => void {
  const handler = new RPCHandler(router);
  const open = new Map<number, MessagePortMain>();

  const accept: Parameters<IpcMain['on']>[1] = (event) => {
    const [port, ...others] = event.ports;
    if (port === undefined || others.length > 0 || !isTrustedSender(event)) {
      for (const refused of event.ports) refused.close();
      context.logger.warn(
        { url: event.senderFrame?.url },
        'A connection from an unknown page was refused',
      );
      return;
    }
    const { id } = event.sender;
    open.get(id)?.close();
    open.set(id, port);
    port.on('close', () => {
      if (open.get(id) === port) open.delete(id);
    });
    handler.upgrade(port, { context });
    port.start();
  };

  ipc.on(CONNECT, accept);
  return () => {
    ipc.off(CONNECT, accept);
    for (const port of open.values()) port.close();
    open.clear();
  };
}
