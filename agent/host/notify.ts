import type { Clock, Commands, Logger } from '../ports';

const DEADLINE_MS = 5_000;

export interface SystemdNotes {
  /** tells that it is up, and from now on regularly that it lives, where the unit asks for that */
  ready(): Promise<void>;
  stopping(): Promise<void>;
}

/**
 * Tells systemd of this service by `systemd-notify`, since Node has no datagrams on local sockets.
 * Outside of a unit of Type=notify it does nothing.
 */
export function notifySystemd(
  { clock, commands, logger }: { clock: Clock; commands: Commands; logger: Logger },
  env: NodeJS.ProcessEnv,
): SystemdNotes {
  const isAsked = env['NOTIFY_SOCKET'] !== undefined;
  const watchdogMs = Number(env['WATCHDOG_USEC'] ?? 0) / 1000;
  const ends = new AbortController();
  const tell = async (...notes: [string, ...string[]]) => {
    if (!isAsked) return;
    try {
      const argv = ['systemd-notify', `--pid=${process.pid}`, ...notes] as const;
      await commands.run(argv, { deadlineMs: DEADLINE_MS });
    } catch (error) {
      logger.warn({ err: error }, 'systemd could not be told');
    }
  };
  // a hung event loop tells nothing, which is the point
  const beat = async () => {
    for (;;) {
      await clock.sleep(watchdogMs / 3, ends.signal);
      await tell('WATCHDOG=1');
    }
  };
  return {
    async ready() {
      await tell('--ready');
      if (isAsked && watchdogMs > 0) void beat().catch(() => undefined);
    },
    async stopping() {
      ends.abort();
      await tell('STOPPING=1');
    },
  };
}
