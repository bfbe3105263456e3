import { spawn } from 'node:child_process';
import type { Logger, Notifier } from '#electron/core/ports';

/** Notices through the desktop's `notify-send` where there is one; always in the log. */
export function createNotifier(logger: Logger): Notifier {
  return {
    notify({ title, body, clusterUuid }) {
      logger.info({ title, cluster: clusterUuid }, 'Notice');
      if (process.platform !== 'linux') return;
      const child = spawn('notify-send', ['--app-name=Clusterdeck', '--', title, body], {
        stdio: 'ignore',
      });
      child.once('error', () => logger.debug({}, 'There is no notify-send on this machine'));
      child.unref();
    },
  };
}
