import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, startLab } from '#tests/lab/lab';
import { until } from '#tests/lab/process';
import { ready } from '#tests/lab/views';
import { commandLine } from '#tests/support/cli';
import { tempFolder } from '#tests/support/temp-folder';

// the desk's own code, from the machine, against real agents over real SLURM
let lab: Lab;
let folder: ReturnType<typeof tempFolder>;
let run: ReturnType<typeof commandLine>;

beforeAll(async () => {
  lab = await startLab({ clusters: { a: 3 }, reachable: true });
  await ready(lab.hosts);
  folder = tempFolder();
  const file = join(folder.path, 'passphrase');
  writeFileSync(file, 'correct horse battery\n', { mode: 0o600 });
  const env = { CLUSTERDECK_PASSPHRASE_FILE: file };
  run = commandLine({ dataDir: join(folder.path, 'data'), env });
});
afterAll(async () => {
  folder?.remove();
  await lab?.down();
});

const portOf = (name: string) => new URL(lab.host(name).apiUrl ?? '').port;
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await run([...args, '--json']);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
};

it('adds a lab to the deck with a token of its own and passes its test', async () => {
  const token = await lab.host('a1').must(['node-agent', 'token', 'create', '--role', 'operator']);
  const line = `clusters add --kind clusteros --id lab --name Lab --host 127.0.0.1 --port ${portOf('a1')}`;
  const added = await run([...line.split(' '), '--token-stdin', '--trust'], { stdin: token });
  expect(added).toMatchObject({ code: 0 });
  expect(await json('clusters', 'test', 'lab')).toMatchObject({
    ok: true,
    nodes: 3,
    node_names: ['a1', 'a2', 'a3'],
  });
});

it("shows an sbatch job on the deck and cancels it from there, in SLURM's own eyes too", async () => {
  const id = await lab.host('a2').submit('#!/bin/sh\nexec sleep 600\n', 'from-sbatch');
  const seen = await until(
    async () => {
      const { stdout } = await run(['jobs', 'list', '--cluster', 'lab', '--json']);
      return JSON.parse(stdout).find(
        (job: { job: string; state: string }) => job.job === id && job.state === 'RUNNING',
      );
    },
    'the job to be on the deck',
    { withinMs: 40_000 },
  );
  expect(seen).toMatchObject({ name: 'from-sbatch', user: 'root' });
  const cancelled = await run(['jobs', 'cancel', 'lab', id]);
  expect(cancelled).toMatchObject({ code: 0 });
  await until(
    async () => (await lab.host('a3').must(['squeue', '-h', '-j', id, '-o', '%T'])) === '',
    'SLURM to have ended it',
  );
});
