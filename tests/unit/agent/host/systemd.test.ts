import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { superviseUnits } from '#agent/host/supervisor/systemd';
import { environmentFile, unitFile } from '#agent/host/supervisor/unit-file';
import type { CommandResult, Commands, DaemonSpec } from '#agent/ports';
import { StillClock } from '#tests/support/still-clock';
import { sweptFolder } from '#tests/support/temp-folder';

const SPEC: DaemonSpec = {
  name: 'slurmd',
  argv: ['slurmd', '-D', '--conf', 'Feature="a b" 100%', 'plain'],
  env: { TOKEN: 'it"s $ecret' },
  stopMs: 2_000,
  mainProcessOnly: true,
};

/** systemd as far as the agent talks to it: one unit, and what was asked. */
class FakeSystemd implements Commands {
  readonly asked: string[] = [];
  active = 'inactive';
  sub = 'dead';
  pid = 0;
  /** an orderly stop ends it */
  obeys = true;
  refuses = '';

  run = async (argv: readonly [string, ...string[]]): Promise<CommandResult> => {
    const [program, verb = ''] = argv;
    if (program === 'journalctl') return told('last words\n');
    this.asked.push(argv.slice(1).join(' '));
    if (verb === this.refuses) return { code: 1, stdout: '', stderr: 'Unit is masked.\n' };
    if (verb === 'start') this.#be('active', 'running', 42);
    if (verb === 'stop' && this.obeys) this.#be('inactive', 'dead', 0);
    if (verb === 'kill' && argv.includes('--signal=SIGKILL')) this.#be('inactive', 'dead', 0);
    if (verb !== 'show') return told('');
    return told(
      `ActiveState=${this.active}\nSubState=${this.sub}\nMainPID=${this.pid}\nResult=exit-code\n` +
        'ActiveEnterTimestamp=@1763700000\n',
    );
  };

  crash(): void {
    this.#be('activating', 'auto-restart', 0);
  }

  #be(active: string, sub: string, pid: number): void {
    Object.assign(this, { active, sub, pid });
  }
}
const told = (stdout: string): CommandResult => ({ code: 0, stdout, stderr: '' });

function stage() {
  const folder = sweptFolder();
  const systemd = new FakeSystemd();
  const clock = new StillClock();
  const [unitFolder, environmentFolder] = [join(folder, 'units'), join(folder, 'env')];
  const units = superviseUnits({ clock, commands: systemd, unitFolder, environmentFolder });
  return { systemd, clock, units, unitFolder, environmentFolder };
}

test('a unit is written once, the distribution’s own no longer starts it, then it is started', async () => {
  const { systemd, units, unitFolder } = stage();
  await units.start(SPEC);
  await units.start(SPEC);
  expect(systemd.asked).toEqual([
    'disable --quiet slurmd',
    'daemon-reload',
    expect.stringMatching(/^show /),
    'start slurmd',
    'start slurmd',
  ]);
  const unit = readFileSync(join(unitFolder, 'slurmd.service'), 'utf8');
  expect(unit).toContain('ExecStart=:slurmd -D --conf "Feature=\\"a b\\" 100%%" plain\n');
  expect(unit).toContain('KillMode=process\n');
  expect(unit).toContain('SendSIGKILL=no\n');
  expect(await units.state('slurmd')).toEqual({
    state: 'running',
    pid: 42,
    since: 1_763_700_000_000,
    message: '',
  });
});

test('one that runs by an earlier unit is stopped in order before it starts by the new one', async () => {
  const { systemd, units } = stage();
  await units.start(SPEC);
  for (const changed of [{ argv: ['slurmd', '-D'] as const }, { env: { TOKEN: 'another' } }]) {
    systemd.asked.length = 0;
    await units.start({ ...SPEC, ...changed });
    const acts = systemd.asked.filter((words) => /^(start|stop)/.test(words));
    expect(acts).toEqual(['stop --no-block slurmd', 'start slurmd']);
  }
});

test('a unit that a newer agent writes otherwise stops nothing', async () => {
  const { systemd, units, unitFolder } = stage();
  await units.start(SPEC);
  const path = join(unitFolder, 'slurmd.service');
  writeFileSync(path, readFileSync(path, 'utf8').replace('RestartSec=1', 'RestartSec=3'));
  systemd.asked.length = 0;
  await units.start(SPEC);
  expect(systemd.asked).toEqual(['disable --quiet slurmd', 'daemon-reload', 'start slurmd']);
});

test('the environment stands in a file of root alone, never in the unit', async () => {
  const { units, unitFolder, environmentFolder } = stage();
  await units.start(SPEC);
  const path = join(environmentFolder, 'slurmd.env');
  expect(readFileSync(join(unitFolder, 'slurmd.service'), 'utf8')).not.toContain('ecret');
  expect(readFileSync(path, 'utf8')).toContain('TOKEN="it\\"s \\$ecret"\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a stop waits until it is seen, and forces nothing', async () => {
  const { systemd, clock, units } = stage();
  await units.start(SPEC);
  systemd.obeys = false;
  const stopping = units.stop('slurmd');
  stopping.catch(() => undefined);
  await clock.advance(3_000);
  await expect(stopping).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(systemd.asked.some((words) => words.includes('SIGKILL'))).toBe(false);
  await units.stop('slurmd', { force: true });
  expect((await units.state('slurmd')).state).toBe('stopped');
});

test('one that crashes again and again is failed, with its last words', async () => {
  const { systemd, units } = stage();
  await units.start(SPEC);
  systemd.crash();
  expect(await units.state('slurmd')).toMatchObject({
    state: 'failed',
    message: 'exit-code: last words',
  });
});

test('a signal goes to the main process alone, and to nothing where it does not run', async () => {
  const { systemd, units } = stage();
  await expect(units.signal('slurmd', 'SIGHUP')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await units.start(SPEC);
  await units.signal('slurmd', 'SIGHUP');
  expect(systemd.asked.at(-1)).toBe('kill --signal=SIGHUP --kill-who=main slurmd');
});

test('what systemd refuses is told in its own words', async () => {
  const { systemd, units } = stage();
  systemd.refuses = 'start';
  await expect(units.start(SPEC)).rejects.toMatchObject({
    code: 'SERVER_ERROR',
    data: { detail: 'Unit is masked.' },
  });
});

test('units of daemons that are one group end as one', () => {
  expect(unitFile({ ...SPEC, needs: { path: '/srv/a b/mark', text: 'x-1' } }, '/e')).toContain(
    'ExecStartPre=+:/bin/grep --quiet --fixed-strings -- x-1 "/srv/a b/mark"\nExecStart=',
  );
  expect(unitFile({ ...SPEC, mainProcessOnly: false }, '/e')).toContain('KillMode=control-group\n');
  expect(environmentFile({ A: '\\`x' })).toBe('A="\\\\\\`x"\n');
});
