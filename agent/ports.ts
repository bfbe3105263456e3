/**
 * What the agent needs of its surroundings. Real ones stand in `host/`; tests and the demo lab bring
 * their own. Each part of the agent takes the few it needs by its constructor.
 */
export interface Clock {
  /** ms since 1970, UTC */
  now(): number;
  /** ms of a clock that never jumps, for durations */
  monotonic(): number;
  /** resolves after `ms`; rejects with the signal's reason when aborted; never keeps the process alive */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Structured log; secrets are redacted by the implementation, whatever is passed. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  /** the process group is killed after that, and the call fails with TIMEOUT */
  deadlineMs: number;
  input?: string | Uint8Array;
  /** of stdout and stderr each; more is RESPONSE_TOO_LARGE; default 8 MiB */
  maxBytes?: number;
  env?: Record<string, string>;
  cwd?: string;
  signal?: AbortSignal;
}

/** Runs programs by argument list, never through a shell. */
export interface Commands {
  /**
   * @returns also for codes other than 0: what they mean is the caller's to say
   * @throws Failure NOT_FOUND (no such program) | TIMEOUT | RESPONSE_TOO_LARGE | ABORTED
   */
  run(argv: readonly [string, ...string[]], options: CommandOptions): Promise<CommandResult>;
}

/** One daemon the agent looks after, under systemd or as a process of its own. */
export interface DaemonSpec {
  /** the unit's name without `.service`, as `slurmctld` */
  name: string;
  /** in the foreground, as `['slurmctld', '-D']` */
  argv: readonly [string, ...string[]];
  user?: string;
  env?: Record<string, string>;
  cwd?: string;
  /** how long an orderly stop may take before `stop` fails; it is never forced without being asked */
  stopMs: number;
  /** whether only its main process is stopped, as slurmd's, whose steps go on running */
  mainProcessOnly: boolean;
  /** It is started only as long as this file holds this text, also after a crash. */
  needs?: { path: string; text: string };
}

export interface DaemonState {
  state: 'running' | 'stopped' | 'failed';
  pid: number | null;
  /** ms since 1970 */
  since: number | null;
  /** the last lines it wrote, or why it ended */
  message: string;
}

/**
 * Starts, stops and restarts daemons. They outlive the agent: a restart of the agent finds them
 * again by pid and start time, and never by pattern.
 */
export interface Supervisor {
  /**
   * Keeps it running from now on, restarted after a crash with a growing pause. One that runs is left
   * alone, unless it runs by another command: then it is stopped in order first.
   */
  start(spec: DaemonSpec): Promise<void>;
  /** Persisted before it acts: nothing starts it again until `start`. @throws Failure TIMEOUT */
  stop(name: string, options?: { force?: boolean }): Promise<void>;
  restart(spec: DaemonSpec): Promise<void>;
  /** @param signal as `SIGHUP` */
  signal(name: string, signal: NodeJS.Signals): Promise<void>;
  state(name: string): Promise<DaemonState>;
}

/** What this machine has and uses. */
export interface MachineReading {
  cpuCores: number;
  /** fraction 0..1 of all cores since the last reading; null at the first */
  cpuUsed: number | null;
  memTotalBytes: number;
  memAvailableBytes: number;
  diskTotalBytes: number;
  diskAvailableBytes: number;
  gpus: number;
  /** as Debian names it: `amd64`, `arm64` */
  arch: string;
}
export interface Machine {
  read(): Promise<MachineReading>;
}
