import { expect, test } from 'vitest';
import { actionAnswer } from '#shared/contract/agent/actions';
import { agentError } from '#shared/contract/agent/dashboard';
import { fail } from '#shared/contract/errors';
import { type StagedAgent, stageAgent } from '#tests/support/agent';
import { callHub, type HubCall } from '#tests/support/hub';

async function operator() {
  const agent = await stageAgent();
  const token = agent.tokens.add('operator', "ada's desk");
  const post = (path: string, call: HubCall = {}) =>
    callHub(
      { url: agent.url, fingerprint: agent.certificate.fingerprint },
      { method: 'POST', path: `/api/v1/slurm/${path}`, token, ...call },
    );
  return { agent, post };
}

async function audited(agent: StagedAgent) {
  const token = agent.tokens.add('admin');
  const pinned = { url: agent.url, fingerprint: agent.certificate.fingerprint };
  return (await callHub(pinned, { path: '/api/v1/audit', token })).json()['entries'];
}

test('each action is asked of SLURM once, and its answer tells what was read back', async () => {
  const { agent, post } = await operator();
  const drained = await post('nodes/a2/drain', { body: { reason: ' new disk ' } });
  expect(actionAnswer.parse(drained.json())).toEqual({
    ok: true,
    state: 'drained',
    message: 'a2 is drained.',
  });
  const paths = ['nodes/a2/resume', 'jobs/42/hold', 'jobs/42_3/release', 'jobs/42/cancel'];
  for (const path of [...paths, 'jobs/7_%5B4-9%252%5D/hold']) {
    expect((await post(path, { body: {} })).status).toBe(200);
  }
  expect((await post('jobs/43/cancel')).status).toBe(200);
  expect(agent.slurm.asked).toEqual([
    'drain a2 new disk',
    'resume a2',
    'hold 42',
    'release 42_3',
    'cancel 42',
    'hold 7_[4-9%2]',
    'cancel 43',
  ]);
  expect(await audited(agent)).toMatchObject([
    { action: 'slurm.cancel', subject: '43' },
    { action: 'slurm.hold', subject: '7_[4-9%2]' },
    { action: 'slurm.cancel', subject: '42', result: 'done', message: '42 is CANCELLED.' },
    { action: 'slurm.release', subject: '42_3' },
    { action: 'slurm.hold', subject: '42' },
    { action: 'slurm.resume', subject: 'a2' },
    {
      action: 'slurm.drain',
      subject: 'a2',
      detail: 'new disk',
      node: 'a1',
      who: expect.stringContaining("(ada's desk)"),
      address: '127.0.0.1',
    },
  ]);
});

test('what is not valid never reaches SLURM', async () => {
  const { agent, post } = await operator();
  const calls: [string, HubCall][] = [
    ['nodes/a2/drain', { body: {} }],
    ['nodes/a2/drain', { body: { reason: '  ' } }],
    ['nodes/a2/drain', { body: { reason: 'a\nb' } }],
    ['nodes/a2/drain', { body: { reason: 'x', force: true } }],
    ['nodes/a2/drain', { body: 'reason=x', headers: { 'content-type': 'text/plain' } }],
    ['nodes/a2/drain', { body: '{', headers: { 'content-type': 'application/json' } }],
    ['nodes/-f/drain', { body: { reason: 'x' } }],
    ['nodes/a2%20State=DOWN/drain', { body: { reason: 'x' } }],
    ['nodes/a%2F..%2Fb/drain', { body: { reason: 'x' } }],
    ['jobs/--all/cancel', { body: {} }],
    ['jobs/1,2/cancel', { body: {} }],
    ['jobs/7_%5B4-9%5D%20--all/cancel', { body: {} }],
    ['jobs/42/cancel', { body: { signal: 9 } }],
  ];
  for (const [path, call] of calls) {
    const answer = await post(path, call);
    expect([path, answer.status]).toEqual([path, 400]);
    const { code, remedy } = agentError.parse(answer.json());
    expect(code).toBe('invalid-input');
    expect(remedy).not.toBe('');
  }
  expect((await post('jobs/42/requeue', { body: {} })).status).toBe(404);
  expect(agent.slurm.asked).toEqual([]);
});

test('a failure keeps its meaning, and an unknown end is never told as none', async () => {
  const { agent, post } = await operator();
  agent.slurm.failure = fail('NOT_FOUND', { remedy: 'See sinfo -N.' }, 'SLURM knows no node a9.');
  const missing = await post('nodes/a9/resume', { body: {} });
  expect(missing.status).toBe(404);
  expect(agentError.parse(missing.json())).toMatchObject({
    code: 'not-found',
    message: 'SLURM knows no node a9.',
    remedy: 'See sinfo -N.',
  });
  agent.slurm.failure = fail('TIMEOUT', { remedy: 'Look at the job.', outcome: 'unknown' });
  const lost = await post('jobs/42/cancel', { body: {} });
  expect(lost.status).toBe(504);
  expect(agentError.parse(lost.json()).outcome).toBe('unknown');
  agent.slurm.failure = new Error('scontrol: /etc/slurm/secret.key is broken');
  const broken = await post('jobs/42/hold', { body: {} });
  expect(broken.status).toBe(500);
  expect(broken.text).not.toContain('secret.key');
  expect(agent.slurm.asked).toHaveLength(3);
  expect(await audited(agent)).toMatchObject([
    { action: 'slurm.hold', result: 'failed' },
    { action: 'slurm.cancel', result: 'unknown' },
    { action: 'slurm.resume', result: 'refused', message: 'SLURM knows no node a9.' },
  ]);
});
