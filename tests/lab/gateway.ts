// Runs inside a lab's network and hands on connections from the machine's loopback: the listening
// sockets are made outside and given to it, so no other process stands between.
import { connect, type Server, type Socket } from 'node:net';

process.on('message', (target: { host: string; port: number }, server: Server | undefined) => {
  if (server === undefined) return;
  server.on('connection', (client: Socket) => {
    const host = connect(target.port, target.host);
    for (const [from, to] of [
      [client, host],
      [host, client],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  process.send?.(server.address());
});
// its starter goes away once all sockets are handed over
process.on('disconnect', () => process.channel?.unref());
