import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandLine } from '#tests/support/cli';
import { fileKeychain } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

/** A data folder whose keychain outlives each command. */
function world() {
  const folder = sweptFolder();
  const protectors = [fileKeychain(join(folder, 'keychain'))];
  const run = commandLine({ dataDir: join(folder, 'data'), protectors });
  const json = async (...args: string[]) => {
    const { code, stdout } = await run([...args, '--json']);
    return { code, said: JSON.parse(stdout) };
  };
  return { folder, run, json, at: (name: string) => join(folder, name) };
}

const add = (id: string, ...more: string[]) => [
  ...['clusters', 'add', '--id', id, '--name', `Lab ${id}`, '--host', `${id}.lab`],
  ...['--user', 'root@pam', '--password-stdin', ...more],
];

test('a bundle goes from one data folder to another, is opened by age, and is taken back', async () => {
  const a = world();
  await a.run(add('one', '--group', 'Physics'), { stdin: 's3cret-one\n' });
  await a.run(add('two', '--priority', '80'), { stdin: 's3cret-two\n' });
  const keyFile = a.at('key.txt');
  execFileSync('age-keygen', ['-o', keyFile], { stdio: 'ignore' });
  const recipient = /age1[a-z0-9]+/.exec(readFileSync(keyFile, 'utf8'))?.[0] ?? '';
  const file = a.at('lab.cdeck');
  const exported = await a.json(
    'bundle',
    'export',
    file,
    '--with-secrets',
    '--recipient',
    recipient,
  );
  expect(exported).toMatchObject({
    code: 0,
    said: { ok: true, file, clusters: 2, with_secrets: true, protected_by: 'recipients' },
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const plain = execFileSync('age', ['-d', '-i', keyFile, file], { encoding: 'utf8' });
  expect(JSON.parse(plain)).toMatchObject({
    format: 'clusterdeck-bundle',
    version: 1,
    counts: { clusters: 2, groups: 1, secrets: 2 },
    clusters: [
      { cluster_id: 'one', group: 'Physics' },
      { cluster_id: 'two', priority: 80 },
    ],
    secrets: { one: 's3cret-one', two: 's3cret-two' },
  });

  const b = world();
  const preview = await b.json('bundle', 'import', file, '--identity-file', keyFile, '--preview');
  expect(preview.said.entries).toMatchObject([
    { cluster_id: 'one', verdict: 'new', result: 'created', has_secret: true },
    { cluster_id: 'two', verdict: 'new', result: 'created' },
  ]);
  expect((await b.json('clusters', 'list')).said).toEqual([]);
  const some = await b.json('bundle', 'import', file, '--identity-file', keyFile, '--only', 'two');
  expect(some.said).toMatchObject({ created: ['two'], kept: [] });
  const rest = await b.json('bundle', 'import', file, '--identity-file', keyFile);
  expect(rest.said).toMatchObject({ created: ['one'], changed: [], kept: ['two'] });
  const list = await b.json('clusters', 'list');
  expect(list.said).toMatchObject([
    { id: 'two', has_secret: true },
    { id: 'one', has_secret: true, group: 'Physics' },
  ]);
  const undone = await b.json('bundle', 'undo');
  expect(undone).toMatchObject({ code: 0, said: { removed: ['one'], restored: [], refused: [] } });
  expect((await b.json('bundle', 'undo')).code).toBe(1);
});
