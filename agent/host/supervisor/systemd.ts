import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '#shared/contract/errors';
import type { Clock, Commands, DaemonSpec, DaemonState, Supervisor } from '../../ports';
import { writeWhole } from '../files';
import { environmentFile, unitFile } from './unit-file';

const DEADLINE_MS = 30_000;
const POLL_MS = 100;
const KILL_MS = 5_000;
const KEPT_LINES = '3';

interface Deps {
  clock: Clock;
  commands: Commands;
  /** units that vanish at a reboot, so that nothing but the agent starts them */
  unitFolder?: string;
  environmentFolder?: string;
}

/**
 * Daemons as units of systemd, under the names of the distribution's: `systemctl status slurmctld`
 * shows them. The distribution's own units are disabled, so that only the agent starts them.
 */
export function superviseUnits(deps: Deps): Supervisor {
  return new Units(deps);
}

class Units implements Supervisor {
  readonly #clock: Clock;
  readonly #commands: Commands;
  readonly #unitFolder: string;
  readonly #environmentFolder: string;
  /** how long each may take to stop, as it was told at its start */
  readonly #stopMs = new Map<string, number>();

  constructor({ clock, commands, unitFolder, environmentFolder }: Deps) {
    this.#clock = clock;
    this.#commands = commands;
    this.#unitFolder = unitFolder ?? '/run/systemd/system';
    this.#environmentFolder = environmentFolder ?? '/run/clusterdeck';
  }

  async start(spec: DaemonSpec): Promise<void> {
    const isChanged = await this.#install(spec);
    // one that runs by an earlier unit goes on with that until it is started anew
    if (isChanged && (await this.state(spec.name)).state === 'running') await this.stop(spec.name);
    await this.#systemctl('start', spec.name);
  }

  async stop(name: string, options: { force?: boolean } = {}): Promise<void> {
    const force = options.force === true;
    if (force) await this.#run('kill', '--signal=SIGKILL', name);
    await this.#systemctl('stop', '--no-block', name);
    const until =
      this.#clock.monotonic() + (force ? KILL_MS : (this.#stopMs.get(name) ?? DEADLINE_MS));
    for (;;) {
      const { ActiveState: active } = await this.#show(name);
      if (active === 'inactive' || active === 'failed') return;
      if (this.#clock.monotonic() > until) {
        const remedy = `Look why with "systemctl status ${name}"; nothing was forced.`;
        throw fail('TIMEOUT', { remedy, detail: name }, `${name} did not stop in time.`);
      }
      await this.#clock.sleep(POLL_MS);
    }
  }

  async restart(spec: DaemonSpec): Promise<void> {
    await this.stop(spec.name);
    await this.start(spec);
  }

  async signal(name: string, signal: NodeJS.Signals): Promise<void> {
    const { ActiveState: active, MainPID: pid } = await this.#show(name);
    if (active !== 'active' || pid === '0') {
      throw fail('NOT_FOUND', { remedy: 'Start it first.', detail: name }, `${name} does not run.`);
    }
    // only its main process: a worker's steps go on running
    await this.#systemctl('kill', `--signal=${signal}`, '--kill-who=main', name);
  }

  async state(name: string): Promise<DaemonState> {
    const found = await this.#show(name);
    const { ActiveState: active, SubState: sub, Result: result } = found;
    const pid = Number(found['MainPID'] ?? 0);
    const since = Number(/^@(\d+)/.exec(found['ActiveEnterTimestamp'] ?? '')?.[1] ?? 0) * 1000;
    const isWaiting = sub === 'auto-restart';
    if (pid > 0 && !isWaiting && active !== 'inactive' && active !== 'failed') {
      return { state: 'running', pid, since: since || null, message: '' };
    }
    if (active === 'failed' || isWaiting || active === 'activating') {
      const message = `${result ?? ''}: ${await this.#lastLines(name)}`;
      return { state: 'failed', pid: null, since: null, message };
    }
    return { state: 'stopped', pid: null, since: null, message: '' };
  }

  /** @returns whether it ran another command before, or in another environment */
  async #install(spec: DaemonSpec): Promise<boolean> {
    const unit = join(this.#unitFolder, `${spec.name}.service`);
    const variables = join(this.#environmentFolder, `${spec.name}.env`);
    this.#stopMs.set(spec.name, spec.stopMs);
    const env = environmentFile({ LANG: 'C.UTF-8', ...spec.env });
    const hasOtherEnv = (await put(variables, env, 0o600)) !== env;
    const text = unitFile(spec, variables);
    const before = await put(unit, text, 0o644);
    if (before === text) return hasOtherEnv;
    // the distribution's unit of this name must not start it at the next boot, before the agent
    await this.#run('disable', '--quiet', spec.name);
    await this.#systemctl('daemon-reload');
    // a unit that a newer agent writes otherwise is no reason to stop anything
    return hasOtherEnv || commandIn(before ?? '') !== commandIn(text);
  }

  async #show(name: string): Promise<Record<string, string>> {
    const { stdout } = await this.#systemctl(
      'show',
      '--timestamp=unix',
      '--property=ActiveState,SubState,MainPID,Result,ActiveEnterTimestamp',
      `${name}.service`,
    );
    return Object.fromEntries(
      stdout
        .split('\n')
        .filter((line) => line.includes('='))
        .map((line): [string, string] => {
          const split = line.indexOf('=');
          return [line.slice(0, split), line.slice(split + 1)];
        }),
    );
  }

  async #lastLines(name: string): Promise<string> {
    const argv = ['journalctl', '-u', name, '-n', KEPT_LINES, '-o', 'cat', '--no-pager'] as const;
    const read = await this.#commands.run(argv, { deadlineMs: DEADLINE_MS }).catch(() => null);
    return read?.stdout.trim() ?? '';
  }

  #run(...args: [string, ...string[]]) {
    return this.#commands.run(['systemctl', ...args], { deadlineMs: DEADLINE_MS });
  }

  /** @throws Failure SERVER_ERROR with systemd's own words */
  async #systemctl(...args: [string, ...string[]]) {
    const result = await this.#run(...args);
    if (result.code === 0) return result;
    throw fail(
      'SERVER_ERROR',
      { remedy: `Look with "systemctl status ${args.at(-1)}".`, detail: result.stderr.trim() },
      `systemctl ${args[0]} failed.`,
    );
  }
}

/** Writes what is not there already. @returns what was there before; null: nothing */
async function put(path: string, text: string, mode: number): Promise<string | null> {
  const before = await readFile(path, 'utf8').catch(() => null);
  if (before !== text) await writeWhole(path, text, { mode });
  return before;
}

const commandIn = (unit: string) =>
  unit
    .split('\n')
    .filter((line) => /^(ExecStart|User|WorkingDirectory)=/.test(line))
    .join('\n');
