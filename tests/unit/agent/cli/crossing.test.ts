import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import { clusterAnswer } from '#shared/contract/agent/dashboard';
import { agentCommandLine, lonelyNode } from '#tests/support/agent-cli';
import { tempFolder } from '#tests/support/temp-folder';

const OPERATION = '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0001';

test('an agent that was cut off on its way begins in the cluster that it was to cross into', async () => {
  const folder = tempFolder();
  const config = await lonelyNode(folder.path, {
    logging: { file: join(folder.path, 'agent.log') },
  });
  const run = agentCommandLine(config);
  const settings = parse(readFileSync(config, 'utf8'));
  const root: string = settings.identity.state_dir;
  const enrolment: string = settings.cluster.enrolment;
  const aside = join(root, 'kept', OPERATION);
  const text = async (name: string): Promise<string> => {
    const out = join(folder.path, `${name}.yaml`);
    await run(['enrol', '--create', name, '--founder', 'n1', '--out', out]);
    return readFileSync(out, 'utf8');
  };
  const [south, north] = [await text('south'), await text('north')];
  const put = (path: string, content: string) => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, content, { mode: 0o600 });
  };
  const cluster = (enrolled: string) => {
    const { uuid, name } = parse(enrolled).cluster;
    return { uuid, name };
  };
  put(enrolment, south);
  put(join(root, 'tokens.json'), '[]');
  put(join(aside, 'gaining', 'enrolment.yaml'), north);
  const record = {
    version: 1,
    operation: OPERATION,
    from: cluster(south),
    to: cluster(north),
    direction: 'over',
    phase: 'leaving',
    jobs: null,
    turned: '',
  };
  put(join(root, 'crossing.json'), JSON.stringify(record));

  const ending = new AbortController();
  const running = run(['start', '--foreground'], ending.signal);
  onTestFinished(async () => {
    ending.abort();
    await running;
    // it outlives the agent, as it should, but not this test
    const serf = readFileSync(join(root, 'daemons', 'clusterdeck-serf.json'), 'utf8');
    process.kill(JSON.parse(serf).process.pid, 'SIGKILL');
    folder.remove();
  });
  await vi.waitFor(
    async () => {
      const answer = await fetch(`http://127.0.0.1:${settings.api.port}/api/v1/cluster`);
      expect(clusterAnswer.parse(await answer.json())).toMatchObject(cluster(north));
      // it takes part, so that its way is over
      expect(existsSync(join(root, 'crossing.json'))).toBe(false);
    },
    { timeout: 60_000, interval: 250 },
  );
  expect(readFileSync(enrolment, 'utf8')).toBe(north);
  expect(readFileSync(join(aside, 'losing', 'enrolment.yaml'), 'utf8')).toBe(south);
  expect(existsSync(join(aside, 'losing', 'tokens.json'))).toBe(true);
}, 90_000);
