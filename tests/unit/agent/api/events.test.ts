import { Agent, request } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { type AgentEvent, agentEvent } from '#shared/contract/agent/dashboard';
import { member, type StagedAgent, stageAgent } from '#tests/support/agent';
import { until } from '#tests/support/tls-server';

interface Watcher {
  events: AgentEvent[];
  /** everything that came, comments too */
  text: () => string;
  isOver: () => boolean;
  status: number;
  stop(): void;
}

async function watch(
  agent: StagedAgent,
  { lastId, token }: { lastId?: number; token?: string } = {},
): Promise<Watcher> {
  const stopper = new AbortController();
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  onTestFinished(async () => {
    stopper.abort();
    await dispatcher.destroy();
  });
  const base = token === undefined ? agent.plainUrl : agent.url;
  const answer = await request(`${base}/api/v1/events`, {
    dispatcher,
    signal: stopper.signal,
    headers: {
      ...(lastId !== undefined && { 'last-event-id': String(lastId) }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
  });
  let text = '';
  let isOver = false;
  const events: AgentEvent[] = [];
  void (async () => {
    let pending = '';
    for await (const chunk of answer.body) {
      text += String(chunk);
      pending += String(chunk);
      const frames = pending.split('\n\n');
      pending = frames.pop() ?? '';
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (data !== undefined) events.push(agentEvent.parse(JSON.parse(data)));
      }
    }
  })()
    .catch(() => undefined)
    .finally(() => {
      isOver = true;
    });
  return {
    events,
    text: () => text,
    isOver: () => isOver,
    status: answer.statusCode,
    stop: () => stopper.abort(),
  };
}

test('a watcher hears at once what changed, and of what', async () => {
  const agent = await stageAgent({ others: [member('a2')] });
  const watcher = await watch(agent);
  await until(() => watcher.text().includes('retry:'), 'the stream runs');
  agent.membership.change('a2', { status: 'failed' });
  const heard = (kind: string) => watcher.events.find((event) => event.kind === kind);
  await until(() => heard('members') !== undefined, 'the member came');
  expect(heard('members')).toMatchObject({ subject: 'a2' });
  await until(() => heard('problems') !== undefined, 'the problem came');
  agent.slurm.show({ primary: 'a1', asOf: Date.now() });
  await until(() => watcher.events.some(({ kind }) => kind === 'leaders'), 'the leader came');
  const ids = watcher.events.map(({ id }) => id);
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
});

test('who comes back hears what it missed, and after too long of every kind', async () => {
  const agent = await stageAgent({ others: [member('a2')] });
  const first = await watch(agent);
  await until(() => first.text().includes('retry:'), 'the stream runs');
  agent.membership.change('a2', { status: 'leaving' });
  await until(() => first.events.length > 0, 'an event came');
  const lastId = Math.max(...first.events.map(({ id }) => id));
  first.stop();
  agent.membership.change('a2', { status: 'left' });
  await until(
    () => agent.facts.snapshot().members.some(({ status }) => status === 'left'),
    'it was seen',
  );
  const back = await watch(agent, { lastId });
  await until(() => back.events.length > 0, 'the missed one came');
  expect(back.events[0]).toMatchObject({ kind: 'members', subject: 'a2' });
  expect(back.events.every(({ id }) => id > lastId)).toBe(true);
  const late = await watch(agent, { lastId: 17 });
  await until(() => late.events.length >= 8, 'one of each kind came');
  expect(new Set(late.events.map(({ kind }) => kind)).size).toBe(8);
});

test('a revoked token hears no more, and streams are bounded', async () => {
  const clock = {
    ...systemClock,
    // heartbeats in a hurry
    sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 200, signal),
  };
  const agent = await stageAgent({ clock });
  const token = agent.tokens.add('viewer');
  const watcher = await watch(agent, { token });
  await until(() => watcher.text().includes(': still here'), 'a heartbeat came');
  expect(watcher.isOver()).toBe(false);
  agent.tokens.ended.set(token, 'revoked');
  await until(() => watcher.isOver(), 'the stream ended');
  const many = await Promise.all(Array.from({ length: 130 }, () => watch(agent)));
  const statuses = Map.groupBy(many, ({ status }) => status);
  expect(statuses.get(200)).toHaveLength(128);
  expect(statuses.get(503)).toHaveLength(2);
});
