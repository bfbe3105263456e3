import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { makeAuthority, makeCertificate } from '#tests/support/certificates';
import {
  json,
  reply,
  type Script,
  startTlsServer,
  type TestServer,
  until,
} from '#tests/support/tls-server';
import { clientOf, endpointOf, failureOf } from './support';

const JSON_TYPE = { 'content-type': 'application/json' };
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(script: Script, ...rest: [Awaited<ReturnType<typeof makeCertificate>>?]) {
  const server = await startTlsServer(script, ...rest);
  cleanups.push(() => server.close());
  return server;
}

function connect(servers: TestServer[], ...wish: [Parameters<typeof clientOf>[1]?]) {
  const client = clientOf(servers, ...wish);
  cleanups.push(() => client.close());
  return client;
}

describe('certificates', () => {
  test('a pinned certificate is accepted and the answer is unpacked', async () => {
    const server = await serve((_request, socket) => json(socket, { version: '9.2.11' }));
    const answer = await connect([server]).call('GET', '/version');
    expect(answer.data).toEqual({ version: '9.2.11' });
    expect(answer.endpoint).toBe(`127.0.0.1:${server.port}`);
  });

  test('a wrong pin: no byte reaches the server, and both fingerprints are told', async () => {
    const server = await serve((_request, socket) => json(socket, {}));
    const pinned = 'AA:'.repeat(31) + 'AA';
    const client = connect([server], { endpoints: [endpointOf(server, pinned)] });
    const failures = await Promise.all([
      failureOf(client.call('GET', '/version')),
      failureOf(client.call('POST', '/nodes/pve1/qemu/100/status/start')),
    ]);
    for (const { code, data } of failures) {
      expect(code).toBe('TLS_CHANGED');
      expect(data).toMatchObject({ pinned, offered: server.certificate.fingerprint });
      expect(data.outcome).toBeUndefined();
    }
    await until(() => server.connections().total > 0, 'a connection');
    expect(server.bytes()).toBe(0);
  });

  test('a certificate nobody has pinned is refused before a byte is written', async () => {
    const server = await serve((_request, socket) => json(socket, {}));
    const client = connect([server], { endpoints: [endpointOf(server, null)] });
    const { code, data } = await failureOf(client.call('GET', '/version'));
    expect([code, data.offered]).toEqual(['TLS_UNTRUSTED', server.certificate.fingerprint]);
    expect(server.bytes()).toBe(0);
  });

  test('each new connection is verified, also when the server offers to resume a session', async () => {
    const server = await serve((_request, socket) =>
      reply(socket, '200 OK', '{"data":1}', { ...JSON_TYPE, connection: 'close' }),
    );
    const client = connect([server]);
    for (let i = 0; i < 3; i++) expect((await client.call('GET', '/version')).data).toBe(1);
    expect(server.connections().total).toBe(3);
  });

  test('an authority vouches for its certificates, under their name and in their time only', async () => {
    const authority = await makeAuthority();
    const issue = (wish: object) => makeCertificate({ issuer: authority, ...wish });
    const answer: Script = (_request, socket) => json(socket, 'fine');
    const good = await serve(answer, await issue({}));
    const late = await serve(answer, await issue({ validFromDays: -30, validToDays: -1 }));
    const early = await serve(answer, await issue({ validFromDays: 2 }));
    const other = await serve(answer, await issue({ names: ['other.lab.test'] }));
    const own = await serve(answer);
    const ask = (server: TestServer) =>
      connect([server], { verify: 'ca', ca: authority.pem }).call('GET', '/version');
    expect((await ask(good)).data).toBe('fine');
    expect((await failureOf(ask(late))).code).toBe('TLS_INVALID');
    expect((await failureOf(ask(early))).code).toBe('TLS_INVALID');
    expect((await failureOf(ask(other))).code).toBe('TLS_INVALID');
    expect((await failureOf(ask(own))).code).toBe('TLS_UNTRUSTED');
    expect(late.bytes() + early.bytes() + other.bytes() + own.bytes()).toBe(0);
  });

  test('an unverified connection is possible where it is asked for', async () => {
    const server = await serve((_request, socket) => json(socket, 1));
    const client = connect([server], { verify: 'off', endpoints: [endpointOf(server, null)] });
    expect((await client.call('GET', '/version')).data).toBe(1);
  });
});

describe('answers that are no answers', () => {
  const cases: [string, Script, string][] = [
    [
      'HTML',
      (_r, s) => reply(s, '200 OK', '<html>', { 'content-type': 'text/html' }),
      'NOT_PROXMOX',
    ],
    [
      'HTML error',
      (_r, s) => reply(s, '404 Nope', '<p>', { 'content-type': 'text/html' }),
      'NOT_PROXMOX',
    ],
    ['redirect', (_r, s) => reply(s, '301 Moved', '', { location: '/' }), 'NOT_PROXMOX'],
    ['other JSON', (_r, s) => reply(s, '200 OK', '{"hello":1}', JSON_TYPE), 'NOT_PROXMOX'],
    ['malformed JSON', (_r, s) => reply(s, '200 OK', '{"data":[1,', JSON_TYPE), 'BAD_RESPONSE'],
    ['no HTTP', (_r, s) => void s.end('SSH-2.0-OpenSSH_9.2\r\n'), 'NOT_PROXMOX'],
    [
      'another login',
      (_r, s) => reply(s, '401 Unauthorized', '', { 'www-authenticate': 'Basic realm="x"' }),
      'NOT_PROXMOX',
    ],
    [
      'closed midway',
      (_r, s) => {
        reply(s, '200 OK', '{"data":', { ...JSON_TYPE, 'content-length': '900' });
        s.end();
      },
      'UNREACHABLE',
    ],
    ['reset before an answer', (_r, s) => void s.destroy(), 'UNREACHABLE'],
    [
      'broken gzip',
      (_r, s) => reply(s, '200 OK', 'no gzip', { ...JSON_TYPE, 'content-encoding': 'gzip' }),
      'BAD_RESPONSE',
    ],
  ];
  test.each(cases)('%s', async (_name, script, code) => {
    const server = await serve(script);
    const failure = await failureOf(connect([server]).call('GET', '/version'));
    expect(failure).toMatchObject({ code });
    expect(failure.data.remedy).not.toBe('');
    expect(failure.data).toMatchObject({ cluster: 'lab', endpoint: `127.0.0.1:${server.port}` });
  });

  test('a packed answer is unpacked', async () => {
    const server = await serve((_r, s) =>
      reply(s, '200 OK', gzipSync('{"data":"packed"}'), {
        ...JSON_TYPE,
        'content-encoding': 'gzip',
      }),
    );
    expect((await connect([server]).call('GET', '/version')).data).toBe('packed');
  });
});

describe('bounds', () => {
  test('a body that never ends is cut at the limit, in bounded memory', async () => {
    let written = 0;
    const block = Buffer.alloc(256 * 1024, ' ');
    const server = await serve(async (_request, socket) => {
      socket.write(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n',
      );
      while (!socket.destroyed && written < 512 * 1024 * 1024) {
        written += block.length;
        if (!socket.write(block)) {
          await until(() => socket.destroyed || !socket.writableNeedDrain, 'room to write');
        }
      }
    });
    const before = process.memoryUsage().rss;
    const call = connect([server]).call('GET', '/version', {}, { maxBytes: 4 * 1024 * 1024 });
    expect((await failureOf(call)).code).toBe('RESPONSE_TOO_LARGE');
    await until(() => server.connections().open === 0, 'the socket is closed');
    expect(written).toBeLessThan(32 * 1024 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });

  test('an announced length over the limit is refused without reading', async () => {
    const server = await serve((_request, socket) => {
      socket.write(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9000000000\r\n\r\n',
      );
    });
    const failure = await failureOf(connect([server]).call('GET', '/version'));
    expect(failure.code).toBe('RESPONSE_TOO_LARGE');
  });

  test('a small packed body that unpacks to a huge one is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, ' '));
    const server = await serve((_r, s) =>
      reply(s, '200 OK', bomb, { ...JSON_TYPE, 'content-encoding': 'gzip' }),
    );
    const before = process.memoryUsage().rss;
    const call = connect([server]).call('GET', '/version', {}, { maxBytes: 8 * 1024 * 1024 });
    expect((await failureOf(call)).code).toBe('RESPONSE_TOO_LARGE');
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });

  test('a body that dribbles on is ended by the deadline over the whole of it', async () => {
    const server = await serve((_request, socket) => {
      socket.write(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n',
      );
      const timer = setInterval(() => socket.write(' '), 20);
      socket.on('close', () => clearInterval(timer));
    });
    const call = connect([server]).call('GET', '/version', {}, { deadlineMs: 200 });
    expect((await failureOf(call)).code).toBe('TIMEOUT');
    await until(() => server.connections().open === 0, 'the socket is closed');
  });

  test('a server that accepts and says nothing is ended by the deadline', async () => {
    const server = await serve(() => {});
    const call = connect([server]).call('GET', '/version', {}, { deadlineMs: 150 });
    expect((await failureOf(call)).code).toBe('TIMEOUT');
  });
});

describe('abort', () => {
  test('it reaches the socket', async () => {
    const server = await serve(() => {});
    const abort = new AbortController();
    const call = failureOf(connect([server]).call('GET', '/version', {}, { signal: abort.signal }));
    await until(() => server.requests.length === 1, 'the request');
    abort.abort();
    expect((await call).code).toBe('ABORTED');
    await until(() => server.connections().open === 0, 'the socket is closed');
  });

  test('a call that waits for its turn leaves the queue and is never sent', async () => {
    const server = await serve(() => {});
    const client = connect([server]);
    const running = [1, 2, 3, 4].map((n) => failureOf(client.call('GET', `/nodes/n${n}`)));
    await until(() => server.requests.length === 4, 'four requests');
    const abort = new AbortController();
    const fifth = failureOf(client.call('POST', '/nodes/n5', {}, { signal: abort.signal }));
    abort.abort();
    const failure = await fifth;
    expect([failure.code, failure.data.outcome]).toEqual(['ABORTED', undefined]);
    await client.close();
    expect((await Promise.all(running)).map(({ code }) => code)).toEqual(Array(4).fill('ABORTED'));
    expect(server.requests).toHaveLength(4);
  });
});
