import type { App } from 'electron';
import type { Clock, Logger } from '#electron/core/ports';

const CLOSE_WITHIN_MS = 8_000;

/** Closes what was opened, newest first, before the program ends in whichever way. */
export interface Lifetime {
  add(close: () => Promise<void>): void;
  /** ends the program after an error, with this exit code */
  fail(exitCode: number): void;
}

/**
 * Holds back the end of the app until everything is closed. A part that fails or hangs is logged
 * and does not keep the others open, nor the program alive.
 */
export function createLifetime(
  app: Pick<App, 'on' | 'quit' | 'exit'>,
  clock: Pick<Clock, 'sleep'>,
  logger: Logger,
): Lifetime {
  const parts: (() => Promise<void>)[] = [];
  let exitCode = 0;
  let state: 'open' | 'closing' | 'closed' = 'open';

  async function closeAll(): Promise<void> {
    for (const close of parts.toReversed()) {
      await close().catch((error: unknown) => logger.error({ error }, 'A part did not close'));
    }
  }

  app.on('before-quit', (event) => {
    if (state === 'closed') return;
    event.preventDefault();
    if (state === 'closing') return;
    state = 'closing';
    void Promise.race([closeAll(), clock.sleep(CLOSE_WITHIN_MS)]).then(() => {
      state = 'closed';
      if (exitCode === 0) app.quit();
      else app.exit(exitCode);
    });
  });

  return {
    add: (close) => void parts.push(close),
    fail(code) {
      exitCode = code;
      app.quit();
    },
  };
}
