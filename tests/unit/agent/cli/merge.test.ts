import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { MergeCard } from '#shared/contract/agent/merge';
import { agentCommandLine, lonelyNode } from '#tests/support/agent-cli';
import { makeCertificate } from '#tests/support/certificates';
import { ALPHA, BETA, cardOf, TwoClusters } from '#tests/support/merge-plan';
import { sweptFolder } from '#tests/support/temp-folder';
import { done, ENDED, HASH, moment, PLAN, refusal, ScriptedAgent } from './scripted-agent';

const TOKEN = 'cdk_an-admins-token';
const MERGED = moment(ENDED, [done(0, 400), done(400, 1_300)]);

/** As an agent of this cluster answers. */
function speaks(card: MergeCard, other: MergeCard) {
  return (what: string): object | undefined => {
    if (what === 'GET /api/v1/merge/card') return card;
    if (what !== 'POST /api/v1/merge/pact') return undefined;
    return {
      pact: { other: other.cluster, until: card.made_at + 86_400_000 },
      decision: { gaining: card.cluster, losing: other.cluster, by: 'nodes', reason: '' },
    };
  };
}

/** This node is of alpha, which has three nodes; beta with two is elsewhere. */
async function stage({ swapped = false, typed = async (): Promise<string | null> => null } = {}) {
  const folder = sweptFolder();
  const two = new TwoClusters();
  const cards = [cardOf(two.alpha), cardOf(two.beta)] as const;
  const [own, other] = swapped ? [cards[1], cards[0]] : cards;
  const here = new ScriptedAgent(folder);
  const there = new ScriptedAgent(join(folder, 'there'));
  const steps = PLAN.steps.map((step, at) => ({
    ...step,
    title: `${at === 0 ? 'Coordination' : 'State unification'}: ${step.title}`,
  }));
  const named = { kind: 'merge', title: 'Merge beta into alpha', confirm: 'beta' };
  const plan = () => ({ ...PLAN, ...named, steps });
  here.script = { plan, events: [[MERGED]], more: speaks(own, other) };
  there.script = { plan, events: [[MERGED]], more: speaks(other, own) };
  const certificate = await makeCertificate();
  await here.listen();
  const port = await there.listenWith(certificate);
  onTestFinished(async () => {
    await here.close();
    await there.close();
  });
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
  const command = agentCommandLine(await lonelyNode(folder), typed);
  const { fingerprint } = certificate;
  const run = (...more: string[]) =>
    command(['merge', '--with', `127.0.0.1:${port}`, '--token-file', tokenFile, ...more]);
  return { run, command, here, there, own, other, fingerprint, tokenFile, port };
}

test('both clusters see each other, and the larger one takes the other up', async () => {
  const { run, here, there, own, other, fingerprint } = await stage();
  const { code, stdout, stderr } = await run('--fingerprint', fingerprint, '--confirm', 'beta');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(here.asked.map(({ request }) => request)).toEqual([
    'GET /api/v1/merge/card',
    'POST /api/v1/merge/pact',
    'POST /plan',
    'POST',
    expect.stringContaining('/events'),
  ]);
  expect(here.asked[1]?.body).toEqual({ card: other });
  expect(here.asked[2]?.body).toEqual({
    kind: 'merge',
    params: { losing: BETA, left_jobs: 'wait' },
  });
  expect(here.asked[3]?.body).toEqual({ plan_hash: HASH, confirm: 'beta' });
  expect(there.asked.map(({ request }) => request)).toEqual([
    'GET /api/v1/merge/card',
    'POST /api/v1/merge/pact',
  ]);
  expect(there.asked[1]?.body).toEqual({ card: own });
  expect([...there.tokens]).toEqual([`Bearer ${TOKEN}`]);
  expect(stdout).toContain('alpha and beta let each other take part until');
  expect(stdout).toContain('Merge beta into alpha');
  expect(stdout).toContain('By phase: Coordination 400 ms, State unification 400 ms;');
  expect(stdout).not.toContain(TOKEN);
});

test('where the other one stays, it is planned and followed there', async () => {
  const { run, here, there, fingerprint } = await stage({ swapped: true });
  const flags = ['--fingerprint', fingerprint.toLowerCase(), '--confirm', 'beta'];
  const { code, stdout, stderr } = await run(...flags, '--left-jobs', 'cancel');
  expect(code).toBe(0);
  expect(there.asked[2]).toEqual({
    request: 'POST /plan',
    body: { kind: 'merge', params: { losing: BETA, left_jobs: 'cancel' } },
  });
  expect(here.count('POST /plan')).toBe(0);
  expect(stdout).toContain('alpha stays, so that its nodes plan it');
  expect(stderr).toContain('ask a node of alpha');
});

test('an admin may have the smaller one stay', async () => {
  const { run, there, fingerprint } = await stage();
  await run('--fingerprint', fingerprint, '--swap', '--plan');
  expect(there.asked[2]?.body).toEqual({
    kind: 'merge',
    params: { losing: ALPHA, left_jobs: 'wait' },
  });
  expect(there.count('POST')).toBe(0);
});

test('--plan shows it and starts nothing; --json is one document', async () => {
  const { run, here, fingerprint } = await stage();
  const { code, stdout } = await run('--fingerprint', fingerprint, '--plan', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ title: 'Merge beta into alpha' });
  expect(here.count('POST')).toBe(0);
});

test('a certificate that nobody named is shown, and nothing is sent before somebody says yes', async () => {
  const lonely = await stage();
  const { code, stdout, stderr } = await lonely.run('--confirm', 'beta');
  expect(code).toBe(2);
  expect(stdout).toContain(lonely.fingerprint);
  expect(stderr).toContain(`--fingerprint ${lonely.fingerprint}`);
  expect(lonely.there.asked).toEqual([]);
  expect(lonely.here.count('POST /api/v1/merge/pact')).toBe(0);

  const answers = ['yes', 'beta'];
  const asked = await stage({ typed: async () => answers.shift() ?? '' });
  expect((await asked.run()).code).toBe(0);
});

test('another certificate than the named one is refused, and no token is sent', async () => {
  const { run, there } = await stage();
  const wrong = Array.from({ length: 32 }, () => 'AB').join(':');
  const { code, stderr } = await run('--fingerprint', wrong, '--confirm', 'beta');
  expect(code).toBe(1);
  expect(stderr).toContain('Another certificate');
  expect(there.asked).toEqual([]);
  expect(there.tokens.size).toBe(0);
});

test('a token stands in a file of its own, and not where others may read it', async () => {
  const { run, command, there, tokenFile, fingerprint, port } = await stage();
  chmodSync(tokenFile, 0o644);
  const open = await run('--fingerprint', fingerprint);
  expect([open.code, open.stderr]).toEqual([1, expect.stringContaining('chmod 600')]);
  chmodSync(tokenFile, 0o600);
  writeFileSync(tokenFile, '\n');
  const empty = await run('--fingerprint', fingerprint);
  expect([empty.code, empty.stderr]).toEqual([1, expect.stringContaining('holds no token')]);
  const none = await command(['merge', '--with', `127.0.0.1:${port}`]);
  expect([none.code, none.stderr]).toEqual([
    1,
    expect.stringContaining('token create --role admin'),
  ]);
  expect(there.asked).toEqual([]);
});

test('what is refused there is told with its own words', async () => {
  const { run, there, fingerprint } = await stage();
  there.script = {
    status: 403,
    more: () => refusal('forbidden', 'This token may not do that.', 'Take an admin token.'),
  };
  const flags = ['--fingerprint', fingerprint, '--confirm', 'beta'];
  const { code, stderr } = await run(...flags);
  expect(code).toBe(1);
  expect(stderr).toContain('This token may not do that.\nTake an admin token.');
  const { stdout } = await run(...flags, '--json');
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, code: 'PERMISSION_DENIED' });
});

test.each([
  ['no address', [], 'Write the address'],
  ['an address that is none', ['--with', 'b1/x'], 'Write the address'],
  ['a port that is none', ['--with', 'b1', '--port', '0'], 'Write the port'],
  ['a fingerprint that is none', ['--with', 'b1', '--fingerprint', 'AB'], '32 pairs'],
])('%s is refused before anybody is asked', async (_what, flags, remedy) => {
  const { command, here, tokenFile } = await stage();
  const { code, stderr } = await command(['merge', ...flags, '--token-file', tokenFile]);
  expect(code).toBe(1);
  expect(stderr).toContain(remedy);
  expect(here.count('POST /api/v1/merge/pact')).toBe(0);
});

const FREED = {
  ok: true,
  message: 'alpha is not held for a merge any more.',
  operation: '6f0e4c2a-0f5d-4c0e-9d43-0123456789ab',
  by: { uuid: BETA, name: 'beta' },
  crossed: ['a3'],
  done: ['a2 takes jobs again.'],
  left: ['a3 has crossed, and stays with beta.'],
};

test('a cluster that is held is let go by its name, and it is told what became of it', async () => {
  const { command, here, there } = await stage();
  here.script = { more: () => FREED };
  const { code, stdout } = await command(['merge', '--let-go', '--confirm', 'alpha']);
  expect(code).toBe(0);
  expect(here.asked).toEqual([
    { request: 'POST /api/v1/merge/let-go', body: { confirm: 'alpha' } },
  ]);
  expect(there.asked).toEqual([]);
  for (const line of [FREED.message, ...FREED.done, ...FREED.left]) expect(stdout).toContain(line);
  const { stdout: json } = await command(['merge', '--let-go', '--confirm', 'alpha', '--json']);
  expect(JSON.parse(json)).toEqual(FREED);
});

test('it is not let go before somebody has typed its name', async () => {
  const more = (_what: string, body: unknown) =>
    (body as { confirm: string }).confirm === 'alpha'
      ? FREED
      : refusal('confirmation-required', 'Letting it go needs its name.', 'The name is alpha.');
  const nobody = await stage();
  nobody.here.script = { more };
  const { code, stderr } = await nobody.command(['merge', '--let-go']);
  expect([code, stderr]).toEqual([2, expect.stringContaining('The name is alpha.')]);
  const typed = await stage({ typed: async () => 'alpha' });
  typed.here.script = { more };
  expect((await typed.command(['merge', '--let-go'])).code).toBe(0);
});

test('what was refused is told, and another cluster is not asked', async () => {
  const { command, here } = await stage();
  here.script = {
    more: () => refusal('not-found', 'This cluster is not held.', 'Nothing needs to be done.'),
  };
  const refused = await command(['merge', '--let-go', '--confirm', 'alpha']);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('is not held')]);
  const both = await command(['merge', '--let-go', '--with', 'b1', '--confirm', 'alpha']);
  expect([both.code, both.stderr]).toEqual([1, expect.stringContaining('Leave out --with')]);
  expect(here.asked).toHaveLength(1);
});

test('where nobody listens, that is said with what to look at', async () => {
  const { command, tokenFile } = await stage();
  const flags = ['--with', '127.0.0.1:1', '--token-file', tokenFile];
  const { code, stderr } = await command(['merge', ...flags]);
  expect(code).toBe(1);
  expect(stderr).toContain('127.0.0.1:1: Nothing listens there.');
  expect(stderr).toContain('Check that the node agent runs there');
});
