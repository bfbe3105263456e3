import { expect, test } from 'vitest';
import { z } from 'zod';
import { stageAgent } from '#tests/support/agent';
import { callHub } from '#tests/support/hub';
import { bodyOf, type Exchange, essence, expectedEssence, recordedConversation } from './recorded';

/** The agent's own answers at these addresses, and accounts which it has by token only. */
const OF_THE_AGENT = new Set([
  'anon-health',
  'unknown-api',
  'login-bob',
  'bob-get-403',
  'login-local',
  'local-get-403',
]);
/** Needs the password of a cluster, and there is none. */
const BLIND = new Set(['test-ok', 'test-badpw', 'test-dead', 'storage', 'groups']);
function blind({ name }: Exchange) {
  const json = { ok: false, error: expect.stringContaining('holds no secrets') };
  return { name, status: 400, contentType: 'application/json', location: null, json };
}

const FORM = 'application/x-www-form-urlencoded';

/** As recorded, with the passwords that this configuration does not take left blank. */
function withoutSecret(exchange: Exchange): Exchange {
  const body = z.record(z.string(), z.unknown()).safeParse(exchange.request);
  if (!body.success || !('password' in body.data) || exchange.path.startsWith('/login')) {
    return exchange;
  }
  return { ...exchange, request: { ...body.data, password: '' } };
}

test('an agent answers the whole recorded conversation as the portal did, but takes no secret', async () => {
  const agent = await stageAgent();
  const pinned = { url: agent.url, fingerprint: agent.certificate.fingerprint };
  const token = agent.tokens.add('admin');
  const first = {
    cluster_id: 'c1',
    name: 'Lab One',
    host: '127.0.0.1',
    user: 'ada@pve',
    password: '',
    is_default: true,
    admin_group: 'ops',
  };
  expect((await callHub(pinned, { method: 'POST', body: first, token })).status).toBe(200);

  let cookie = '';
  const right = new URLSearchParams({ username: 'admin', password: token });
  const send = async (exchange: Exchange) => {
    const { method, path, contentType, body } = bodyOf(exchange);
    const isRightLogin = exchange.name === 'login';
    const type = isRightLogin ? FORM : contentType;
    const answer = await callHub(pinned, {
      method,
      path,
      headers: { ...(cookie && { cookie }), ...(type && { 'content-type': type }) },
      ...(contentType !== '' && { body: isRightLogin ? right.toString() : body }),
    });
    cookie = answer.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? cookie;
    const { status, text, headers } = answer;
    const location = headers.location ?? null;
    return { status, contentType: headers['content-type'] ?? '', location, text };
  };
  const conversation = recordedConversation().filter(({ name }) => !OF_THE_AGENT.has(name));
  expect(conversation.length).toBeGreaterThan(40);
  for (const recorded of conversation) {
    const seen = essence(recorded.name, await send(withoutSecret(recorded)), false);
    expect(seen).toEqual(
      BLIND.has(recorded.name) ? blind(recorded) : expectedEssence(recorded, false),
    );
  }
  const left = await callHub(pinned, { token });
  expect(left.json()['clusters']).toMatchObject([{ id: 'c1' }]);
});

test('a password is refused with the reason, and stands nowhere afterwards', async () => {
  const agent = await stageAgent();
  const pinned = { url: agent.url, fingerprint: agent.certificate.fingerprint };
  const token = agent.tokens.add('admin');
  const body = {
    cluster_id: 'c1',
    name: 'Lab One',
    host: '10.0.0.1',
    user: 'ada@pve',
    password: 'correct horse',
  };
  const refused = await callHub(pinned, { method: 'POST', body, token });
  expect(refused.status).toBe(400);
  expect(refused.json()).toMatchObject({
    ok: false,
    error: expect.stringContaining('The password was not taken'),
  });
  await callHub(pinned, { method: 'POST', body: { ...body, password: '' }, token });
  const put = { path: '/api/cluster-config/1', method: 'PUT', token };
  const again = await callHub(pinned, { ...put, body: { password: 'correct horse' } });
  expect(again.status).toBe(400);
  const kept = JSON.stringify([await agent.state.list(''), agent.log.lines]);
  expect(kept).not.toContain('correct horse');
  expect(kept).not.toContain(token);
});

test('only an admin may see or change it, and the audit says who did', async () => {
  const agent = await stageAgent();
  const pinned = { url: agent.url, fingerprint: agent.certificate.fingerprint };
  const body = { cluster_id: 'c1', name: 'Lab', host: '10.0.0.1', user: 'a@pve', password: '' };
  expect((await callHub(pinned, {})).status).toBe(302);
  const operator = agent.tokens.add('operator');
  expect((await callHub(pinned, { token: operator })).status).toBe(403);
  expect((await callHub(pinned, { method: 'POST', body, token: 'cdk_no_no' })).status).toBe(401);
  const plain = await fetch(`${agent.plainUrl}/api/cluster-config`, { redirect: 'manual' });
  expect(plain.status).toBe(403);
  const admin = agent.tokens.add('admin', "ada's desk");
  expect((await callHub(pinned, { method: 'POST', body, token: admin })).status).toBe(200);
  const audit = await callHub(pinned, { path: '/api/v1/audit', token: admin });
  expect(audit.json()['entries']).toMatchObject([
    { action: 'config.create', subject: 'c1', result: 'done', who: expect.stringContaining('ada') },
  ]);
});

test('changes at the same moment all count, and one default is left', async () => {
  const agent = await stageAgent();
  const pinned = { url: agent.url, fingerprint: agent.certificate.fingerprint };
  const token = agent.tokens.add('admin');
  const create = (n: number) => {
    const body = {
      cluster_id: `c${n}`,
      name: `Lab ${n}`,
      host: '10.0.0.1',
      user: 'a@pve',
      password: '',
      is_default: true,
    };
    return callHub(pinned, { method: 'POST', body, token });
  };
  const answers = await Promise.all([1, 2, 3, 4].map(create));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const list = z
    .array(z.object({ id: z.string(), db_id: z.number(), is_default: z.boolean() }))
    .parse((await callHub(pinned, { token })).json()['clusters']);
  expect(new Set(list.map(({ db_id }) => db_id)).size).toBe(4);
  expect(list.filter((one) => one.is_default)).toHaveLength(1);
});
