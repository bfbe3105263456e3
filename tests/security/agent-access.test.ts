import { once } from 'node:events';
import { statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PeerRequest } from '#agent/api/types';
import { agentError } from '#shared/contract/agent/dashboard';
import { type StagedAgent, stageAgent } from '#tests/support/agent';
import { makeCertificate } from '#tests/support/certificates';
import { callHub, type HubCall } from '#tests/support/hub';
import { sweptFolder } from '#tests/support/temp-folder';

const pinned = ({ url, certificate }: StagedAgent) => ({
  url,
  fingerprint: certificate.fingerprint,
});

async function refusal(agent: StagedAgent, call: HubCall) {
  const answer = await callHub(pinned(agent), { path: '/api/v1/overview', ...call });
  return { status: answer.status, headers: answer.headers, ...agentError.parse(answer.json()) };
}

test('without a right token nothing is told over HTTPS, and each case says what to do', async () => {
  const agent = await stageAgent();
  const token = agent.tokens.add('viewer');
  const forged = `${token.slice(0, -4)}AAAA`;
  const old = agent.tokens.add('admin');
  agent.tokens.ended.set(old, 'expired');
  const revoked = agent.tokens.add('admin');
  agent.tokens.ended.set(revoked, 'revoked');
  expect(await refusal(agent, {})).toMatchObject({ status: 401, code: 'token-missing' });
  expect(await refusal(agent, { token: forged })).toMatchObject({
    status: 401,
    code: 'token-unknown',
  });
  expect(await refusal(agent, { token: old })).toMatchObject({
    status: 401,
    code: 'token-expired',
  });
  const last = await refusal(agent, { token: revoked });
  expect(last).toMatchObject({ status: 401, code: 'token-revoked' });
  expect(last.remedy).toContain('node-agent token create');
  expect(last.headers['www-authenticate']).toContain('Bearer');
  const basic = { authorization: `Basic ${Buffer.from(`admin:${token}`).toString('base64')}` };
  expect(await refusal(agent, { headers: basic })).toMatchObject({ code: 'token-missing' });
  const unknown = await refusal(agent, { path: '/api/v1/nothing' });
  expect(unknown).toMatchObject({ status: 401 });
  const health = await callHub(pinned(agent), { path: '/health' });
  expect(health.status).toBe(200);
  const log = JSON.stringify(agent.log.lines);
  for (const secret of [token, forged, old, revoked]) expect(log).not.toContain(secret.slice(12));
});

test('guessing is slowed down, an expired token of a desk is not', async () => {
  const agent = await stageAgent();
  const token = agent.tokens.add('viewer');
  const old = agent.tokens.add('viewer');
  agent.tokens.ended.set(old, 'expired');
  for (let n = 0; n < 8; n += 1) await refusal(agent, { token: old });
  expect((await callHub(pinned(agent), { path: '/api/v1/status', token })).status).toBe(200);
  // a slow machine may let a wait pass between two tries; the next one is longer
  let slowed = await refusal(agent, { token: 'cdk_x_0' });
  for (let n = 1; n < 20 && slowed.status !== 429; n += 1) {
    slowed = await refusal(agent, { token: `cdk_x_${n}` });
  }
  expect(slowed).toMatchObject({ status: 429, code: 'too-many-attempts' });
  expect(Number(slowed.headers['retry-after'])).toBeGreaterThan(0);
});

test('a role does what it may and no more', async () => {
  const agent = await stageAgent();
  const may = async (token: string, call: HubCall) =>
    (await callHub(pinned(agent), { token, ...call })).status;
  const viewer = agent.tokens.add('viewer');
  const operator = agent.tokens.add('operator');
  const admin = agent.tokens.add('admin');
  const drain = {
    method: 'POST',
    path: '/api/v1/slurm/nodes/a1/drain',
    body: { reason: 'new disk' },
  };
  const list = { path: '/api/v1/tokens' };
  expect(await may(viewer, { path: '/api/v1/jobs' })).toBe(200);
  expect(await may(viewer, drain)).toBe(403);
  expect(agent.slurm.asked).toEqual([]);
  expect(await may(operator, drain)).toBe(200);
  expect(await may(operator, list)).toBe(403);
  expect(await may(admin, list)).toBe(200);
  expect(await may(admin, drain)).toBe(200);
  expect(await refusal(agent, { token: viewer, ...drain })).toMatchObject({
    code: 'role-too-low',
    remedy: expect.stringContaining('--role operator'),
  });
});

test('plain HTTP on loopback looks and changes nothing, whatever token it shows', async () => {
  const agent = await stageAgent();
  const token = agent.tokens.add('admin');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const drain = `${agent.plainUrl}/api/v1/slurm/nodes/a1/drain`;
  const body = JSON.stringify({ reason: 'x' });
  const refused = await fetch(drain, { method: 'POST', headers, body });
  expect(refused.status).toBe(403);
  expect(agentError.parse(await refused.json()).code).toBe('read-only');
  expect(agent.slurm.asked).toEqual([]);
  expect((await fetch(`${agent.plainUrl}/api/v1/tokens`, { headers })).status).toBe(403);
  const peer = await fetch(`${agent.plainUrl}/api/v1/peer/hello`, { method: 'POST', body: '{}' });
  expect(peer.status).toBe(404);
});

test('a page elsewhere reads nothing through a name that points here', async () => {
  const agent = await stageAgent();
  const { port } = new URL(agent.plainUrl);
  const ask = async (host: string) => {
    const asked = request({ port, host: '127.0.0.1', path: '/api/v1/status', headers: { host } });
    asked.end();
    const [response] = await once(asked, 'response');
    response.resume();
    return { status: response.statusCode, headers: response.headers };
  };
  expect((await ask('evil.example')).status).toBe(421);
  expect((await ask(`localhost:${port}`)).status).toBe(200);
  expect((await ask(`[::1]:${port}`)).status).toBe(200);
  const options = await fetch(`${agent.plainUrl}/api/v1/status`, { method: 'OPTIONS' });
  expect(options.status).toBe(405);
  expect(options.headers.get('access-control-allow-origin')).toBeNull();
});

test('root reaches everything over the socket, which nobody else may open', async () => {
  const socketPath = join(sweptFolder(), 'agent.sock');
  const agent = await stageAgent({ api: { socketPath } });
  expect(statSync(socketPath).mode & 0o777).toBe(0o600);
  const asked = request({
    socketPath,
    path: '/api/v1/tokens',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  asked.end(JSON.stringify({ role: 'operator', name: "ada's desk", expires_in_s: 60 }));
  const [response] = await once(asked, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const made = JSON.parse(Buffer.concat(chunks).toString());
  expect(response.statusCode).toBe(200);
  const seen = await callHub(pinned(agent), { path: '/api/v1/status', token: made.token });
  expect(seen.status).toBe(200);
  const admin = agent.tokens.add('admin');
  const path = `/api/v1/tokens/${made.view.id}`;
  expect((await callHub(pinned(agent), { method: 'DELETE', path, token: admin })).status).toBe(200);
  expect(await refusal(agent, { token: made.token })).toMatchObject({ code: 'token-revoked' });
  const audit = await callHub(pinned(agent), { path: '/api/v1/audit', token: admin });
  expect(audit.json()['entries']).toMatchObject([
    { action: 'token.revoke', subject: made.view.id },
    { action: 'token.create', who: 'root on a1', detail: 'operator' },
  ]);
  expect(JSON.stringify([audit.json(), agent.log.lines])).not.toContain(made.token);
});

test('other agents are known by the certificate that they show, and by nothing else', async () => {
  const seen: PeerRequest[] = [];
  const agent = await stageAgent({
    peers: [
      async () => null,
      async (request) => {
        seen.push(request);
        return { status: 201, body: { heard: request.body } };
      },
    ],
  });
  const theirs = await makeCertificate();
  const { Agent, request: ask } = await import('undici');
  const dispatcher = new Agent({
    connect: { cert: theirs.cert, key: theirs.key, rejectUnauthorized: false },
  });
  const answer = await ask(`${agent.url}/api/v1/peer/hello?x=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ nonce: 'n' }),
    dispatcher,
  });
  expect(answer.statusCode).toBe(201);
  expect(await answer.body.json()).toEqual({ heard: { nonce: 'n' } });
  await dispatcher.destroy();
  expect(seen[0]).toMatchObject({
    method: 'POST',
    target: '/api/v1/peer/hello?x=1',
    fingerprint: theirs.fingerprint,
  });
  const token = agent.tokens.add('admin');
  const path = '/api/v1/peer/hello';
  await callHub(pinned(agent), { method: 'POST', path, body: {}, token });
  expect(seen[1]?.fingerprint).toBe('');
});
