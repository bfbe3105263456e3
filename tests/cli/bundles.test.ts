import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { ageKeys, document, entry } from '#tests/support/bundles';
import { commandLine } from '#tests/support/cli';
import { portalDatabase, portalRow } from '#tests/support/portal-database';
import { fileKeychain } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

// deriving a key from a passphrase is slow by intention, and more so on a busy machine
vi.setConfig({ testTimeout: 60_000 });

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

const NEW = 'clusters add --user root@pam --password-stdin'.split(' ');
const add = (id: string, ...more: string[]) =>
  NEW.concat('--id', id, '--name', `Lab ${id}`, '--host', `${id}.lab`, more);

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

test('a passphrase protects a bundle for the age command as well', async () => {
  const a = world();
  await a.run(add('one'), { stdin: 'pw\n' });
  writeFileSync(a.at('pass.txt'), 'correct horse battery\n', { mode: 0o600 });
  const file = a.at('lab.cdeck');
  const secret = ['--passphrase-file', a.at('pass.txt')];
  const made = await a.json('bundle', 'export', file, '--clusters', 'one', ...secret);
  expect(made.said).toMatchObject({ ok: true, with_secrets: false, protected_by: 'passphrase' });
  // age asks a terminal for passphrases and for nothing else
  const script = `import pty, sys, os, time
pid, fd = pty.fork()
if pid == 0: os.execvp('age', ['age', '-d', '-o', sys.argv[2], sys.argv[1]])
said = b''
while b'assphrase' not in said: said += os.read(fd, 1024)
os.write(fd, b'correct horse battery\\n')
try:
    while os.read(fd, 1024): pass
except OSError: pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`;
  execFileSync('python3', ['-c', script, file, a.at('plain.json')]);
  const plain = JSON.parse(readFileSync(a.at('plain.json'), 'utf8'));
  expect(plain).toMatchObject({ counts: { clusters: 1, secrets: 0 } });
  expect(plain).not.toHaveProperty('secrets');
});

test('a bundle that age wrote is imported, from its passphrase or its armor', async () => {
  const a = world();
  const { recipient, identity } = await ageKeys();
  writeFileSync(a.at('plain.json'), document([entry('made-by-hand')]));
  execFileSync('age', ['-a', '-r', recipient, '-o', a.at('hand.cdeck'), a.at('plain.json')]);
  writeFileSync(a.at('key.txt'), `# mine\n${identity}\n`, { mode: 0o600 });
  const done = await a.json(
    'bundle',
    'import',
    a.at('hand.cdeck'),
    '--identity-file',
    a.at('key.txt'),
  );
  expect(done).toMatchObject({ code: 0, said: { created: ['made-by-hand'] } });
});

test('what stands in the way has a code, a remedy and no part of the file', async () => {
  const a = world();
  await a.run(add('one'), { stdin: 'pw\n' });
  writeFileSync(a.at('pass.txt'), 'correct horse battery\n', { mode: 0o644 });
  const file = a.at('lab.cdeck');
  const exported = await a.run(['bundle', 'export', file, '--passphrase-file', a.at('pass.txt')]);
  expect(exported).toMatchObject({ code: 0 });
  expect(exported.stderr).toContain('chmod 600');
  writeFileSync(a.at('wrong.txt'), 'something else\n', { mode: 0o600 });
  writeFileSync(a.at('cut.cdeck'), readFileSync(file).subarray(0, 300));
  const expected: [string, string[], number][] = [
    ['PASSPHRASE_NEEDED', ['bundle', 'import', file], 1],
    ['PASSPHRASE_WRONG', ['bundle', 'import', file, '--passphrase-file', a.at('wrong.txt')], 1],
    [
      'FILE_DAMAGED',
      ['bundle', 'import', a.at('cut.cdeck'), '--passphrase-file', a.at('pass.txt')],
      1,
    ],
    ['NOT_FOUND', ['bundle', 'import', a.at('none.cdeck')], 1],
    ['NOT_FOUND', ['bundle', 'export', a.at('x'), '--clusters', 'nope', '--recipient', 'age1x'], 1],
    ['USAGE', ['bundle', 'export', a.at('x')], 2],
    ['USAGE', ['bundle', 'import', file, '--on-conflict', 'maybe'], 2],
    ['INVALID_INPUT', ['bundle', 'export', a.at('x'), '--recipient', 'age1x'], 1],
  ];
  for (const [code, args, exit] of expected) {
    const { said, code: got } = await a.json(...args);
    expect([args.slice(0, 2), said.code, got]).toEqual([args.slice(0, 2), code, exit]);
    expect(said.remedy).not.toBe('');
  }
});

const LEGACY = [
  {
    id: 'prod',
    name: 'Production',
    host: '10.0.0.1',
    user: 'root@pam',
    password: 'pw-1',
    is_default: true,
  },
  { name: 'Nameless', host: '10.0.0.2', user: 'root@pam' },
  {
    id: 'Lab B',
    name: 'Lab B',
    host: 'https://10.0.0.3:8443',
    user: 'root',
    password: 'pw-3',
    verify_ssl: 'no',
  },
  { id: 'prod', name: 'Again', host: '10.0.0.9', user: 'root@pam' },
  { id: 'odd', name: 'Odd', host: '10.0.0.4', port: 'not-a-port', user: 'root@pam' },
];

test('a clusters.json is explained entry by entry, imported and left untouched', async () => {
  const a = world();
  const file = a.at('clusters.json');
  const text = JSON.stringify(LEGACY);
  writeFileSync(file, text);
  const { said: preview } = await a.json('import', 'clusters-json', file, '--preview');
  const verdicts = preview.entries.map((one: { cluster_id: string; verdict: string }) => [
    one.cluster_id,
    one.verdict,
  ]);
  expect(verdicts).toEqual([
    ['prod', 'new'],
    [null, 'invalid'],
    ['lab-b', 'new'],
    ['prod', 'invalid'],
    ['odd', 'invalid'],
  ]);
  const reasons = preview.entries.map((one: { reasons: string[] }) => one.reasons.join(' '));
  expect(reasons[1]).toContain('no id');
  expect(reasons[2]).toMatch(/becomes lab-b.*10\.0\.0\.3:8443.*root@pam/);
  expect(reasons[3]).toContain('earlier in this file');
  expect(reasons[4]).toContain('port');
  const { said, code } = await a.json('import', 'clusters-json', file);
  expect([code, said.created]).toEqual([0, ['prod', 'lab-b']]);
  expect((await a.json('clusters', 'show', 'prod')).said).toMatchObject({
    is_default: true,
    has_secret: true,
    port: 8006,
    verify: 'pin',
  });
  expect(readFileSync(file, 'utf8')).toBe(text);
  const human = await a.run(['import', 'clusters-json', file, '--preview']);
  expect(human.stdout).toContain('Nothing was changed');
  expect(human.stdout).not.toContain('pw-');
});

test("the portal's database gives its clusters, and a second import takes what changed there", async () => {
  const a = world();
  portalDatabase(a.at('old.db'), [portalRow('one'), portalRow('two')]);
  const first = await a.json('import', 'portal-database', a.at('old.db'));
  expect(first.said).toMatchObject({ source: 'portal-database', created: ['one', 'two'] });
  portalDatabase(a.at('new.db'), [portalRow('one', { priority: 70 }), portalRow('two')]);
  const kept = await a.json('import', 'portal-database', a.at('new.db'));
  expect(kept.said).toMatchObject({ created: [], changed: [], kept: ['one', 'two'] });
  expect(kept.said.entries).toMatchObject([
    { verdict: 'changed', result: 'kept', diff: [{ field: 'priority', mine: '50', theirs: '70' }] },
    { verdict: 'same', result: 'same' },
  ]);
  const copy = await a.json('import', 'portal-database', a.at('new.db'), '--on-conflict', 'copy');
  expect(copy.said).toMatchObject({ created: ['one-2'], changed: [] });
  const taken = await a.json('import', 'portal-database', a.at('new.db'), '--on-conflict', 'take');
  expect(taken.said).toMatchObject({ created: [], changed: ['one'] });
  expect((await a.json('bundle', 'undo')).said).toMatchObject({ restored: ['one'] });
  expect((await a.json('clusters', 'show', 'one')).said).toMatchObject({ priority: 50 });
});
