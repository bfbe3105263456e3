import { createServer, type Server, type Socket } from 'node:net';
import { decodeMultiStream, encode } from '@msgpack/msgpack';
import { expect, onTestFinished, test } from 'vitest';
import { SerfRpc } from '#agent/membership/serf/rpc';
import { encodeTags, readTags } from '#agent/membership/serf/tags';

/** A serf whose every answer a test decides; real ones are met in the other files. */
async function scripted(
  answer: (command: string, seq: number, body: unknown, socket: Socket) => void,
): Promise<{ host: string; port: number; key: string }> {
  const withBody = new Set(['handshake', 'auth', 'join', 'stream', 'tags', 'force-leave']);
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    void (async () => {
      const messages = decodeMultiStream(socket);
      for (;;) {
        const head = await messages.next();
        if (head.done === true) return;
        const { Command: command, Seq: seq } = head.value as { Command: string; Seq: number };
        const body = withBody.has(command) ? (await messages.next()).value : undefined;
        answer(command, seq, body, socket);
      }
    })().catch(() => {});
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return { host: '127.0.0.1', port, key: 'k' };
}

const ok = (socket: Socket, seq: number, body?: unknown) => {
  socket.write(encode({ Seq: seq, Error: '' }));
  if (body !== undefined) socket.write(encode(body));
};

/** As Go writes it: texts and addresses are raw bytes. */
const raw = (text: string) => new TextEncoder().encode(text);
const member = (name: string, address: Uint8Array) => ({
  Name: raw(name),
  Addr: address,
  Port: 7946,
  Tags: { id: raw('x') },
  Status: raw('alive'),
});

test('members are read with addresses of both kinds, byte for byte', async () => {
  const target = await scripted((command, seq, _body, socket) => {
    const mapped = new Uint8Array([...Array(10).fill(0), 255, 255, 10, 77, 1, 200]);
    const six = new Uint8Array([0xfd, 0, ...Array(13).fill(0), 7]);
    const members = [
      member('a', new Uint8Array([10, 77, 1, 200])),
      member('b', mapped),
      member('c', six),
    ];
    ok(socket, seq, command === 'members' ? { Members: members } : undefined);
  });
  const rpc = await SerfRpc.open(target);
  const addresses = (await rpc.members()).map(({ address }) => address);
  expect(addresses).toEqual(['10.77.1.200', '10.77.1.200', 'fd00::7']);
  rpc.close();
});

test('an event wakes the listener and does not disturb the answers around it', async () => {
  let streamed = 0;
  let seen = 0;
  const target = await scripted((command, seq, _body, socket) => {
    ok(socket, seq, command === 'members' ? { Members: null } : undefined);
    if (command === 'stream') streamed = seq;
    if (command !== 'members') return;
    socket.write(encode({ Seq: streamed, Error: '' }));
    socket.write(encode({ Event: 'member-join', Members: [member('a', new Uint8Array(4))] }));
  });
  const rpc = await SerfRpc.open(target, () => {
    seen += 1;
  });
  await rpc.follow();
  expect(await rpc.members()).toEqual([]);
  expect(await rpc.members()).toEqual([]);
  await rpc.setTags({ s: 'm' });
  expect(seen).toBe(2);
  rpc.close();
});

test('a wrong RPC key, garbage, silence and a closed door each have their own failure', async () => {
  const refusing = await scripted((command, seq, _body, socket) => {
    const error = command === 'auth' ? 'Invalid authentication token' : '';
    socket.write(encode({ Seq: seq, Error: error }));
  });
  await expect(SerfRpc.open(refusing)).rejects.toMatchObject({ code: 'AUTH_FAILED' });

  const babbling = await scripted((_command, _seq, _body, socket) => {
    socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  await expect(SerfRpc.open(babbling)).rejects.toMatchObject({ code: 'BAD_RESPONSE' });

  const flooding = await scripted((_command, _seq, _body, socket) => {
    // the head of a text of 2 GB, and then on and on
    socket.write(Buffer.from([0xdb, 0x7f, 0xff, 0xff, 0xff]));
    const more = Buffer.alloc(1 << 20);
    const pump = () => {
      while (!socket.destroyed && socket.write(more));
    };
    socket.on('drain', pump);
    pump();
  });
  await expect(SerfRpc.open(flooding)).rejects.toMatchObject({ code: 'BAD_RESPONSE' });

  const gone = await scripted((_command, _seq, _body, socket) => {
    socket.destroy();
  });
  await expect(SerfRpc.open(gone)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  await expect(SerfRpc.open({ ...gone, port: 1 })).rejects.toMatchObject({
    code: 'CONNECTION_REFUSED',
  });
});

test('a serf that hangs in one call ends the connection after its deadline', async () => {
  const target = await scripted((command, seq, _body, socket) => {
    if (command !== 'join') ok(socket, seq);
  });
  const rpc = await SerfRpc.open(target);
  await expect(rpc.join(['127.0.0.1:1'], 50)).rejects.toMatchObject({ code: 'TIMEOUT' });
  await rpc.ended;
  await expect(rpc.members()).rejects.toMatchObject({ code: 'UNREACHABLE' });
});

test('tags fit into 512 bytes with every role, name no secret, and strangers are told apart', () => {
  const id = '12345678-1234-8234-9234-123456789abc';
  const roles = ['slurm-controller', 'slurm-worker', 'k3s-server', 'k3s-agent'] as const;
  const tags = encodeTags({ id, apiPort: 65_535, roles, settled: true });
  expect(Object.keys(tags).toSorted()).toEqual(['id', 'p', 'r', 's', 'v']);
  expect(1 + encode(tags).length).toBeLessThanOrEqual(512);
  expect(readTags(tags)).toEqual({ id, apiPort: 65_535, settled: true });
  expect(() => encodeTags({ id: 'x'.repeat(500), apiPort: 1, roles, settled: true })).toThrow(
    '512 fit',
  );
  for (const wrong of [{}, { id }, { id, p: '0' }, { id: 'a1', p: '9090' }, { id, p: '70000' }]) {
    expect(readTags(wrong)).toBeNull();
  }
});
