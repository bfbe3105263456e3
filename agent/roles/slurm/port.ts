import { createConnection, type Socket } from 'node:net';

/** where slurmctld listens */
export const CONTROLLER_PORT = 6817;
/** where slurmd listens */
export const NODE_PORT = 6818;

/** @throws what the connection failed with */
export function connectTo(host: string, port: number, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, allowHalfOpen: true });
    const patience = setTimeout(() => socket.destroy(new Error('It took too long.')), timeoutMs);
    const end = () => clearTimeout(patience);
    socket.once('connect', () => {
      end();
      socket.off('error', failed);
      resolve(socket);
    });
    const failed = (error: Error) => {
      end();
      reject(error);
    };
    socket.once('error', failed);
  });
}

/** Whether something listens there; the controller's port where none is named. */
export type Listens = (host: string, port?: number) => Promise<boolean>;

export async function listens(host: string, port = CONTROLLER_PORT): Promise<boolean> {
  try {
    (await connectTo(host, port, 1_000)).destroy();
    return true;
  } catch {
    return false;
  }
}
