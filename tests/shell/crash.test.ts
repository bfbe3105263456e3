import { EventEmitter } from 'node:events';
import type { BrowserWindow } from 'electron';
import { expect, test, vi } from 'vitest';
import { watchCrashes, watchErrors } from '#electron/shell/crash';

const MINUTE_MS = 60_000;

function shell() {
  let nowMs = 0;
  const app = Object.assign(new EventEmitter(), { quit: vi.fn<() => void>() });
  const contents = { reload: vi.fn<() => void>(), isDestroyed: () => false };
  const window = { webContents: contents } as unknown as BrowserWindow;
  const answer = { response: 0 };
  const showMessageBox = vi.fn<(asked: { buttons: string[] }) => Promise<typeof answer>>(
    async () => answer,
  );
  const log: object[] = [];
  watchCrashes({
    app: app as unknown as Parameters<typeof watchCrashes>[0]['app'],
    dialog: { showMessageBox } as unknown as Parameters<typeof watchCrashes>[0]['dialog'],
    logger: { debug() {}, info() {}, warn() {}, error: (fields) => void log.push(fields) },
    clock: { now: () => nowMs },
    logDir: '/logs',
    window: () => window,
  });
  return {
    app,
    contents,
    answer,
    log,
    showMessageBox,
    crash(reason = 'crashed', who: unknown = contents) {
      app.emit('render-process-gone', {}, who, { reason, exitCode: 5 });
    },
    later(ms: number) {
      nowMs += ms;
    },
  };
}

test('a window that crashed is logged and reloaded when the person says so', async () => {
  const { crash, contents, app, log } = shell();
  crash();
  await vi.waitFor(() => expect(contents.reload).toHaveBeenCalledTimes(1));
  expect(log).toEqual([{ reason: 'crashed', exitCode: 5 }]);
  expect(app.quit).not.toHaveBeenCalled();
});

test('or ends the program', async () => {
  const { crash, contents, app, answer } = shell();
  answer.response = 1;
  crash();
  await vi.waitFor(() => expect(app.quit).toHaveBeenCalledTimes(1));
  expect(contents.reload).not.toHaveBeenCalled();
});

test('a window that keeps crashing is not reloaded for ever', async () => {
  const { crash, contents, app, showMessageBox, later } = shell();
  for (let n = 1; n <= 3; n++) {
    crash('oom');
    await vi.waitFor(() => expect(contents.reload).toHaveBeenCalledTimes(n));
    later(MINUTE_MS);
  }
  crash('oom');
  await vi.waitFor(() => expect(app.quit).toHaveBeenCalledTimes(1));
  expect(showMessageBox.mock.lastCall?.[0].buttons).toEqual(['Quit']);
});

test('crashes long ago do not count', async () => {
  const { crash, contents, later } = shell();
  for (let n = 1; n <= 6; n++) {
    crash();
    await vi.waitFor(() => expect(contents.reload).toHaveBeenCalledTimes(n));
    later(3 * MINUTE_MS);
  }
});

test('a normal end and other processes ask nothing', async () => {
  const { crash, showMessageBox, app, log } = shell();
  crash('clean-exit');
  crash('crashed', {});
  app.emit('child-process-gone', {}, { type: 'GPU', reason: 'crashed', exitCode: 1 });
  expect(showMessageBox).not.toHaveBeenCalled();
  expect(log).toHaveLength(2);
});

test('an error nobody caught is logged before the program ends; a lost promise only logged', () => {
  const source = new EventEmitter();
  const told: string[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: () => void told.push('logged') };
  watchErrors(source as unknown as NodeJS.Process, logger, () => void told.push('ended'));
  source.emit('unhandledRejection', new Error('x'));
  source.emit('uncaughtException', new Error('y'));
  expect(told).toEqual(['logged', 'logged', 'ended']);
});
