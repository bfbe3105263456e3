import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { networkFailure } from '#electron/core/net/network-errors';
import { readReply } from '#electron/core/pve/answer';
import { type ErrorCode, Failure } from '#shared/contract/errors';

const FOLDER = join(import.meta.dirname, '../../../fixtures/recorded-pve-9.2.11');
const recording = z.object({
  name: z.string(),
  request: z.object({ method: z.string(), path: z.string(), body: z.string().nullable() }),
  response: z.object({
    statusLine: z.string(),
    headers: z.record(z.string(), z.string()),
    bodyText: z.string().nullable(),
    json: z.unknown(),
  }),
});
type Recording = z.infer<typeof recording>;

const recordings = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => {
    const list = z.array(recording).parse(JSON.parse(readFileSync(join(FOLDER, file), 'utf8')));
    return list.map((entry) => ({ ...entry, id: `${file.replace('.json', '')}/${entry.name}` }));
  });

/** The recorded answer read as the client does; `bodyless` as releases before 8.4 dress it. */
function read({ request, response }: Recording, bodyless = false) {
  const [, status = '', statusText = ''] =
    /^HTTP\/1\.1 (\d+) ?(.*)$/.exec(response.statusLine) ?? [];
  const headers = Object.entries(response.headers).map(([name, value]) => [
    name.toLowerCase(),
    value,
  ]);
  const json = bodyless ? { data: null } : response.json;
  const body = response.bodyText ?? JSON.stringify(json);
  const path = request.path.replace(/^\/api2\/json/, '').replace(/\?.*/, '');
  const form = request.body ?? '';
  const kind = form.includes('tfa-challenge')
    ? 'secondFactor'
    : path === '/access/ticket'
      ? 'password'
      : 'token';
  return readReply(
    { status: Number(status), statusText, headers: Object.fromEntries(headers), body },
    { endpoint: 'pve1:8006', path, kind, scrub: (text) => text },
  );
}

const EXPECTED: [string, ErrorCode, object?][] = [
  ['auth/no-auth', 'AUTH_FAILED', { detail: 'No ticket' }],
  ['auth/garbage-cookie', 'AUTH_FAILED', { detail: 'Authentication failed!' }],
  ['auth/garbage-token', 'AUTH_FAILED'],
  ['auth/login-bad-password', 'AUTH_FAILED', { detail: 'authentication failure' }],
  ['auth/login-unknown-realm', 'AUTH_FAILED'],
  ['auth/put-with-bad-csrf', 'AUTH_FAILED', { detail: 'Permission denied - invalid csrf token' }],
  [
    'auth/login-missing-password',
    'PARAMETER_REFUSED',
    { fields: { password: expect.any(String) } },
  ],
  ['auth/token-create-dup', 'PARAMETER_REFUSED', { fields: { tokenid: 'Token already exists.' } }],
  ['auth/token-cannot-create-ticket', 'PERMISSION_DENIED'],
  [
    'auth/bob-node-status-403',
    'PERMISSION_DENIED',
    { path: '/nodes/pve1', privilege: 'Sys.Audit' },
  ],
  ['auth/bob-cluster-status', 'PERMISSION_DENIED', { path: '/', privilege: 'Sys.Audit' }],
  ['auth/bob-create-403', 'PERMISSION_DENIED', { detail: 'Permission check failed' }],
  ['tfa/tfa-step2-wrong', 'TFA_FAILED'],
  ['tfa/tfa-halfticket-used-as-cookie', 'AUTH_FAILED'],
  ['read/unknown-path', 'UNSUPPORTED'],
  ['read/wrong-method', 'UNSUPPORTED', { detail: "method 'PATCH' not available" }],
  ['read/big-post', 'UNSUPPORTED'],
  ['read/unknown-vm', 'GUEST_NOT_FOUND'],
  ['read/unknown-node', 'NODE_UNREACHABLE', { node: 'nope' }],
  ['read/root-html', 'NOT_PROXMOX', { status: 301 }],
  ['read/rrd-bad', 'PARAMETER_REFUSED', { fields: { timeframe: expect.any(String) } }],
  ['read/content-bad', 'SERVER_ERROR', { detail: "storage 'nope' does not exist" }],
  ['lifecycle/put-digest-mismatch', 'SERVER_ERROR'],
  ['lifecycle/delete-running', 'SERVER_ERROR', { detail: 'VM 211 is running - destroy failed' }],
  ['lifecycle/task-unknown-upid', 'PARAMETER_REFUSED', { fields: { upid: 'no such task' } }],
  ['cluster-no-quorum/start', 'NO_QUORUM'],
  ['cluster-no-quorum/put-config', 'NO_QUORUM'],
  ['cluster-no-quorum/pool-create', 'NO_QUORUM'],
  ['cluster-no-quorum/vm-wrong-node', 'GUEST_NOT_FOUND'],
  ['cluster-no-quorum/node-offline-rrd', 'NOT_FOUND'],
  ['proxy-errors/offline-node-conn-refused', 'NODE_UNREACHABLE', { status: 595, node: 'pve2' }],
  ['proxy-errors/offline-node-accepts-but-silent', 'NODE_UNREACHABLE', { status: 596 }],
  [
    'proxy-errors/peer-wrong-certificate',
    'NODE_UNREACHABLE',
    { remedy: expect.stringContaining('pvecm updatecerts') },
  ],
];

describe('refusals of a real 9.2.11', () => {
  test.each(EXPECTED)('%s is %s', (id, code, data = {}) => {
    const found = recordings.find((entry) => entry.id === id);
    if (found === undefined) throw new Error(`no recording ${id}`);
    expect(read(found)).toMatchObject({ failure: { code, data } });
  });

  test.each(EXPECTED.filter(([, code]) => code !== 'PARAMETER_REFUSED'))(
    '%s is %s also where its text stands in the status line only, as before 8.4',
    (id, code, data = {}) => {
      const found = recordings.find((entry) => entry.id === id);
      if (found === undefined) throw new Error(`no recording ${id}`);
      expect(read(found, true)).toMatchObject({ failure: { code, data } });
    },
  );

  test('every recorded refusal has a code and a remedy, every other answer its data', () => {
    expect(recordings.length).toBeGreaterThan(200);
    const isRight = (entry: Recording) => {
      const result = read(entry);
      if (/ 200 /.test(entry.response.statusLine)) return 'data' in result;
      return 'failure' in result && /\w{3}/.test(result.failure.data.remedy);
    };
    const ofJson = recordings.filter(({ name }) => name !== 'login-extjs');
    expect(ofJson.filter((entry) => !isRight(entry)).map(({ id }) => id)).toEqual([]);
  });
});

function answer(status: number, statusText: string, kind: 'password' | 'token' | 'ticket') {
  const asked = { endpoint: 'pve1:8006', path: '/version', kind, scrub: (text: string) => text };
  const result = readReply({ status, statusText, headers: {}, body: '' }, asked);
  if (!('failure' in result)) throw new Error('it did not fail');
  return result.failure;
}

test('7.4 words its refusals in the status line', () => {
  expect(answer(401, 'permission denied - invalid PVE ticket', 'ticket').code).toBe('AUTH_FAILED');
  const token = answer(401, 'invalid token value!', 'token');
  expect([token.code, token.data.remedy]).toEqual([
    'AUTH_FAILED',
    expect.stringContaining('token'),
  ]);
  expect(answer(500, 'cluster not ready - no quorum?', 'token').code).toBe('NO_QUORUM');
});

test('without a node in the path, 595 is the trouble of the endpoint itself', () => {
  const failure = answer(595, 'Connection refused', 'token');
  expect(failure.code).toBe('NODE_UNREACHABLE');
  expect(failure.data).toMatchObject({ remedy: expect.stringContaining('pvedaemon') });
  expect(failure.data.node).toBeUndefined();
});

test('a ticket that a server echoes does not reach the failure', () => {
  const ticket = 'PVE:root@pam:6B01F205::c2VjcmV0c2VjcmV0c2VjcmV0';
  expect(JSON.stringify(answer(500, `bad ${ticket} here`, 'ticket').view())).not.toContain('c2Vj');
});

test('refused fields are bounded, and a secret in the place of their names does not pass', () => {
  const errors = Object.fromEntries(
    Array.from({ length: 5000 }, (_, n) => [`${n} hunter2-secret`, 'x']),
  );
  const scrub = (text: string) => text.replaceAll('hunter2-secret', '[hidden]');
  const asked = { endpoint: 'pve1:8006', path: '/version', kind: 'token' as const, scrub };
  const body = JSON.stringify({ errors });
  const result = readReply({ status: 400, statusText: 'no', headers: {}, body }, asked);
  const fields = 'failure' in result ? (result.failure.data.fields ?? {}) : {};
  expect(Object.keys(fields)).toHaveLength(50);
  expect(JSON.stringify(fields)).not.toContain('hunter2');
});

test.each([502, 503, 504])(
  'the page of a proxy that gets no answer (%i) is trouble of the way',
  (status) => {
    const asked = {
      endpoint: 'pve1:8006',
      path: '/version',
      kind: 'token' as const,
      scrub: String,
    };
    const headers = { 'content-type': 'text/html' };
    const reply = { status, statusText: 'Gateway', headers, body: '<html>nginx</html>' };
    const result = readReply(reply, asked);
    expect('failure' in result && result.failure.code).toBe('UNREACHABLE');
  },
);

const NETWORK: [string, ErrorCode][] = [
  ['ENOTFOUND', 'NAME_NOT_RESOLVED'],
  ['EAI_AGAIN', 'NAME_NOT_RESOLVED'],
  ['ECONNREFUSED', 'CONNECTION_REFUSED'],
  ['EHOSTUNREACH', 'UNREACHABLE'],
  ['ENETUNREACH', 'UNREACHABLE'],
  ['ECONNRESET', 'UNREACHABLE'],
  ['ETIMEDOUT', 'TIMEOUT'],
  ['UND_ERR_CONNECT_TIMEOUT', 'TIMEOUT'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS_UNTRUSTED'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS_UNTRUSTED'],
  ['CERT_HAS_EXPIRED', 'TLS_INVALID'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_INVALID'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS_FAILED'],
  ['EPROTO', 'TLS_FAILED'],
];

test.each(NETWORK)('%s is %s', (code, expected) => {
  const error = Object.assign(new Error('why'), { code });
  for (const wrapped of [
    error,
    new Error('outer', { cause: error }),
    new AggregateError([error]),
  ]) {
    const failure = networkFailure(wrapped, 'pve1:8006');
    expect(failure).toBeInstanceOf(Failure);
    expect([failure.code, failure.data.endpoint]).toEqual([expected, 'pve1:8006']);
    expect(failure.data.remedy).toMatch(/\w{3}/);
  }
});
