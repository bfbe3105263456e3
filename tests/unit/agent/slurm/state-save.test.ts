import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StateSave } from '#agent/roles/slurm/state-save';
import { sweptFolder } from '#tests/support/temp-folder';

const UUID = '0b0e5a2e-0000-4000-8000-000000000001';
const owner = { name: 'slurm', uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

function folder() {
  const path = join(sweptFolder(), 'slurmctld');
  return { path, save: new StateSave(path, UUID) };
}
/** as slurmctld leaves it behind */
const work = (path: string) => {
  writeFileSync(join(path, 'clustername'), 'forge_0b0e5a2e');
  writeFileSync(join(path, 'job_state'), 'jobs');
};

test('a new folder is made, and is the one that the cluster speaks of', async () => {
  const { save } = folder();
  const id = await save.found(owner);
  await expect(save.prove(id, owner)).resolves.toBeUndefined();
  await expect(save.prove('another', owner)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a founding that was cut short goes on with the same folder', async () => {
  const { save } = folder();
  expect(await save.found(owner)).toBe(await save.found(owner));
});

test('what lies there already is never taken for a new one', async () => {
  const { path, save } = folder();
  mkdirSync(path);
  work(path);
  await expect(save.found(owner)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect(readdirSync(path).toSorted()).toEqual(['clustername', 'job_state']);
});

test('a controller does not start on a folder that was emptied', async () => {
  const { path, save } = folder();
  const id = await save.found(owner);
  work(path);
  await save.confirm();
  rmSync(path, { recursive: true });
  await expect(save.prove(id, owner)).rejects.toMatchObject({ code: 'NOT_FOUND', data: { path } });
  mkdirSync(path);
  await expect(save.prove(id, owner)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(readdirSync(path)).toEqual([]);
});

test('nor on one whose jobs are gone while its mark stayed', async () => {
  const { path, save } = folder();
  const id = await save.found(owner);
  work(path);
  await save.confirm();
  rmSync(join(path, 'clustername'));
  await expect(save.prove(id, owner)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('nor on the folder of another cluster, or with a mark that was damaged', async () => {
  const { path, save } = folder();
  const id = await save.found(owner);
  const other = new StateSave(path, '0b0e5a2e-0000-4000-8000-000000000002');
  await expect(other.prove(id, owner)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  writeFileSync(join(path, '.clusterdeck.json'), '{"cluster":');
  await expect(save.prove(id, owner)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a person may begin anew in an empty folder, once', async () => {
  const { path, save } = folder();
  mkdirSync(path);
  writeFileSync(join(path, '.clusterdeck-begin-anew'), '');
  await save.prove('the-id', owner);
  expect(readdirSync(path)).toEqual(['.clusterdeck.json']);
  await expect(save.prove('the-id', owner)).resolves.toBeUndefined();
});

test('a wish to begin anew throws no jobs away', async () => {
  const { path, save } = folder();
  mkdirSync(path);
  work(path);
  writeFileSync(join(path, '.clusterdeck-begin-anew'), '');
  await expect(save.prove('the-id', owner)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
