import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '#shared/contract/errors';
import type { Clock, DaemonSpec, DaemonState, Logger } from '../../ports';
import { codeOf } from '../error-code';
import { DaemonLog } from './daemon-log';
import { identify, isAlive, signalProcess } from './process-table';
import { type DaemonRecord, readRecord, writeRecord } from './record';

const WATCH_MS = 1_000;
const STOP_POLL_MS = 50;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** One that ran this long has not failed at its start. */
const STEADY_MS = 60_000;
const KILL_MS = 5_000;

interface Deps {
  clock: Clock;
  logger: Logger;
  folder: string;
}

/**
 * One daemon as a process of its own: it outlives the agent, which finds it again by number, start
 * time and boot. One watcher starts it again as long as it is wanted.
 */
export class ChildDaemon {
  readonly #name: string;
  readonly #path: string;
  readonly #log: DaemonLog;
  readonly #deps: Deps;
  #record: DaemonRecord | null = null;
  #isLoaded = false;
  #isUnsaved = false;
  #watching: AbortController | null = null;
  #pauseMs = FIRST_PAUSE_MS;
  /** start, stop and the watcher take turns */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(name: string, deps: Deps) {
    this.#name = name;
    this.#deps = deps;
    this.#path = join(deps.folder, `${name}.json`);
    this.#log = new DaemonLog(join(deps.folder, `${name}.log`));
  }

  start(spec: DaemonSpec): Promise<void> {
    return this.#inTurn(async () => {
      const before = await this.#load();
      const running = before !== null && (await isRunning(before)) ? before.process : null;
      const isOther = before !== null && command(before.spec) !== command(plain(spec));
      if (before !== null && isOther) await this.#end(before, false);
      const process = isOther ? null : running;
      const now: DaemonRecord = {
        version: 1,
        spec: plain(spec),
        desired: 'running',
        process,
        ended: '',
      };
      // what runs as asked needs no word on the disk, which may be full
      const isSame = process !== null && JSON.stringify(before) === JSON.stringify(now);
      if (!isSame) await this.#save(now);
      this.#pauseMs = FIRST_PAUSE_MS;
      if (process === null) await this.#spawn();
      this.#watch();
    });
  }

  /** @throws Failure TIMEOUT where it runs on */
  stop(force: boolean): Promise<void> {
    return this.#inTurn(async () => {
      const record = await this.#load();
      if (record === null) return;
      await this.#save({ ...record, desired: 'stopped' });
      this.#watching?.abort();
      this.#watching = null;
      await this.#end(record, force);
      await this.#save({ ...record, desired: 'stopped', process: null, ended: '' });
    });
  }

  /** @throws Failure NOT_FOUND where it does not run */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const record = await this.#load();
    const process = record?.process ?? null;
    if (process !== null && (await signalProcess(process, signal, { group: false }))) return;
    const remedy = 'Start it first.';
    throw fail('NOT_FOUND', { remedy, detail: this.#name }, `${this.#name} does not run.`);
  }

  async state(): Promise<DaemonState> {
    const record = await this.#load();
    const process = record?.process ?? null;
    if (process !== null && (await isAlive(process))) {
      const { pid, since } = process;
      return { state: 'running', pid, since, message: await this.#log.tail() };
    }
    if (record === null || record.desired === 'stopped') {
      return { state: 'stopped', pid: null, since: null, message: '' };
    }
    const message = [record.ended, await this.#log.tail()].filter((text) => text !== '').join(' ');
    return { state: 'failed', pid: null, since: null, message };
  }

  /** Stops looking after it; it runs on. */
  release(): void {
    this.#watching?.abort();
    this.#watching = null;
  }

  async #end({ spec, process }: DaemonRecord, force: boolean): Promise<void> {
    if (process === null) return;
    const group = !spec.mainProcessOnly;
    if (!(await signalProcess(process, force ? 'SIGKILL' : 'SIGTERM', { group }))) return;
    const { clock } = this.#deps;
    const until = clock.monotonic() + (force ? KILL_MS : spec.stopMs);
    while (await isAlive(process)) {
      if (clock.monotonic() > until) {
        const remedy = `Look why process ${process.pid} does not end; nothing was forced.`;
        throw fail(
          'TIMEOUT',
          { remedy, detail: this.#name },
          `${this.#name} did not stop in time.`,
        );
      }
      await clock.sleep(STOP_POLL_MS);
    }
  }

  async #spawn(): Promise<void> {
    const record = await this.#load();
    if (record === null) return;
    const { spec } = record;
    const { clock, logger } = this.#deps;
    const lack = await lackOf(spec);
    if (lack !== '') {
      await this.#saveLater({ ...record, process: null, ended: lack });
      logger.error({ daemon: this.#name, lack }, 'A daemon must not be started');
      return;
    }
    const file = await this.#log.openForChild();
    try {
      const [program, ...args] = withUser(spec);
      const child = spawn(program, args, {
        cwd: spec.cwd ?? '/',
        env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', ...spec.env },
        stdio: ['ignore', file.fd, file.fd],
        // a session of its own: it outlives the agent and is a group that can be ended as one
        detached: true,
      });
      const { promise, resolve } = Promise.withResolvers<string | null>();
      child.once('spawn', () => resolve(null));
      child.once('error', (error) => resolve(codeOf(error)));
      child.once('exit', (code, by) => {
        void this.#note(child.pid, by === null ? `It ended with code ${code}.` : `${by} ended it.`);
      });
      child.unref();
      const trouble = await promise;
      if (trouble !== null) {
        const why =
          trouble === 'ENOENT' ? `${program} is not installed.` : `${program}: ${trouble}`;
        await this.#saveLater({ ...record, process: null, ended: why });
        logger.error({ daemon: this.#name, why }, 'A daemon cannot be started');
        return;
      }
      const found = child.pid === undefined ? null : await identify(child.pid);
      const since = clock.now();
      await this.#saveLater({ ...record, process: found && { ...found, since }, ended: '' });
      logger.info({ daemon: this.#name, pid: child.pid }, 'A daemon was started');
    } finally {
      await file.close();
    }
  }

  /** Why it ended is told by the parent alone, and only as long as that lives. */
  async #note(pid: number | undefined, ended: string): Promise<void> {
    await this.#inTurn(async () => {
      const record = await this.#load();
      const isCurrent = record?.process === null || record?.process.pid === pid;
      if (record !== null && isCurrent) await this.#saveLater({ ...record, ended });
    });
  }

  #watch(): void {
    if (this.#watching !== null) return;
    const watching = new AbortController();
    this.#watching = watching;
    this.#look(watching.signal).catch((error: unknown) => {
      if (!watching.signal.aborted) {
        this.#deps.logger.error({ err: error, daemon: this.#name }, 'A daemon is not watched');
      }
    });
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#deps;
    for (;;) {
      await clock.sleep(WATCH_MS, signal);
      await this.#log.bound();
      if (this.#isUnsaved && this.#record !== null) await this.#saveLater(this.#record);
      const process = this.#record?.process ?? null;
      if (process !== null && (await isAlive(process))) {
        if (clock.now() - process.since > STEADY_MS) this.#pauseMs = FIRST_PAUSE_MS;
        continue;
      }
      const { message } = await this.state();
      const pauseMs = this.#pauseMs;
      this.#pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      logger.warn({ daemon: this.#name, message, pauseMs }, 'A daemon ended and is started again');
      await clock.sleep(pauseMs, signal);
      await this.#inTurn(async () => {
        if (!signal.aborted) await this.#spawn();
      }).catch((error: unknown) =>
        logger.error({ err: error, daemon: this.#name }, 'A daemon could not be started again'),
      );
    }
  }

  async #load(): Promise<DaemonRecord | null> {
    if (!this.#isLoaded) {
      this.#record = await readRecord(this.#path);
      this.#isLoaded = true;
    }
    return this.#record;
  }

  async #save(record: DaemonRecord): Promise<void> {
    this.#record = record;
    this.#isUnsaved = true;
    await writeRecord(this.#path, record);
    this.#isUnsaved = false;
  }

  /** For what has happened already: with a full disk it is kept in memory and written when it can. */
  async #saveLater(record: DaemonRecord): Promise<void> {
    await this.#save(record).catch((error: unknown) =>
      this.#deps.logger.warn({ err: error, daemon: this.#name }, 'A daemon could not be recorded'),
    );
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

const isRunning = async ({ process }: DaemonRecord) => process !== null && (await isAlive(process));

/** What decides how it runs; how long its stop may take does not. */
const command = ({ argv, user, env, cwd }: DaemonRecord['spec']) =>
  JSON.stringify([argv, user, env, cwd]);

/** Why it must not be started now; '' where nothing speaks against it. */
async function lackOf({ needs }: DaemonRecord['spec']): Promise<string> {
  if (needs === undefined) return '';
  const text = await readFile(needs.path, 'utf8').catch(() => '');
  return text.includes(needs.text) ? '' : `${needs.path} is not what it was.`;
}

/** setpriv becomes the program itself, with the user's own groups. */
function withUser({ user, argv }: DaemonRecord['spec']): [string, ...string[]] {
  if (user === undefined || user === 'root') return argv;
  return ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', '--', ...argv];
}

/** In the order of the record's schema, so that equal ones read alike. */
const plain = ({ name, argv, user, env, cwd, stopMs, mainProcessOnly, needs }: DaemonSpec) => ({
  name,
  argv: [...argv] as [string, ...string[]],
  ...(user !== undefined && { user }),
  ...(env !== undefined && { env }),
  ...(cwd !== undefined && { cwd }),
  stopMs,
  mainProcessOnly,
  ...(needs !== undefined && { needs }),
});
