import { expect, onTestFinished, test } from 'vitest';
import { agentCommandLine, lonelyNode } from '#tests/support/agent-cli';
import { sweptFolder } from '#tests/support/temp-folder';
import {
  done,
  ENDED,
  HASH,
  ID,
  moment,
  PLAN,
  refusal,
  type Script,
  ScriptedAgent,
  UNDER_WAY,
} from './scripted-agent';

const HANDOFF = ['handoff', '--role', 'slurm-controller', '--to', 'a2'];
const RUN = [
  moment({}, [UNDER_WAY]),
  moment({}, [done(0, 400), { ...UNDER_WAY, waiting_on: 'slurmctld on a2 to answer' }]),
  moment(ENDED, [done(0, 400), done(400, 1_300)], {
    pulse: { points: [], longest_ms: 430, failed: 0, jobs_found: 12, jobs_known: 12 },
  }),
];

async function stage(script: Script = {}, typed?: (question: string) => Promise<string>) {
  const folder = sweptFolder();
  const run = agentCommandLine(await lonelyNode(folder), typed);
  const agent = new ScriptedAgent(folder);
  agent.script = { events: [RUN], ...script };
  await agent.listen();
  onTestFinished(() => agent.close());
  return { run, agent };
}

test('a plan is shown with checks, the turning point and who is touched, and nothing starts', async () => {
  const { run, agent } = await stage();
  const { code, stdout } = await run([...HANDOFF, '--plan']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^SLURM controller: a1 to a2\nProcedure A\.\nBoth see the same state\.$/m);
  expect(stdout).toMatch(/^ {2}ok +Clocks are in step {2}3 ms apart$/m);
  expect(stdout).toMatch(/1 {2}Hold both.*\n {3}2 {2}Start slurmctld on a2.*\n {2}-- {2}From here/);
  expect(stdout).toContain('Submissions wait about 500 ms');
  expect(stdout).toMatch(/^Go on \(12\): 100 \(sim, ada\), .* and 4 more$/m);
  expect(stdout).toContain('It can be rolled back for 1 d');
  expect(agent.asked).toEqual([
    {
      request: 'POST /plan',
      body: { kind: 'handoff', params: { role: 'slurm-controller', to: 'a2' } },
    },
  ]);
  expect(JSON.parse((await run([...HANDOFF, '--plan', '--json'])).stdout)).toEqual(PLAN);
});

test('an approved one is started once under the hash that was shown, and followed to its end', async () => {
  const { run, agent } = await stage();
  const { code, stdout } = await run([...HANDOFF, '--confirm', 'a2']);
  expect(code).toBe(0);
  expect(agent.asked[1]).toEqual({ request: 'POST', body: { plan_hash: HASH, confirm: 'a2' } });
  expect(stdout).toMatch(/1\/2 {2}Hold both controllers: under way$/m);
  expect(stdout).toMatch(/1\/2 {2}Hold both controllers: done in 400 ms$/m);
  expect(stdout).toMatch(/^ +waits for: slurmctld on a2 to answer$/m);
  expect(stdout).toMatch(/^Done in 5\.2\d* s: SLURM controller: a1 to a2\.$/m);
  expect(stdout).toContain('The longest submission took 430 ms, 0 failed. 12 of 12 jobs');
  expect(stdout).toContain(`node-agent operation rollback ${ID}`);
});

test('with --json standard output is one document, and progress stands beside it', async () => {
  const { run } = await stage();
  const { stdout, stderr } = await run([...HANDOFF, '--confirm', 'a2', '--json']);
  expect(JSON.parse(stdout)).toEqual(RUN[2]);
  expect(stderr).toContain('Hold both controllers: done in 400 ms');
});

test('one that was undone, or waits for a person, ends with 1 and says what can be done', async () => {
  const undone = moment({ state: 'undone', reason: 'a2 did not start.' });
  const first = await stage({ events: [[undone]] });
  const failed = await first.run([...HANDOFF, '--confirm', 'a2']);
  expect(failed.code).toBe(1);
  expect(failed.stdout).toContain('Undone: what was before is there again. a2 did not start.');
  const stuck = moment({ state: 'stuck', reason: 'A job runs on.' }, [
    { ...UNDER_WAY, waiting_on: 'job 17 of ada' },
  ]);
  const second = await stage({ events: [[stuck]] });
  const { code, stdout } = await second.run(['operation', 'follow', ID]);
  expect(code).toBe(1);
  expect(stdout).toContain('Hold both controllers waits for: job 17 of ada');
  expect(stdout).toContain(`node-agent operation retry ${ID}`);
  expect(stdout).toContain(`node-agent operation abort ${ID}`);
});

test('a stuck one that was asked to try again is followed on', async () => {
  const stuck = moment({ state: 'stuck', reason: 'no' }, [], { wish: 'retry' });
  const { run } = await stage({ events: [[stuck, ...RUN]] });
  expect((await run(['operation', 'follow', ID])).code).toBe(0);
});

test('nobody at a terminal and no --confirm: nothing starts, and it is wrong usage', async () => {
  const { run, agent } = await stage();
  const { code, stdout, stderr } = await run(HANDOFF);
  expect(code).toBe(2);
  expect(stdout).toContain('Submissions wait');
  expect(stderr).toContain('--confirm a2');
  expect(agent.count('POST')).toBe(0);
});

test('another name than the one asked for starts nothing', async () => {
  const { run, agent } = await stage();
  const { code, stdout } = await run([...HANDOFF, '--confirm', 'a1', '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, code: 'CONFIRMATION_REQUIRED' });
  expect(agent.count('POST')).toBe(0);
});

test('a failed check is told with its remedy and is not asked about', async () => {
  const check = { id: 'ping', title: 'a2 answers', state: 'failed', detail: 'It does not.' };
  const checks = [{ ...check, remedy: 'Start the agent of a2.', node: 'a2' }];
  const { run, agent } = await stage({ plan: () => ({ ...PLAN, checks }) });
  const { code, stdout, stderr } = await run([...HANDOFF, '--confirm', 'a2']);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /^ {2}FAILED +a2: a2 answers {2}It does not\.\n +Start the agent of a2\.$/m,
  );
  expect(stderr).toContain('Nothing was started: a2 answers.');
  expect(agent.count('POST')).toBe(0);
  expect((await run([...HANDOFF, '--plan'])).code).toBe(1);
});

test('when the facts have changed a person is shown the new plan, and a script is refused', async () => {
  const stale = refusal('plan-stale', 'A job has started on a2.', 'Look at the new plan.');
  let starts = 0;
  const script = { start: () => (++starts === 1 ? stale : moment().operation) };
  const asked: string[] = [];
  const person = await stage(script, async (question) => {
    asked.push(question);
    return 'a2';
  });
  expect((await person.run(HANDOFF)).code).toBe(0);
  expect(asked).toEqual(['Type a2 to carry it out: ', 'Type a2 to carry it out: ']);
  expect(person.agent.count('POST /plan')).toBe(2);
  starts = 0;
  const { run, agent } = await stage(script);
  const { code, stdout } = await run([...HANDOFF, '--confirm', 'a2', '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ code: 'PLAN_STALE' });
  expect(agent.count('POST')).toBe(1);
});

test('where the answer to the start was lost it is looked for and never sent again', async () => {
  const lost = await stage({ start: () => null });
  expect((await lost.run([...HANDOFF, '--confirm', 'a2'])).code).toBe(0);
  expect(lost.agent.count('POST')).toBe(1);
  const gone = await stage({ start: () => null, list: () => [] });
  const { code, stderr } = await gone.run([...HANDOFF, '--confirm', 'a2']);
  expect(code).toBe(1);
  expect(stderr).toContain('Nobody knows whether it was started.');
  expect(gone.agent.count('POST')).toBe(1);
});

test('following survives a restart of the agent and repeats nothing', async () => {
  const { run, agent } = await stage({ events: [RUN.slice(0, 1)] });
  let said = '';
  const following = run(['operation', 'follow', ID], undefined, (text) => void (said += text));
  await expect.poll(() => said).toContain('Hold both controllers: under way');
  await agent.close();
  await expect.poll(() => said).toContain('waiting for it');
  agent.script = { events: [RUN] };
  await agent.listen();
  const { code, stdout, stderr } = await following;
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /The operation goes on without it; waiting for it\.\nThe node agent answers again\./,
  );
  expect(stdout.match(/Hold both controllers: under way/g)).toHaveLength(1);
});

test('Ctrl-C ends the printing alone and says so', async () => {
  const { run, agent } = await stage({ events: [RUN.slice(0, 1)] });
  const ending = new AbortController();
  const following = run(['operation', 'follow', ID], ending.signal);
  await expect.poll(() => agent.count(`GET /${ID}/events`)).toBe(1);
  ending.abort();
  const { code, stderr } = await following;
  expect(code).toBe(1);
  expect(stderr).toContain(
    `The operation goes on. To see it again: node-agent operation follow ${ID}`,
  );
  expect(agent.asked.every(({ request }) => request.startsWith('GET'))).toBe(true);
});

test('operations are listed, shown with their log, and named by the beginning of their id', async () => {
  const log = [{ at: 1_000, step: 'hold', node: 'a1', text: 'systemctl\u001b[2J stop' }];
  const { run } = await stage({ events: [[moment(ENDED, [done(0, 400)], { log })]] });
  expect((await run(['operation', 'list'])).stdout).toMatch(
    new RegExp(`^${ID} +20.* +running +root of a1 +SLURM controller: a1 to a2$`, 'm'),
  );
  const { code, stdout } = await run(['operation', 'show', ID.slice(0, 6), '--log']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^plan +a{64}$/m);
  expect(stdout).toMatch(/^1 +Hold both controllers +done +400 ms$/m);
  // what a node printed cannot steer the terminal
  expect(stdout).toMatch(/a1: systemctl�\[2J stop$/m);
  const unknown = await run(['operation', 'show', 'ffff']);
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain('node-agent operation list');
});

test('each wish goes to its operation once', async () => {
  const { run, agent } = await stage();
  for (const wish of ['pause', 'resume', 'retry', 'abort', 'rollback', 'commit']) {
    const { code, stdout } = await run(['operation', wish, ID]);
    expect([code, stdout]).toEqual([0, 'It is undone after this step.\n']);
    expect(agent.count(`POST /${ID}/${wish}`)).toBe(1);
  }
});

test('leaving is planned for this node', async () => {
  const { run, agent } = await stage();
  await run(['leave', '--plan']);
  await run(['leave', '--reboot', '--plan']);
  expect(agent.asked.map(({ body }) => body)).toEqual([
    { kind: 'leave', params: { node: 'n1', reboot: false } },
    { kind: 'leave', params: { node: 'n1', reboot: true } },
  ]);
});

test('without a target the candidates are listed with what speaks for and against them', async () => {
  const candidates = {
    handoff: [
      {
        role: 'slurm-controller',
        candidates: [
          { node: 'a1', holds: true, fit: false, reasons: ['It is the controller now.'] },
          { node: 'a2', holds: false, fit: true, reasons: ['It is a standby.'] },
        ],
      },
    ],
    leave: [],
  };
  const { run } = await stage({ candidates });
  const { code, stdout } = await run(['handoff', '--role', 'slurm-controller']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^a1 +has it +It is the controller now\.\na2 +fit +It is a standby\.$/m);
  expect((await run(['handoff', '--role', 'etcd'])).code).toBe(1);
  expect((await run(['handoff', '--role', 'king'])).code).toBe(2);
});

const ofThisNode = () => ({ ...PLAN, confirm: 'n1' });

test('with nobody there a node leaves by itself, under its own name and no other', async () => {
  const { run, agent } = await stage({ plan: ofThisNode });
  expect((await run(['leave', '--reboot', '--unattended', '15m'])).code).toBe(0);
  expect(agent.asked[1]?.body).toEqual({ plan_hash: HASH, confirm: 'n1' });
  // a plan that wants more than that waits for a person
  const other = await stage();
  const { code, stderr } = await other.run(['leave', '--reboot', '--unattended', '15m']);
  expect(code).toBe(1);
  expect(stderr).toContain('it was not approved');
  expect(other.agent.count('POST')).toBe(0);
  expect((await other.run(['leave', '--unattended', 'soon'])).code).toBe(1);
});

test('what nobody can wait for any longer, or is stuck, is undone', async () => {
  const undone = moment({ state: 'undone', reason: 'It was aborted.' });
  const busy = moment({}, [{ ...UNDER_WAY, waiting_on: 'job 17 of ada' }]);
  for (const first of [busy, moment({ state: 'stuck', reason: 'Job 17 runs on.' })]) {
    const { run, agent } = await stage({ plan: ofThisNode, events: [[first]] });
    agent.script.onWish = () => {
      agent.script = { events: [[undone]] };
    };
    const { code, stdout, stderr } = await run(['leave', '--reboot', '--unattended', '1s']);
    expect(code).toBe(1);
    expect(stderr).toContain('It did not come to its end in time');
    expect(agent.count(`POST /${ID}/abort`)).toBe(1);
    expect(stdout).toContain('Undone: what was before is there again.');
  }
});

test('a node that leaves for good ends its own agent, and that is no failure', async () => {
  const goodbye = { id: 'goodbye', title: 'Let n1 say good-bye' };
  const leaving = moment({}, [done(0, 400), { ...UNDER_WAY, ...goodbye }]);
  const { run, agent } = await stage({ plan: ofThisNode, events: [[leaving]] });
  let said = '';
  const left = run(['leave', '--confirm', 'n1'], undefined, (text) => void (said += text));
  await expect.poll(() => said).toContain('Let n1 say good-bye: under way');
  await agent.close();
  const { code, stdout } = await left;
  expect(code).toBe(0);
  expect(stdout).toContain('This node has said good-bye, and its agent has ended.');
});
