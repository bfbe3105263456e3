import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { unitFile } from '#agent/host/supervisor/unit-file';
import { NODE_AGENT_UNIT, NODE_LEAVE_UNIT } from '#shared/domain/node-agent-unit';
import { sweptFolder } from '#tests/support/temp-folder';
import { ensureBuilt, root } from '../../../../build/builder.mjs';
import { noticesOf } from '../../../../build/packaging/notices.mjs';

const execute = promisify(execFile);
const bundle = join(root, 'dist/node/node-agent.js');
const launcher = join(root, 'build/packaging/agent/launcher.sh');

beforeAll(ensureBuilt, 120_000);

test('the agent is one file: it needs nothing but Node beside it', async () => {
  const imports = readFileSync(bundle, 'utf8').matchAll(
    /^(?:import|export) [^;]*?from ["']([^"']+)["'];?$/gm,
  );
  const others = [...imports]
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name));
  expect(others).toEqual([]);
  const folder = sweptFolder();
  copyFileSync(bundle, join(folder, 'node-agent.mjs'));
  const { stdout } = await execute(
    process.execPath,
    [join(folder, 'node-agent.mjs'), '--version'],
    {
      cwd: folder,
    },
  );
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

/** As the package lies on a machine, with the Node that runs this test. */
function installed(node: 'its own' | 'the machine’s') {
  const tree = sweptFolder();
  const [programs, lib] = [join(tree, 'usr/bin'), join(tree, 'usr/lib/clusterdeck')];
  mkdirSync(programs, { recursive: true });
  mkdirSync(lib, { recursive: true });
  copyFileSync(launcher, join(programs, 'node-agent'));
  copyFileSync(bundle, join(lib, 'node-agent.js'));
  if (node === 'its own') execFileSync('ln', ['-s', process.execPath, join(lib, 'node')]);
  return join(programs, 'node-agent');
}

test('the launcher takes the Node beside the program', async () => {
  const program = installed('its own');
  const { stdout, stderr } = await execute('sh', [program, 'doctor', '--json'], {
    env: { PATH: '/usr/bin:/bin', CLUSTERDECK_AGENT_CONFIG: '/dev/null' },
  }).catch((error: { stdout: string; stderr: string }) => error);
  expect(JSON.parse(stdout).findings[1]).toMatchObject({
    check: 'node',
    status: 'ok',
    message: `Node is ${process.version}.`,
  });
  expect(stderr).toBe('');
});

test('without one it says which Node it needs', async () => {
  const program = installed('the machine’s');
  const tools = sweptFolder();
  for (const tool of ['dirname', 'readlink']) {
    execFileSync('ln', ['-s', `/usr/bin/${tool}`, join(tools, tool)]);
  }
  const without = execute('/bin/sh', [program, 'info'], { env: { PATH: tools } });
  await expect(without).rejects.toMatchObject({
    code: 2,
    stderr: 'node-agent needs Node 22.19 or newer, and there is none on the PATH.\n',
  });
  // an old one: it answers the launcher's question with no
  execFileSync('sh', [
    '-c',
    'printf \'#!/bin/sh\\n[ "$1" = --version ] && echo v18.0.0 || exit 1\\n\' > "$0/node"; chmod 755 "$0/node"',
    tools,
  ]);
  const old = execute('/bin/sh', [program, 'info'], { env: { PATH: tools } });
  await expect(old).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/needs Node 22\.19 or newer; .*node is v18\.0\.0\.\n$/),
  });
});

test('everything in the bundle comes with its licence', () => {
  const { packages, text } = noticesOf(root, `${bundle}.map`);
  expect(packages).toEqual(expect.arrayContaining(['commander', 'undici', 'yaml', 'zod']));
  expect(text).toContain('MIT License');
  expect(text).not.toContain('(see its licence)');
  for (const name of ['better-sqlite3', '@napi-rs/keyring', 'electron']) {
    expect(packages).not.toContain(name);
  }
});

test('systemd understands the unit and finds it locked down', async () => {
  const folder = sweptFolder();
  const unit = join(folder, 'clusterdeck-node-agent.service');
  const program = installed('its own');
  execFileSync('chmod', ['755', program]);
  writeFileSync(unit, NODE_AGENT_UNIT.replace('/usr/bin/node-agent', program));
  const { stdout, stderr } = await execute('systemd-analyze', ['verify', '--man=no', unit]);
  expect(stdout + stderr).toBe('');
  const rated = await execute('systemd-analyze', ['security', '--offline=true', unit]);
  const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(rated.stdout)?.[1]);
  expect(exposure).toBeLessThan(4);
});

test('only a shutdown makes the unit for leaving act, and it acts before all others end', async () => {
  const source = join(root, 'build/packaging/agent', NODE_LEAVE_UNIT);
  const { stdout, stderr } = await execute('systemd-analyze', ['verify', '--man=no', source]);
  // the program is not installed here; nothing else may be wrong
  expect((stdout + stderr).replaceAll(/^.*node-agent.*not (executable|found).*\n/gm, '')).toBe('');
  const [, line = ''] = /^ExecStop=\/bin\/sh -c '(.*)'$/m.exec(readFileSync(source, 'utf8')) ?? [];
  const tools = sweptFolder();
  const said = async (state: string) => {
    writeFileSync(join(tools, 'systemctl'), `#!/bin/sh\necho ${state}\n`, { mode: 0o755 });
    const command = line.replace('/usr/bin/node-agent', 'echo');
    return (await execute('sh', ['-c', command], { env: { PATH: `${tools}:/bin` } })).stdout;
  };
  expect(await said('running')).toBe('');
  expect(await said('stopping')).toBe('leave --reboot --unattended 15m\n');
  const daemon = {
    name: 'slurmd',
    argv: ['slurmd'] as [string],
    env: {},
    stopMs: 1,
    mainProcessOnly: true,
  };
  expect(unitFile(daemon, '/e')).toContain(`Before=${NODE_LEAVE_UNIT}\n`);
  expect(readFileSync(source, 'utf8')).toContain('After=clusterdeck-node-agent.service ');
});
