import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { forgottenAnswer } from '#shared/contract/agent/actions';
import { fail } from '#shared/contract/errors';
import { stageAgent } from '#tests/support/agent';
import { callHub } from '#tests/support/hub';

const gone = randomUUID();

async function staged() {
  const forgotten: string[] = [];
  const agent = await stageAgent({
    removal: {
      async forget(id) {
        if (id !== gone) throw fail('INVALID_INPUT', { remedy: 'Stop it.' }, 'a2 is alive.');
        forgotten.push(id);
        return 'a3';
      },
    },
  });
  const remove = (role: 'operator' | 'admin', id: string) =>
    callHub(
      { url: agent.url, fingerprint: agent.certificate.fingerprint },
      { method: 'DELETE', path: `/api/v1/nodes/${id}`, token: agent.tokens.add(role) },
    );
  return { agent, remove, forgotten };
}

test('an admin has a node forgotten that is gone; the change is recorded', async () => {
  const { agent, remove, forgotten } = await staged();
  const answer = await remove('admin', gone);
  expect(forgottenAnswer.parse(answer.json())).toEqual({ ok: true, message: 'a3 is forgotten.' });
  expect(forgotten).toEqual([gone]);
  const [entry] = await agent.state.list('audit/');
  expect(entry?.value).toMatchObject({ action: 'node.forget', subject: gone, result: 'done' });
});

test('nobody else may, and a living node is not forgotten', async () => {
  const { remove, forgotten } = await staged();
  expect((await remove('operator', gone)).status).toBe(403);
  const alive = await remove('admin', randomUUID());
  expect(alive.status).toBe(400);
  expect(alive.json()).toMatchObject({ ok: false, message: 'a2 is alive.', remedy: 'Stop it.' });
  expect(forgotten).toEqual([]);
});

test('where the nodes of a cluster are fixed, none is forgotten', async () => {
  const agent = await stageAgent();
  const answer = await callHub(
    { url: agent.url, fingerprint: agent.certificate.fingerprint },
    { method: 'DELETE', path: `/api/v1/nodes/${gone}`, token: agent.tokens.add('admin') },
  );
  expect(answer.json()).toMatchObject({
    ok: false,
    message: 'The nodes of this cluster are fixed.',
  });
});
