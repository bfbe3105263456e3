import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type LabRecord, projectFolder, writeRecord } from '#tests/lab/folder';

const API_PORT = 9090;

/**
 * Opens a port on the machine's loopback for each host's API. The sockets are made here, where the
 * machine's network is, and handed to a process within the lab's network, which ends with the lab.
 */
export async function openGateway(record: LabRecord): Promise<void> {
  if (record.space === null) throw new Error('The lab is not up.');
  const program = join(projectFolder(), 'tests', 'lab', 'gateway.ts');
  const child = spawn(
    'nsenter',
    ['-t', String(record.space.pid), '-n', '-p', '--', process.execPath, program],
    { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], detached: true },
  );
  try {
    for (const host of record.hosts) {
      host.apiPort = await handOver(child, { host: host.address, port: API_PORT });
    }
    writeRecord(record);
  } finally {
    child.disconnect();
    child.unref();
  }
}

async function handOver(
  child: ChildProcess,
  target: { host: string; port: number },
): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  const taken = once(child, 'message');
  child.send(target, server);
  await Promise.race([
    taken,
    once(child, 'exit').then(() => {
      throw new Error("The gateway into the lab's network ended.");
    }),
  ]);
  server.close();
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}
