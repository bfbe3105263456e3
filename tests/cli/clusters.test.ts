import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commandLine } from '#tests/support/cli';
import { tempFolder } from '#tests/support/temp-folder';

let folder: ReturnType<typeof tempFolder>;
let run: ReturnType<typeof commandLine>;
beforeEach(() => {
  folder = tempFolder();
  run = commandLine({ dataDir: folder.path });
});
afterEach(() => folder.remove());

const PASSWORD = 'never-on-the-disk-0815';
const PIN = Array.from({ length: 32 }, (_, n) => n.toString(16).padStart(2, '0'))
  .join(':')
  .toUpperCase();
const NEW = ['clusters', 'add', '--name', 'Lab A', '--host', 'pve1.lab', '--user', 'root@pam'];
const add = (id: string, ...more: string[]) =>
  run([...NEW, '--id', id, '--password-stdin', '--json', ...more], { stdin: `${PASSWORD}\n` });

test('a new cluster is stored with the documented defaults under the names of the portal', async () => {
  const { code, stdout } = await add('lab-a');
  expect(code).toBe(0);
  const { uuid, created_at, updated_at, ...rest } = JSON.parse(stdout);
  expect(rest).toEqual({
    id: 'lab-a',
    cluster_id: 'lab-a',
    number: 1,
    kind: 'proxmox',
    name: 'Lab A',
    host: 'pve1.lab',
    port: 8006,
    user: 'root@pam',
    auth: 'password',
    token_id: null,
    verify: 'pin',
    verify_ssl: true,
    is_active: true,
    is_default: false,
    allow_vm_deployment: true,
    allow_template_sync: true,
    allow_iso_sync: true,
    auto_shutdown_enabled: false,
    priority: 50,
    priority_band: 'normal',
    default_storage: null,
    template_storage: null,
    iso_storage: null,
    description: '',
    group: null,
    remote_uuid: null,
    protected: false,
    read_only: false,
    colour: null,
    endpoints: [{ host: 'pve1.lab', port: 8006, pin: null }],
    has_secret: true,
    revision: 1,
  });
  expect(uuid).toMatch(/^[0-9a-f-]{36}$/);
  expect(new Date(created_at).getTime()).toBeCloseTo(Date.now(), -5);
  expect(updated_at).toBe(created_at);
});

test('every option of a new cluster is stored', async () => {
  const { stdout } = await run(
    [
      'clusters add --id full --name Full --json --host fd00::1 --port 443',
      `--pin ${PIN.toLowerCase()} --endpoint pve2.lab=${PIN} --endpoint [fd00::2]:8007`,
      '--endpoint fd00::3 --token-id deck@pve!desk --token-secret-stdin --priority 100 --default',
      '--group Hall --description D --inactive --no-deploy --no-templates --no-isos',
      '--idle-shutdown --default-storage a --template-storage b --iso-storage c --protected',
      '--colour #3d5be0',
    ].flatMap((line) => line.split(' ')),
    { stdin: '0d6c6c3e-1d3f-4b7e-9d51-3f0a7a8f9b11' },
  );
  expect(JSON.parse(stdout)).toMatchObject({
    host: 'fd00::1',
    port: 443,
    user: 'deck@pve',
    auth: 'token',
    token_id: 'deck@pve!desk',
    verify: 'pin',
    is_active: false,
    is_default: true,
    allow_vm_deployment: false,
    allow_template_sync: false,
    allow_iso_sync: false,
    auto_shutdown_enabled: true,
    priority: 100,
    priority_band: 'highest',
    default_storage: 'a',
    template_storage: 'b',
    iso_storage: 'c',
    description: 'D',
    group: 'Hall',
    protected: true,
    colour: '#3d5be0',
    endpoints: [
      { host: 'fd00::1', port: 443, pin: PIN },
      { host: 'pve2.lab', port: 8006, pin: PIN },
      { host: 'fd00::2', port: 8007, pin: null },
      { host: 'fd00::3', port: 8006, pin: null },
    ],
  });
});

test('the list is one JSON document, or a table with a line for each cluster', async () => {
  await add('lab-a', '--group', 'Hall');
  await add('lab-b', '--group', 'hall');
  const { stdout } = await run(['clusters', 'list', '--json']);
  expect(
    JSON.parse(stdout).map(({ id, group }: { id: string; group: string }) => [id, group]),
  ).toEqual([
    ['lab-a', 'Hall'],
    ['lab-b', 'Hall'],
  ]);
  const table = await run(['clusters', 'list']);
  expect(table.stdout.split('\n')).toHaveLength(4);
  expect(table.stdout).toMatch(/ 1 {2}lab-a {2}Lab A {2}pve1\.lab:8006 +50 {2}normal {2}Hall/);
});

test('a cluster is found by id, number and uuid', async () => {
  await add('lab-a');
  const { uuid } = JSON.parse((await add('lab-b')).stdout);
  for (const ref of ['lab-b', '2', uuid]) {
    const { stdout } = await run(['clusters', 'show', ref, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ id: 'lab-b' });
  }
});

test('an edit changes what it names and nothing else', async () => {
  const before = JSON.parse((await add('lab-a', '--pin', PIN, '--group', 'Hall')).stdout);
  const edit = ['--name', 'Lab B', '--priority', '75', '--no-isos', '--no-group', '--json'];
  const { code, stdout } = await run(['clusters', 'edit', 'lab-a', ...edit]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    ...before,
    name: 'Lab B',
    priority: 75,
    priority_band: 'high',
    allow_iso_sync: false,
    group: null,
    has_secret: false,
    revision: 2,
    updated_at: expect.any(String),
  });
});

test('another port keeps the pin, another host does not', async () => {
  await add('lab-a', '--pin', PIN);
  const moved = await run(['clusters', 'edit', 'lab-a', '--port', '9000', '--json']);
  expect(JSON.parse(moved.stdout).endpoints).toEqual([{ host: 'pve1.lab', port: 9000, pin: PIN }]);
  const other = await run(['clusters', 'edit', 'lab-a', '--host', 'pve9.lab', '--json']);
  expect(JSON.parse(other.stdout).endpoints).toEqual([{ host: 'pve9.lab', port: 9000, pin: null }]);
});

test('a protected cluster is removed only with its id once more, the last one never', async () => {
  await add('lab-a', '--protected');
  await add('lab-b');
  const refused = await run(['clusters', 'remove', 'lab-a', '--json']);
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.stdout)).toMatchObject({ ok: false, code: 'CONFIRMATION_REQUIRED' });
  const removed = await run(['clusters', 'remove', 'lab-a', '--confirm', 'lab-a', '--json']);
  expect(JSON.parse(removed.stdout)).toMatchObject({ ok: true, cluster_id: 'lab-a' });
  const last = await run(['clusters', 'remove', 'lab-b', '--json']);
  expect([last.code, JSON.parse(last.stdout).code]).toEqual([1, 'LAST_CLUSTER']);
});

test.each([
  ['a host with a scheme', ['--host', 'https://pve1'], 'endpoints.0.host'],
  ['a host with a path', ['--host', 'pve1/x'], 'endpoints.0.host'],
  ['a port out of range', ['--port', '70000'], 'endpoints.0.port'],
  ['a port that is no number', ['--port', 'abc'], 'endpoints.0.port'],
  ['a further endpoint that is none', ['--endpoint', 'a b'], 'endpoints.1.host'],
  ['an id with capitals', ['--id', 'Lab'], 'clusterId'],
  ['a user with no realm', ['--user', 'root'], 'user'],
  ['a priority out of range', ['--priority', '101'], 'priority'],
  ['a pin that is none', ['--pin', 'AA:BB'], 'endpoints.0.pin'],
  ['an empty name', ['--name', ' '], 'name'],
  ['a colour that is none', ['--colour', 'red'], 'colour'],
])('%s is refused at its field and nothing is stored', async (_what, more, field) => {
  const { code, stdout, stderr } = await add('lab-a', ...more);
  expect(code).toBe(1);
  const failure = JSON.parse(stdout);
  expect(failure).toMatchObject({ ok: false, code: 'INVALID_INPUT' });
  expect(Object.keys(failure.fields)).toEqual([field]);
  expect(failure.remedy).not.toBe('');
  expect(stderr).toContain(field);
  expect(JSON.parse((await run(['clusters', 'list', '--json'])).stdout)).toEqual([]);
});

test('an id that is taken is refused', async () => {
  await add('lab-a');
  const { code, stdout } = await add('lab-a');
  expect([code, JSON.parse(stdout).code]).toEqual([1, 'DUPLICATE_ID']);
});

test('an unknown cluster is refused with a remedy on every command', async () => {
  const commands = [
    ['show', 'nix'],
    ['edit', 'nix', '--name', 'x'],
    ['remove', 'nix'],
    ['test', 'nix'],
  ];
  for (const command of commands) {
    const { code, stdout } = await run(['clusters', ...command, '--json']);
    expect([command[0], code]).toEqual([command[0], 1]);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, code: 'NOT_FOUND' });
  }
});

test.each([
  [['frobnicate']],
  [['clusters']],
  [['clusters', 'frobnicate']],
  [['clusters', 'list', '--frobnicate']],
  [['clusters', 'show']],
  [['clusters', 'add', '--id', 'a', '--name', 'A', '--user', 'root@pam', '--password-stdin']],
  [['clusters', 'add', '--id', 'a', '--name', 'A', '--host', 'h', '--user', 'root@pam']],
  [[...NEW, '--id', 'a', '--password-stdin', '--token-id', 'a@b!c', '--token-secret-stdin']],
  [[...NEW, '--id', 'a', '--token-secret-stdin']],
  [[...NEW, '--id', 'a', '--password-stdin', '--verify', 'maybe']],
  [[...NEW, '--id', 'a', '--password-stdin', '--trust', '--pin', PIN]],
  [[...NEW, '--id', 'a', '--password-stdin', '--trust', '--verify', 'off']],
  [['clusters', 'edit', 'a']],
  [['vault', 'change']],
  [['vault', 'change', '--to', 'nowhere']],
  [['serve', '--port', 'x']],
  [['demo', '--clusters', '0']],
])('wrong usage ends with 2, the usage on stderr and a document: %j', async (args) => {
  const plain = await run(args);
  expect([plain.code, plain.stdout]).toEqual([2, '']);
  expect(plain.stderr).toContain('Usage: clusterdeck');
  const json = await run([...args, '--json']);
  expect(json.code).toBe(2);
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, code: 'USAGE' });
});

test('help and version go to stdout and are no failure', async () => {
  const help = await run(['clusters', 'add', '--help']);
  expect([help.code, help.stderr]).toEqual([0, '']);
  expect(help.stdout).toContain('--token-secret-stdin');
  expect(await run(['--version'])).toEqual({ code: 0, stdout: '0.0.0-test\n', stderr: '' });
});

test('with no keychain and no passphrase a secret is not kept, and the command says so', async () => {
  const { code, stderr } = await add('lab-a');
  expect(code).toBe(0);
  expect(stderr).toContain('The secret is not stored');
  const { stdout } = await run(['clusters', 'show', 'lab-a', '--json']);
  expect(JSON.parse(stdout).has_secret).toBe(false);
});

test('names cannot steer the terminal', async () => {
  const escape = String.fromCharCode(27);
  const refused = await add('lab-a', '--name', `a${escape}[2Jb`);
  expect(refused.code).toBe(1);
  await add('lab-b', '--description', `line one\n\u202Eevil`);
  const { stdout } = await run(['clusters', 'show', 'lab-b']);
  expect(stdout).not.toContain(escape);
  expect(stdout).not.toContain('\u202E');
});

test('nothing in the data folder is readable by others or holds the password', async () => {
  await add('lab-a');
  const entries = readdirSync(folder.path, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  expect(paths.filter((path) => (statSync(path).mode & 0o077) !== 0)).toEqual([]);
  const files = paths.filter((path) => statSync(path).isFile());
  expect(files.length).toBeGreaterThan(2);
  expect(files.filter((path) => readFileSync(path).includes(PASSWORD))).toEqual([]);
});
