import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { folderOf, projectFolder, readRecord } from '#tests/lab/folder';
import { type Lab, startLab } from '#tests/lab/lab';
import { identify, isRunning, type ProcessId, run, until } from '#tests/lab/process';

const KINDS = ['mnt', 'net', 'pid', 'uts', 'ipc'];

const processes = (): ProcessId[] =>
  readdirSync('/proc').flatMap((name) =>
    /^\d+$/.test(name) ? (identify(Number(name)) ?? []) : [],
  );

function namespacesOf({ pid }: ProcessId): string[] {
  try {
    return KINDS.map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));
  } catch {
    return [];
  }
}

/** Whether its command line names the lab's folder, as that of all that starts or enters hosts. */
function names(folder: string, { pid }: ProcessId): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${folder}\0`);
  } catch {
    return false;
  }
}

/** All that runs in a namespace of the lab's or was started for it; no namespace outlives them. */
function processesOf(name: string): ProcessId[] {
  const machine = new Set(namespacesOf({ pid: process.pid, started: '' }));
  const roots = [
    readRecord(name)?.space,
    ...(readRecord(name)?.hosts ?? []).map(({ init }) => init),
  ];
  const own = new Set(
    roots.flatMap((root) => (root ? namespacesOf(root) : [])).filter((one) => !machine.has(one)),
  );
  return processes().filter(
    (one) => namespacesOf(one).some((space) => own.has(space)) || names(folderOf(name), one),
  );
}

async function expectNothingLeft(name: string, were: readonly ProcessId[]): Promise<void> {
  await until(() => !were.some(isRunning), 'the processes of the lab to go');
  expect(processes().filter((one) => names(folderOf(name), one))).toEqual([]);
  expect(existsSync(folderOf(name))).toBe(false);
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(folderOf(name));
}

const lab = (args: readonly string[]) =>
  run([process.execPath, join(projectFolder(), 'build', 'lab.mjs'), ...args]);

describe('a lab', () => {
  let running: Lab | undefined;
  afterEach(async () => {
    await running?.down();
    running = undefined;
  });
  const start = async (...options: Parameters<typeof startLab>) => {
    running = await startLab(...options);
    return running;
  };

  it('gives each host a name, files and a network of its own, and its cluster a shared folder', async () => {
    const { host } = await startWithHosts(start);
    expect(await host('a2').sh('hostname; cat /etc/hostname; ip -br -4 a show eth0')).toMatch(
      /^a2\na2\neth0\S* +UP +10\.77\.1\.2\/16/,
    );
    await host('a1').sh('echo mine >/etc/mine; echo ours >/shared/ours');
    expect((await host('a2').exec(['cat', '/etc/mine'])).code).toBe(1);
    expect(await host('a2').sh('cat /shared/ours')).toBe('ours\n');
    expect((await host('b1').exec(['cat', '/shared/ours'])).code).toBe(1);
    // keys and state that the machine's packages brought are no host's
    expect(await host('a1').sh('ls /etc/munge /etc/slurm /root')).not.toContain('.key');
  });

  it('cuts and heals a cable, and takes and gives power with the disk kept', async () => {
    const { host } = await startWithHosts(start);
    const serve = `require('net').createServer((c) => c.end('hello')).listen(7000)`;
    await host('a2').sh(`setsid /usr/lib/clusterdeck/node -e "${serve}" >/dev/null 2>&1 &`);
    const ask = async () =>
      (await host('a1').exec(['curl', '-s', '--http0.9', '--max-time', '1', '10.77.1.2:7000']))
        .stdout;
    await until(async () => (await ask()) === 'hello', 'a2 to answer');
    await host('a2').cut();
    expect(await ask()).toBe('');
    await host('a2').heal();
    await until(async () => (await ask()) === 'hello', 'a2 to answer after healing');

    await host('a2').sh('echo kept >/var/lib/kept; echo lost >/run/lost');
    await host('a2').poweroff();
    expect(host('a2').isOn).toBe(false);
    expect(await ask()).toBe('');
    await host('a2').poweron();
    expect(await host('a2').sh('cat /var/lib/kept; ls /run')).toMatch(/^kept\n(?!.*lost)/s);
    expect(await ask()).toBe('');
  });

  it('fills the disk of one host only', async () => {
    const { host } = await startWithHosts(start, '8m');
    expect((await host('a1').exec(['sh', '-c', 'cat /dev/zero >/var/full'])).stderr).toContain(
      'No space left on device',
    );
    expect(await host('a2').sh('echo room >/var/room && cat /var/room')).toBe('room\n');
  });

  it('leaves nothing behind', async () => {
    const { lab } = await startWithHosts(start);
    const were = processesOf(lab.name);
    // three hosts with a first process and what it started, and the lab's own
    expect(were.length).toBeGreaterThan(6);
    await lab.down();
    await expectNothingLeft(lab.name, were);
  });

  it('goes with the test that it belongs to, however that ends', async () => {
    const name = `owned-${process.pid}`;
    const code = `import { startLab } from '#tests/lab/lab';
      await startLab({ name: '${name}', clusters: { a: 2 }, agents: false });
      setInterval(() => undefined, 1000);`;
    const args = ['--input-type=module', '-e', code];
    const owner = spawn(process.execPath, args, { stdio: 'ignore' });
    await until(() => readRecord(name)?.hosts.every((one) => one.init), 'its lab');
    const were = processesOf(name);
    owner.kill('SIGKILL');
    await until(() => !were.some(isRunning), 'the lab to go with its owner');
    // the folder of an abandoned lab is swept by whoever starts the next one
    await start({ clusters: { a: 1 }, agents: false });
    await expectNothingLeft(name, were);
  });
});

/** Two clusters of hosts without agents. */
async function startWithHosts(
  start: (...options: Parameters<typeof startLab>) => Promise<Lab>,
  diskSize = '64m',
) {
  const lab = await start({ clusters: { a: 2, b: 1 }, agents: false, diskSize });
  return { lab, host: (name: string) => lab.host(name) };
}

describe('the command line', () => {
  const moments: [string, (name: string) => boolean][] = [
    ['as soon as its folder is there', (name) => existsSync(folderOf(name))],
    ['with namespaces and no host', (name) => Boolean(readRecord(name)?.space)],
    ['with one host of many', (name) => Boolean(readRecord(name)?.hosts.some((one) => one.init))],
  ];
  it.each(moments)('clears up after a start that was killed %s', async (_when, isThen) => {
    const name = `killed-${process.pid}`;
    const up = startUp(name);
    await until(() => isThen(name), 'the moment', { everyMs: 1 });
    up.kill('SIGKILL');
    await until(() => up.signalCode !== null || up.exitCode !== null, 'the start to die');
    const were = processesOf(name);
    expect((await lab(['--name', name, 'down'])).code).toBe(0);
    await expectNothingLeft(name, were);
  });

  it('runs two labs with the same addresses beside each other', async () => {
    const names = ['first', 'second'].map((one) => `${one}-${process.pid}`);
    for (const name of names) {
      onTestFinished(async () => void (await lab(['--name', name, 'down'])));
      const started = await lab(['--name', name, 'up', '--hosts', '1', '--no-wait']);
      expect(started.stdout).toMatch(/^a1 {2}10\.77\.1\.1 {2}https:\/\/127\.0\.0\.1:\d+\n$/);
      await lab(['--name', name, 'exec', 'a1', '--', 'sh', '-c', `echo ${name} >/shared/whose`]);
    }
    for (const name of names) {
      const { stdout } = await lab(['--name', name, 'exec', 'a1', 'cat', '/shared/whose']);
      expect(stdout).toBe(`${name}\n`);
    }
    const again = await lab(['--name', names[0] ?? '', 'up', '--no-wait']);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('there already') });
  });

  it('says what is wrong in a sentence', async () => {
    const name = `none-${process.pid}`;
    expect(await lab(['--name', name, 'status'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm run lab -- up'),
    });
    expect(await lab(['--name', name, 'up', '--clusters', 'a=0'])).toMatchObject({ code: 1 });
    expect(await lab(['--name', name, 'up', '--hosts', '4', '--clusters', 'a=3'])).toMatchObject({
      stderr: expect.stringContaining('adds up to 3'),
    });
    expect(existsSync(folderOf(name))).toBe(false);
  });
});

function startUp(name: string): ChildProcess {
  const program = join(projectFolder(), 'build', 'lab.mjs');
  const args = [program, '--name', name, 'up', '--hosts', '12', '--no-wait'];
  return spawn(process.execPath, args, { stdio: 'ignore' });
}
