import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { commandLine } from '#tests/support/cli';
import { fileKeychain } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

const hubTold = z.object({ url: z.string(), fingerprint: z.string(), admin_token: z.string() });
const merged = z.object({
  field: z.string(),
  outcome: z.string(),
  mine: z.unknown(),
  theirs: z.unknown(),
  base: z.unknown(),
});
const entry = z.object({
  cluster_id: z.string(),
  verdict: z.string(),
  result: z.string(),
  fields: z.array(merged),
});
const syncTold = z.object({
  ok: z.boolean(),
  remotes: z.array(z.object({ message: z.string(), clusters: z.array(entry) })),
});
const clusterTold = z.object({
  id: z.string(),
  name: z.string(),
  priority: z.number(),
  description: z.string(),
});

async function startHub() {
  const run = commandLine({ dataDir: sweptFolder(), protectors: [fileKeychain(sweptFolder())] });
  const ending = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  const options = { signal: ending.signal, onOutput: resolve };
  const ended = run(['serve', '--hub', '--json'], options);
  onTestFinished(async () => {
    ending.abort();
    await ended;
  });
  return hubTold.parse(JSON.parse(await promise));
}

/** A data folder whose owner has nothing but the command line. */
function desk() {
  const world = { dataDir: sweptFolder(), protectors: [fileKeychain(join(sweptFolder(), 'keys'))] };
  const run = commandLine(world);
  const done = async (args: string[], stdin = '') => {
    const result = await run([...args, '--json'], { stdin });
    if (result.code !== 0) throw new Error(`${args.join(' ')}: ${result.stdout}${result.stderr}`);
    return JSON.parse(result.stdout);
  };
  return {
    done,
    add: (id: string) =>
      done(
        [
          ...'clusters add --user root@pam --password-stdin --remote Hub'.split(' '),
          '--id',
          id,
        ].concat(['--name', `Lab ${id}`, '--host', `${id}.lab`]),
        'a password\n',
      ),
    edit: (id: string, ...options: string[]) => done(['clusters', 'edit', id, ...options]),
    async sync(...options: string[]) {
      const { code, stdout } = await run(['sync', 'Hub', '--json', ...options]);
      const { ok, remotes } = syncTold.parse(JSON.parse(stdout));
      const entries = remotes.flatMap(({ clusters }) => clusters);
      return {
        code,
        ok,
        entries,
        of: (id: string) => entries.find((one) => one.cluster_id === id),
      };
    },
    clusters: async () =>
      new Map(
        z
          .array(clusterTold)
          .parse(await done(['clusters', 'list']))
          .map((one) => [one.id, one]),
      ),
  };
}

test('two data folders and a hub: edits made offline on both, a conflict, its resolution, and all equal', async () => {
  const hub = await startHub();
  const [ada, bob] = [desk(), desk()];
  const remote = ['remote', 'add', '--name', 'Hub', '--url', hub.url, '--pin', hub.fingerprint];
  await ada.done([...remote, '--token-stdin'], `${hub.admin_token}\n`);
  // by the form, as at the portal
  await bob.done([...remote, '--user', 'admin', '--password-stdin'], `${hub.admin_token}\n`);
  for (const { done } of [ada, bob]) {
    expect(await done(['remote', 'test', 'Hub'])).toMatchObject({ ok: true, clusters: 0 });
  }

  await ada.add('exam');
  await ada.add('course');
  const waiting = await ada.sync();
  expect(waiting.entries.map(({ result }) => result)).toEqual(['waits', 'waits']);
  expect((await ada.sync('--send-secrets', 'all')).ok).toBe(true);
  // what a new cluster left open the hub has filled in
  await ada.sync();
  expect((await bob.sync()).of('exam')).toMatchObject({ verdict: 'createHere', result: 'done' });

  // on a train each: nothing of this reaches the other
  await ada.edit('exam', '--priority', '80', '--description', 'For the exams');
  await bob.edit('exam', '--priority', '20', '--name', 'Exam hall');
  await bob.edit('course', '--description', 'Bob was here');
  await ada.add('research');

  const dry = await ada.sync('--dry-run', '--send-secrets', 'all');
  expect(dry.of('exam')).toMatchObject({ verdict: 'push', result: 'planned' });
  await ada.sync('--send-secrets', 'research');
  const asked = await bob.sync();
  expect(asked.of('exam')).toMatchObject({ verdict: 'conflict', result: 'waits' });
  expect(asked.of('exam')?.fields).toContainEqual(
    expect.objectContaining({
      field: 'priority',
      outcome: 'conflict',
      mine: 20,
      theirs: 80,
      base: 50,
    }),
  );
  expect((await bob.clusters()).get('exam')?.priority).toBe(20);

  const resolved = await bob.sync('--resolve', 'mine');
  expect([resolved.code, resolved.of('exam')?.result]).toEqual([0, 'done']);
  await ada.sync();
  for (const { sync } of [ada, bob]) {
    const { entries } = await sync('--dry-run');
    expect(entries.every(({ verdict }) => verdict === 'same')).toBe(true);
  }
  const ends = await ada.clusters();
  expect(await bob.clusters()).toEqual(ends);
  expect([...ends.keys()].toSorted()).toEqual(['course', 'exam', 'research']);
  expect(ends.get('exam')).toEqual({
    id: 'exam',
    name: 'Exam hall',
    priority: 20,
    description: 'For the exams',
  });
  expect(ends.get('course')?.description).toBe('Bob was here');
});
