import { Agent, request } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import {
  agentOperation,
  operationAnswer,
  operationPlan,
  operationsAnswer,
  wishAnswer,
} from '#shared/contract/agent/operations';
import type { TokenRole } from '#shared/contract/agent/tokens';
import { stageAgent } from '#tests/support/agent';
import { eventually } from '#tests/support/etcd';
import { callHub, type HubCall } from '#tests/support/hub';
import { stageFleet } from '#tests/support/operations';

async function staged() {
  const fleet = stageFleet({ names: ['a1', 'a2'] });
  const { state, operations } = fleet.node('a1');
  const agent = await stageAgent({ state, operations: operations.operations });
  const tokens: Partial<Record<TokenRole, string>> = {};
  const call = (role: TokenRole, path: string, options: HubCall = {}) =>
    callHub(
      { url: agent.url, fingerprint: agent.certificate.fingerprint },
      {
        path: `/api/v1/operations${path}`,
        token: (tokens[role] ??= agent.tokens.add(role, `${role}'s desk`)),
        ...options,
      },
    );
  const post = (role: TokenRole, path: string, body: object = {}) =>
    call(role, path, { method: 'POST', body });
  return { fleet, agent, call, post };
}

const MOVING = { kind: 'moving', params: {} };

async function started({ post }: Awaited<ReturnType<typeof staged>>) {
  const plan = operationPlan.parse((await post('operator', '/plan', MOVING)).json());
  const body = { plan_hash: plan.hash, confirm: plan.confirm };
  return agentOperation.parse((await post('operator', '', body)).json());
}

test('an operator plans, approves and steers; a viewer only looks', async () => {
  const stage = await staged();
  const { fleet, call, post, agent } = stage;
  fleet.ground.busy.add('job 7');
  for (const path of ['/plan', '', `/${crypto.randomUUID()}/abort`]) {
    expect((await post('viewer', path, MOVING)).status).toBe(403);
  }
  const { id } = await started(stage);
  expect(operationsAnswer.parse((await call('viewer', '')).json()).operations).toHaveLength(1);
  const get = async () => operationAnswer.parse((await call('viewer', `/${id}`)).json());
  await eventually(async () => (await get()).operation.steps[0]?.waiting_on !== null, 'it waits');
  const paused = wishAnswer.parse((await post('operator', `/${id}/pause`)).json());
  expect(paused.message).toContain('pauses');
  await eventually(async () => (await get()).operation.state === 'paused', 'it is paused');
  const refused = await post('operator', `/${id}/retry`);
  expect(refused.status).toBe(400);
  expect(refused.json()).toMatchObject({ code: 'invalid-input', message: 'It is not stuck.' });
  await post('operator', `/${id}/abort`);
  await eventually(async () => (await get()).operation.state === 'undone', 'it is undone');
  const admin = agent.tokens.add('admin');
  const pinned = { url: agent.url, fingerprint: agent.certificate.fingerprint };
  const audit = (await callHub(pinned, { path: '/api/v1/audit', token: admin })).json();
  expect(audit['entries']).toMatchObject([
    { action: 'operation.abort', subject: id, result: 'done' },
    { action: 'operation.retry', subject: id, result: 'refused' },
    { action: 'operation.pause', subject: id, result: 'done' },
    {
      action: 'operation.start',
      result: 'done',
      who: expect.stringContaining("(operator's desk)"),
      message: expect.stringContaining(id),
    },
  ]);
});

test('what cannot be started is refused with a word for programs and a remedy', async () => {
  const { fleet, post, call } = await staged();
  expect((await post('operator', '/plan', { kind: 'Nonsense!' })).status).toBe(400);
  expect((await post('operator', '/plan', { kind: 'nothing' })).status).toBe(501);
  const plan = operationPlan.parse((await post('operator', '/plan', MOVING)).json());
  const unconfirmed = await post('operator', '', { plan_hash: plan.hash, confirm: 'a9' });
  expect(unconfirmed.status).toBe(409);
  expect(unconfirmed.json()).toMatchObject({ code: 'confirmation-required' });
  fleet.ground.facts = { controller: 'a2' };
  const stale = await post('operator', '', { plan_hash: plan.hash, confirm: 'a2' });
  expect(stale.status).toBe(409);
  expect(stale.json()).toMatchObject({
    code: 'plan-stale',
    remedy: expect.stringContaining('Plan again'),
  });
  expect((await call('viewer', '/not-an-id')).status).toBe(400);
  expect((await call('viewer', `/${crypto.randomUUID()}`)).status).toBe(404);
  expect((await call('viewer', `/${crypto.randomUUID()}/events`)).status).toBe(404);
});

test('its events are whole answers, up to its end, and the general ones tell of it', async () => {
  const stage = await staged();
  const { agent } = stage;
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  onTestFinished(() => dispatcher.destroy());
  let told = '';
  const general = await request(`${agent.plainUrl}/api/v1/events`, { dispatcher });
  const listening = (async () => {
    for await (const chunk of general.body) told += String(chunk);
  })().catch(() => undefined);
  const { id } = await started(stage);
  const { body, headers } = await request(`${agent.plainUrl}/api/v1/operations/${id}/events`, {
    dispatcher,
  });
  expect(headers['content-type']).toContain('text/event-stream');
  // ends by itself
  const answers = (await body.text())
    .split('\n\n')
    .flatMap((frame) => /^data: (.*)$/m.exec(frame)?.[1] ?? [])
    .map((data) => operationAnswer.parse(JSON.parse(data)));
  expect(answers.at(-1)?.operation.state).toBe('done');
  const serials = answers.map(({ operation }) => operation.serial);
  expect(serials).toEqual(serials.toSorted((a, b) => a - b));
  await eventually(() => told.includes(`"kind":"operation","subject":"${id}"`), 'all are told');
  await agent.close();
  await listening;
});

test('a watcher that goes is not served any more', async () => {
  const stage = await staged();
  stage.fleet.ground.busy.add('job 7');
  const { id } = await started(stage);
  const stopper = new AbortController();
  const url = `${stage.agent.plainUrl}/api/v1/operations/${id}/events`;
  const { body } = await request(url, { signal: stopper.signal });
  const chunks = body[Symbol.asyncIterator]();
  expect((await chunks.next()).done).toBe(false);
  stopper.abort();
  const streams = async () =>
    (await (await request(`${stage.agent.plainUrl}/metrics`)).body.text()).match(
      /_streams(?:\{\})? (\d+)/,
    )?.[1];
  await eventually(async () => (await streams()) === '0', 'no stream is left');
});
