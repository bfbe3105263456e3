import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { factsOf } from '#agent/roles/slurm/state-facts';
import { sweptFolder } from '#tests/support/temp-folder';

const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

function stage() {
  const folder = join(sweptFolder(), 'slurmctld');
  mkdirSync(folder, { mode: 0o700 });
  const file = join(folder, 'job_state');
  writeFileSync(file, 'jobs');
  chmodSync(file, 0o600);
  return folder;
}

test('a folder and files of the user that runs slurmctld are its own', async () => {
  expect(await factsOf(stage(), { name: 'slurm', ...own })).toMatchObject({
    isOwned: true,
    files: 1,
    bytes: 4,
    refused: '',
  });
});

test('what that user cannot read is not, whoever has it', async () => {
  const other = { name: 'slurm', uid: own.uid + 1, gid: own.gid };
  expect(await factsOf(stage(), other)).toMatchObject({ isOwned: false });
  expect(await factsOf(stage(), null)).toMatchObject({ isOwned: false });
});

test('where there is no folder yet, nothing of it belongs to somebody else', async () => {
  const none = join(sweptFolder(), 'none');
  expect(await factsOf(none, { name: 'slurm', ...own })).toMatchObject({
    isOwned: true,
    files: 0,
  });
});
